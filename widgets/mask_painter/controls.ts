import { MOST_PAINTED, PRESETS, type Preset } from "../core/index";
import { element, field, select, short, slider, type Control } from "../draw/index";
import type { Frame, Values } from "../frame/index";
import type { Place } from "./grid";
import type { Drawn } from "./index";

/** What the size of a preset means; a preset without one is not here. */
const SIZES: Partial<Record<Preset, [label: string, say: (size: number) => string]>> = {
  padding: [
    "Padding",
    (size) => (size === 1 ? "the last word is padding" : `the last ${size} words are padding`),
  ],
  window: ["Window", (size) => `${size} on each side`],
  prefix: ["Prefix", (size) => `all see the first ${size}`],
  block: ["Block", (size) => `blocks of ${size}`],
};

interface Acts {
  preset(preset: Preset): void;
  undo(): void;
  fillRow(query: number, value: number): void;
}

/** The sentence, the presets and their size, the head, and what can be done to the mask at once. */
export class Controls {
  readonly roots: HTMLElement[];
  #inputs: Record<"text" | "size" | "head" | "source", Control>;
  #presets: HTMLButtonElement[];
  #undo: HTMLButtonElement;
  #row: HTMLButtonElement;
  #preset: Preset = "causal";
  #filled = { query: 0, value: 0 };

  constructor({ cleanup, set }: Frame, acts: Acts) {
    const button = (attributes: Record<string, string>, words: string, act: () => void) => {
      const made = element("button", { type: "button", class: "mha-button", ...attributes }, words);
      cleanup.listen(made, "click", act);
      return made;
    };
    this.#presets = PRESETS.map((preset) =>
      button({ name: "preset", value: preset }, preset, () => acts.preset(preset)),
    );
    this.#undo = button({ name: "undo" }, "Undo", () => acts.undo());
    this.#row = button({ name: "row" }, "Empty this row", () =>
      acts.fillRow(this.#filled.query, this.#filled.value),
    );
    this.#inputs = {
      text: field(cleanup, "text", "Sentence", { spellcheck: "false" }, (text) => set({ text })),
      size: slider(
        cleanup,
        "size",
        "Size",
        { min: 0, max: 8 },
        (size) => SIZES[this.#preset]?.[1](size) ?? "this mask has no size",
        (size) => set({ size: Number(size) }),
      ),
      head: slider(
        cleanup,
        "head",
        "Head",
        { min: 0, max: 7 },
        (head) => `head ${head}`,
        (head) => set({ head: Number(head) }),
      ),
      source: select(
        cleanup,
        "source",
        "Weights",
        [
          ["designed", "designed by hand"],
          ["random", "random, untrained"],
        ],
        (source) => set({ source }),
      ),
    };
    const { text, size, head, source } = this.#inputs;
    this.roots = [
      text.root,
      element("div", { class: "mha-presets", role: "group", "aria-label": "Mask" }, ...this.#presets),
      element("div", { class: "mha-row" }, head.root, source.root, size.root),
      element(
        "div",
        { class: "mha-presets", role: "group", "aria-label": "Edit the mask" },
        this.#row,
        this.#undo,
      ),
    ];
  }

  show(values: Values): void {
    this.#preset = values["preset"] as Preset;
    const heads = Math.max(1, Number(values["num_heads"])) - 1;
    if (Number.isInteger(heads)) (this.#inputs.head.input as HTMLInputElement).max = String(heads);
    for (const button of this.#presets)
      button.setAttribute("aria-pressed", String(button.value === this.#preset));
    const size = this.#inputs.size;
    const [label] = SIZES[this.#preset] ?? ["Size"];
    size.input.disabled = !SIZES[this.#preset]; // it keeps its place, so that nothing jumps
    size.root.querySelector("label")!.textContent = label;
    (size.input as HTMLInputElement).min = this.#preset === "block" ? "1" : "0";
    if (Number(values["size"]) > Number((size.input as HTMLInputElement).max))
      this.#reach(Number(values["size"]));
    for (const [name, input] of Object.entries(this.#inputs)) input.show(values[name]);
  }

  draw({ tokens, mask }: Drawn, { query }: Place, undoable: boolean): void {
    const seq = tokens.length;
    this.#reach(Math.max(seq, Number(this.#inputs.size.input.value)));
    let open = 0;
    for (let key = 0; key < seq; key++) open += mask[query * seq + key]!;
    this.#filled = { query, value: open ? 0 : 1 };
    const word = short(tokens[query]!, 14);
    const words = open ? `Let “${word}” look at nothing` : `Let “${word}” look everywhere`;
    if (this.#row.textContent !== words) this.#row.textContent = words;
    this.#undo.disabled = !undoable;
  }

  #reach(size: number): void {
    (this.#inputs.size.input as HTMLInputElement).max = String(Math.min(MOST_PAINTED, size));
  }
}
