import { checkbox, element, field, select, slider, type Control } from "../draw/index";
import type { Frame } from "./spec";
import type { Values } from "./traits";

/** What differs between widgets in the controls of a layer. */
export interface LayerChoices {
  readonly widths: readonly number[];
  readonly mostHeads: number;
  /** Only one kind of weights: then there is nothing to choose. */
  readonly source?: false;
}

interface Width {
  d_model: number;
  d_head: number | null;
}

/** The sentence and the sizes of a layer, each control named by its trait. */
export class LayerControls {
  readonly roots: HTMLElement[];
  /** Where a widget may add controls of its own. */
  readonly row: HTMLElement;
  #inputs: Record<string, Control>;
  #width: Width = { d_model: 0, d_head: null };

  constructor({ cleanup, set }: Frame, { widths, mostHeads, source }: LayerChoices) {
    const whole = (text: string) => (text.trim() === "" ? NaN : Number(text));
    const options = (values: readonly number[]) =>
      values.map((v): [string, string] => [String(v), String(v)]);
    const text = field(cleanup, "text", "Sentence", { spellcheck: "false" }, (text) => set({ text }));
    const rest = {
      num_heads: slider(cleanup, "num_heads", "Heads", { min: 1, max: mostHeads }, this.#shapes, (count) =>
        set({ num_heads: Number(count) }),
      ),
      d_model: select(cleanup, "d_model", "Width d_model", options(widths), (width) =>
        set({ d_model: Number(width) }),
      ),
      ...(source === false ? {} : { source: this.#source(cleanup, set) }),
      seed: field(cleanup, "seed", "Seed", { type: "number", min: 0, max: 2 ** 32 - 1, step: 1 }, (seed) =>
        set({ seed: whole(seed) }),
      ),
      causal: checkbox(cleanup, "causal", "Causal mask", (causal) => set({ causal })),
    };
    this.#inputs = { text, ...rest };
    this.row = element("div", { class: "mha-row" }, ...Object.values(rest).map(({ root }) => root));
    this.roots = [text.root, this.row];
  }

  /** A control of the widget's own, in the same row; the checkbox stays last. */
  add(control: Control): void {
    this.#inputs[control.input.name] = control;
    this.row.insertBefore(control.root, this.row.lastElementChild);
  }

  show(values: Values): void {
    this.#width = values as unknown as Width;
    const heads = this.#inputs["num_heads"]!.input as HTMLInputElement;
    if (Number(values["num_heads"]) > Number(heads.max)) heads.max = String(values["num_heads"]);
    for (const [name, input] of Object.entries(this.#inputs)) input.show(values[name] ?? "none");
  }

  #source(cleanup: Frame["cleanup"], set: Frame["set"]): Control {
    const kinds: [string, string][] = [
      ["designed", "designed by hand"],
      ["random", "random, untrained"],
    ];
    return select(cleanup, "source", "Weights", kinds, (source) => set({ source }));
  }

  #shapes = (heads: number): string => {
    const own = this.#width.d_head ?? this.#width.d_model / heads;
    return Number.isInteger(own) ? `${heads} × ${own} = ${heads * own} dimensions` : String(heads);
  };
}
