/** Tabs with the same `sync` name open together, on this page. The tabs themselves are radio buttons and CSS. */
export function tabs(): void {
  document.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.dataset["sync"]) return;
    const name = CSS.escape(target.dataset["sync"]);
    for (const other of document.querySelectorAll<HTMLInputElement>(`.tabs > input[data-sync="${name}"]`)) {
      other.checked = true;
    }
  });
}
