import type { Cleanup } from "./dom";

export type Theme = "light" | "dark";

/** Light or dark, as the book, JupyterLab or the system has it, in this order. */
export function currentTheme(): Theme {
  const book = document.documentElement.dataset["theme"];
  if (book === "light" || book === "dark") return book;
  const lab = document.body.dataset["jpThemeLight"];
  if (lab !== undefined) return lab === "false" ? "dark" : "light";
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** Keep `data-theme` on the root, and call back now and at every change. */
export function followTheme(root: HTMLElement, cleanup: Cleanup, changed: (theme: Theme) => void): void {
  let last = currentTheme();
  let frame = 0;
  root.dataset["theme"] = last;
  changed(last);
  const update = () => {
    const theme = currentTheme();
    if (theme === last) return;
    last = theme;
    root.dataset["theme"] = theme;
    // JupyterLab hides itself while its theme changes, and what is hidden has no width to draw in.
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => changed(theme));
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  const observer = new MutationObserver(update);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  observer.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  system.addEventListener("change", update);
  cleanup.add(() => {
    observer.disconnect();
    system.removeEventListener("change", update);
    cancelAnimationFrame(frame);
  });
}
