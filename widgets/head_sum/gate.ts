import { element, type Cleanup } from "../draw/index";

const STEPS: [value: number, label: string, name: string][] = [
  [0, "off", "off"],
  [0.5, "½", "half"],
  [1, "1", "one"],
  [2, "2", "double"],
];

/** The gate of one head: four buttons of which one is chosen, by pointer or arrow keys. */
export class Gate {
  readonly root: HTMLElement;
  #buttons: HTMLButtonElement[];

  constructor(cleanup: Cleanup, head: number, set: (gate: number) => void) {
    this.#buttons = STEPS.map(([value, label, name]) =>
      element(
        "button",
        { type: "button", role: "radio", name: "gates", value, "data-head": head, "aria-label": name },
        label,
      ),
    );
    this.root = element(
      "div",
      { class: "mha-gate", role: "radiogroup", "aria-label": `Gate of head ${head}` },
      ...this.#buttons,
    );
    this.#buttons.forEach((button, i) => cleanup.listen(button, "click", () => set(STEPS[i]![0])));
    cleanup.listen(this.root, "keydown", (event) => {
      const move = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const from = this.#buttons.findIndex((button) => button === event.target);
      if (!move || from < 0) return;
      event.preventDefault();
      const to = (from + move + STEPS.length) % STEPS.length;
      this.#buttons[to]!.focus();
      set(STEPS[to]![0]);
    });
  }

  /** A gate set from Python need not be one of the four: then none is chosen, and the first can be reached by Tab. */
  show(gate: number): void {
    const chosen = STEPS.findIndex(([value]) => value === gate);
    this.#buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === Math.max(0, chosen) ? 0 : -1;
    });
  }
}
