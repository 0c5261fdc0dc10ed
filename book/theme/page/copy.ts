const SHOWN = 1500; // ms the word "Copied" stays

/** A button on each listing that copies its code. */
export function copyButtons(): void {
  for (const pre of document.querySelectorAll<HTMLElement>(".code pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.setAttribute("aria-label", "Copy this code");
    button.addEventListener("click", async () => {
      button.textContent = (await copy(pre)) ? "Copied" : "Press Ctrl+C";
      setTimeout(() => (button.textContent = "Copy"), SHOWN);
    });
    pre.after(button);
  }
}

/** Where the clipboard is closed, as in some browsers on file://, the code is at least selected. */
async function copy(pre: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(pre.innerText);
    return true;
  } catch {
    getSelection()?.selectAllChildren(pre);
    return false;
  }
}
