import { isGiven } from "../core/index";
import { select, slider } from "../draw/index";
import { LayerControls, type Frame, type Values } from "../frame/index";

const WIDTHS = [8, 12, 16, 24, 32, 48, 64, 96, 128];
const HEAD_WIDTHS = [1, 2, 4, 8, 16, 32, 64];
const COUNTS = [1, 2, 4, 8, 16];
const MOST_HEADS = 16; // on the slider; Python may ask for more

const orNone = (text: string) => (text === "none" ? null : Number(text));

/** What the reader can set: the layer's controls, and three of this widget's own. */
export class Controls {
  readonly roots: readonly HTMLElement[];
  #layer: LayerControls;

  constructor(frame: Frame) {
    const { cleanup, set } = frame;
    this.#layer = new LayerControls(frame, { widths: WIDTHS, mostHeads: MOST_HEADS });
    this.roots = this.#layer.roots;
    const fixed = HEAD_WIDTHS.map((width): [string, string] => [String(width), `fixed d_head = ${width}`]);
    this.#layer.add(
      select(cleanup, "d_head", "Heads share or grow", [["none", "fixed d_model"], ...fixed], (width) =>
        set({ d_head: orNone(width) }),
      ),
    );
    const others = COUNTS.map((count): [string, string] => [String(count), heads(count)]);
    this.#layer.add(
      select(cleanup, "compare", "Compare with", [["none", "nothing"], ...others], (count) =>
        set({ compare: orNone(count) }),
      ),
    );
    const warmth = { min: 0.1, max: 5, step: 0.1 };
    this.#layer.add(
      slider(
        cleanup,
        "temperature",
        "Temperature",
        warmth,
        (value) => value.toFixed(1),
        (value) => set({ temperature: Number(value) }),
      ),
    );
  }

  show(values: Values): void {
    for (const root of this.roots) root.hidden = isGiven(values); // nothing to set on given tensors
    this.#layer.show(values);
  }
}

function heads(count: number): string {
  return `${count} ${count === 1 ? "head" : "heads"}`;
}
