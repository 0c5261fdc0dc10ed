/** An element with its attributes and children, in one expression. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | number | boolean> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** Listeners and observers of one mounted widget, undone together. */
export class Cleanup {
  #undo: (() => void)[] = [];

  add(undo: () => void): void {
    this.#undo.push(undo);
  }

  listen<K extends keyof HTMLElementEventMap>(
    target: HTMLElement,
    type: K,
    handler: (event: HTMLElementEventMap[K]) => void,
  ): void {
    target.addEventListener(type, handler);
    this.add(() => target.removeEventListener(type, handler));
  }

  run(): void {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

/** JupyterLab binds plain keys on whatever is focused in a cell; its own shortcuts (Ctrl+S, Shift+Enter) pass. */
export function keepPlainKeys(root: HTMLElement, cleanup: Cleanup): void {
  cleanup.listen(root, "keydown", (event) => {
    if (isPlain(event)) event.stopPropagation();
  });
  // Notebook 7 hears a key at the document, on its way down: the attribute has it pass by the element with the focus.
  const mark = (event: KeyboardEvent) => {
    if (event.target instanceof Element && root.contains(event.target))
      event.target.toggleAttribute("data-lm-suppress-shortcuts", isPlain(event));
  };
  window.addEventListener("keydown", mark, true);
  cleanup.add(() => window.removeEventListener("keydown", mark, true));
}

function isPlain({ ctrlKey, metaKey, altKey, shiftKey, key }: KeyboardEvent): boolean {
  return !(ctrlKey || metaKey || altKey || (shiftKey && key === "Enter"));
}

/** A word cut to a length that fits a label. */
export function short(word: string, most: number): string {
  if (word.length <= most) return word; // letters of two units make it longer, never shorter
  const letters = [...word];
  return letters.length <= most ? word : letters.slice(0, Math.max(1, most - 1)).join("") + "…";
}

/** A number at a stated number of decimals, with a true minus sign. */
export function decimals(value: number, places: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = value.toFixed(places);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}

/** A size that may be tiny, as readers of numbers write it: 1.2 × 10⁻⁷. */
export function scientific(value: number): string {
  if (value === 0) return "exactly 0";
  if (!(value < 0.001)) return decimals(value, 3);
  const [digits, power] = value.toExponential(1).split("e-") as [string, string];
  const raised = [...String(Number(power))].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("");
  return `${digits} × 10⁻${raised}`;
}

/** Text that has not changed is left alone: nothing is laid out again, and no screen reader is told. */
export function write(place: HTMLElement, words: string): void {
  if (place.textContent !== words) place.textContent = words;
}
