import { checkbox, element, field, select, slider, type Control } from "../draw/index";
import type { Frame, Values } from "../frame/index";
import { isGiven } from "./answer";

const WIDTHS = [8, 12, 16, 24, 32, 48, 64, 96, 128];
const HEAD_WIDTHS = [1, 2, 4, 8, 16, 32, 64];
const COUNTS = [1, 2, 4, 8, 16];
const MOST_HEADS = 16; // on the slider; Python may ask for more

const options = (values: number[]): [string, string][] =>
  values.map((value) => [String(value), String(value)]);
const orNone = (text: string) => (text === "none" ? null : Number(text));
const whole = (text: string) => (text.trim() === "" ? NaN : Number(text));

/** What the reader can set. */
export class Controls {
  readonly roots: readonly HTMLElement[];
  #inputs: Record<string, Control>;
  #values: Values = {};

  constructor({ cleanup, set }: Frame) {
    this.#inputs = {
      text: field(cleanup, "text", "Sentence", { spellcheck: "false" }, (text) => set({ text })),
      num_heads: slider(cleanup, "num_heads", "Heads", { min: 1, max: MOST_HEADS }, this.#shapes, (count) =>
        set({ num_heads: Number(count) }),
      ),
      d_model: select(cleanup, "d_model", "Width d_model", options(WIDTHS), (width) =>
        set({ d_model: Number(width) }),
      ),
      d_head: select(
        cleanup,
        "d_head",
        "Heads share or grow",
        [
          ["none", "fixed d_model"],
          ...HEAD_WIDTHS.map((width): [string, string] => [String(width), `fixed d_head = ${width}`]),
        ],
        (width) => set({ d_head: orNone(width) }),
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
      compare: select(
        cleanup,
        "compare",
        "Compare with",
        [["none", "nothing"], ...COUNTS.map((count): [string, string] => [String(count), heads(count)])],
        (count) => set({ compare: orNone(count) }),
      ),
      temperature: slider(
        cleanup,
        "temperature",
        "Temperature",
        { min: 0.1, max: 5, step: 0.1 },
        (temperature) => temperature.toFixed(1),
        (temperature) => set({ temperature: Number(temperature) }),
      ),
      seed: field(cleanup, "seed", "Seed", { type: "number", min: 0, max: 2 ** 32 - 1, step: 1 }, (seed) =>
        set({ seed: whole(seed) }),
      ),
      causal: checkbox(cleanup, "causal", "Causal mask", (causal) => set({ causal })),
    };
    const { text, ...rest } = this.#inputs;
    const row = element("div", { class: "mha-row" }, ...Object.values(rest).map((input) => input.root));
    this.roots = [text!.root, row];
  }

  show(values: Values): void {
    this.#values = values;
    for (const root of this.roots) root.hidden = isGiven(values); // nothing to set on given tensors
    const slider = this.#inputs["num_heads"]!.input as HTMLInputElement;
    slider.max = String(Math.max(MOST_HEADS, Number(values["num_heads"])));
    for (const [name, input] of Object.entries(this.#inputs)) input.show(values[name] ?? "none");
  }

  /** What a head count means: the width of each head and of all together. */
  #shapes = (count: number): string => {
    const own = (this.#values["d_head"] as number | null) ?? Number(this.#values["d_model"]) / count;
    return Number.isInteger(own) ? `${count} × ${own} = ${count * own} dimensions` : heads(count);
  };
}

export function heads(count: number): string {
  return `${count} ${count === 1 ? "head" : "heads"}`;
}
