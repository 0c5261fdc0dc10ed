import type { HeadRanks } from "../core/index";
import { element, field, select, slider, type Cleanup, type Control } from "../draw/index";
import type { Values } from "../frame/index";

const WIDTHS = [8, 12, 16, 24, 32, 48, 64, 96, 128];

/** The sentence, the head count, which steps over the divisors of d_model, and the head in the picture. */
export class Controls {
  readonly roots: HTMLElement[];
  #inputs: Record<"text" | "head" | "d_model" | "source", Control>;
  #heads: Control;
  #d_model = 64;

  constructor(cleanup: Cleanup, set: (change: Values) => void) {
    // The slider's own value is the place in the list of divisors; other counts have no picture.
    this.#heads = slider(cleanup, "num_heads", "Heads", { min: 0, max: 6 }, this.#shapes, (place) =>
      set({ num_heads: this.#divisors()[Number(place)]! }),
    );
    const options = (pairs: [string, string][]) => pairs;
    this.#inputs = {
      text: field(cleanup, "text", "Sentence", { spellcheck: "false" }, (text) => set({ text })),
      head: slider(
        cleanup,
        "head",
        "Head in the picture",
        { min: 0, max: 7 },
        (head) => `head ${head}`,
        (head) => set({ head: Number(head) }),
      ),
      d_model: select(
        cleanup,
        "d_model",
        "Width d_model",
        WIDTHS.map((width) => [String(width), String(width)]),
        (width) => this.#widen(Number(width), set),
      ),
      source: select(
        cleanup,
        "source",
        "Weights",
        options([
          ["random", "random, untrained"],
          ["designed", "designed by hand"],
        ]),
        (source) => set({ source }),
      ),
    };
    const { text, head, d_model, source } = this.#inputs;
    this.roots = [
      text.root,
      element("div", { class: "mha-row" }, this.#heads.root, head.root, d_model.root, source.root),
    ];
  }

  show(values: Values): void {
    this.#d_model = Number(values["d_model"]);
    this.#numHeads = Number(values["num_heads"]);
    const divisors = this.#divisors();
    (this.#heads.input as HTMLInputElement).max = String(divisors.length - 1);
    const place = divisors.findIndex((divisor) => divisor >= this.#numHeads);
    this.#heads.show(place < 0 ? divisors.length - 1 : place);
    (this.#inputs.head.input as HTMLInputElement).max = String(Math.max(0, this.#numHeads - 1));
    for (const [name, input] of Object.entries(this.#inputs)) input.show(values[name]);
  }

  draw({ head }: HeadRanks): void {
    this.#inputs.head.show(head); // fewer heads may have left the choice outside
  }

  #numHeads = 8;

  #divisors(): number[] {
    const width = Math.max(1, Math.min(1024, Math.floor(this.#d_model) || 1));
    return Array.from({ length: width }, (_, i) => i + 1).filter((count) => width % count === 0);
  }

  #shapes = (place: number): string => {
    const heads = this.#divisors()[place] ?? 1;
    return `${heads} ${heads === 1 ? "head" : "heads"} × d_head ${this.#d_model / heads}`;
  };

  /** A head count that the new width cannot be cut into becomes the next smaller one that it can. */
  #widen(d_model: number, set: (change: Values) => void): void {
    this.#d_model = d_model;
    const num_heads = this.#divisors().filter((count) => count <= this.#numHeads).at(-1)!; // prettier-ignore
    set({ d_model, num_heads });
  }
}
