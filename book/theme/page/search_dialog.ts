/** What search.ts puts on the page once it is loaded. */
export interface Found {
  url: string;
  page: string;
  title: string;
  excerpt: string;
}
declare global {
  var bookSearch: ((query: string) => Found[]) | undefined;
}

const SCRIPTS = ["_static/search-index.js", "_static/search.js"]; // loaded when first asked for

/** The search dialog: Ctrl+K or `/` opens it, arrow keys walk the results, Escape closes it. */
export function searchDialog(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#search");
  const input = dialog?.querySelector<HTMLInputElement>("input");
  const list = dialog?.querySelector<HTMLOListElement>("ol");
  const status = dialog?.querySelector<HTMLElement>("[role='status']");
  if (!dialog || !input || !list || !status) return;

  const update = () => {
    const found = globalThis.bookSearch?.(input.value) ?? [];
    list.replaceChildren(...found.map(item));
    if (input.value.trim() === "") status.textContent = "";
    else
      status.textContent = found.length
        ? `${found.length} places`
        : "Nothing found. Try fewer or other words.";
  };
  const open = async () => {
    if (!dialog.open) dialog.showModal();
    input.select();
    if (globalThis.bookSearch) return;
    try {
      for (const script of SCRIPTS) await load(script);
      update();
    } catch {
      status.textContent = "The search index could not be loaded. Is the folder _static beside this page?";
    }
  };

  document.querySelector("[data-action='search']")?.addEventListener("click", open);
  document.addEventListener("keydown", (event) => {
    const shortcut = event.key === "k" && (event.ctrlKey || event.metaKey);
    if (shortcut || (event.key === "/" && !isTyping(event.target))) {
      event.preventDefault();
      void open();
    }
  });
  input.addEventListener("input", update);
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would only empty itself
      dialog.close();
    } else walk(event, [input, ...list.querySelectorAll("a")]);
  });
  dialog.addEventListener("click", (event) => {
    const { target } = event;
    if (target === dialog || (target as Element).closest("a, [data-action='close']")) dialog.close();
  });
}

function walk(event: KeyboardEvent, stops: HTMLElement[]): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const here = stops.indexOf(document.activeElement as HTMLElement);
  stops[(here + step + stops.length) % stops.length]?.focus();
}

function item({ url, page, title, excerpt }: Found): HTMLLIElement {
  const entry = document.createElement("li");
  const link = document.createElement("a");
  link.href = url;
  const place = document.createElement("span");
  place.textContent = page === title ? "" : page;
  const name = document.createElement("strong");
  name.textContent = title;
  const text = document.createElement("p");
  text.textContent = excerpt;
  link.append(place, name, text);
  entry.append(link);
  return entry;
}

function load(source: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = source;
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(`${source} did not load`)));
    document.head.append(script);
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
