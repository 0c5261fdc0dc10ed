import { isGiven, NO_CODE, type HeadSum, type Params } from "../core/index";
import { decimals, element, type NumberTable } from "../draw/index";
import {
  LayerControls,
  type Frame,
  type Picture,
  type Values,
  type View as FramedView,
} from "../frame/index";
import { Addition } from "./addition";
import { code } from "./code";
import { Moved } from "./moved";
import { tables } from "./numbers";
import { Waterfall } from "./waterfall";

const WIDTHS = [8, 12, 16, 24, 32, 48, 64, 96, 128];

/** The whole widget, drawn from plain values: it knows no model and does no arithmetic of attention. */
export class View implements FramedView<HeadSum> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #layer: LayerControls;
  #addition: Addition;
  #waterfall: Waterfall;
  #moved: Moved;
  #gates: number[] = [];

  constructor(frame: Frame) {
    const { cleanup, set } = frame;
    this.#layer = new LayerControls(frame, { widths: WIDTHS, mostHeads: 16 });
    this.#addition = new Addition(
      cleanup,
      (head, gate) => set({ gates: this.#with(head, gate) }),
      (gates) => set({ gates }),
      (change) => set({ ...change }),
    );
    this.#waterfall = new Waterfall(cleanup);
    this.#moved = new Moved(cleanup, (query) => set({ query }));
    this.controls = this.#layer.roots;
    const pair = element("div", { class: "mha-pair" }, this.#waterfall.root, this.#moved.root);
    this.body = [this.#addition.root, pair];
  }

  pictures = (): Picture[] => [
    ...this.#addition.pictures(),
    this.#waterfall.picture(),
    this.#moved.picture(),
  ];

  showValues(values: Values): void {
    this.#gates = values["gates"] as number[];
    for (const root of this.controls) root.hidden = isGiven(values); // nothing to set on given tensors
    this.#layer.show(values);
  }

  draw(sum: HeadSum, values: Values): void {
    const { query, dimension } = within(sum, values);
    this.#addition.show(sum, query, dimension);
    this.#waterfall.show(sum, query, dimension);
    this.#moved.show(sum, query);
  }

  recolour(): void {
    for (const part of [this.#addition, this.#waterfall, this.#moved]) part.recolour();
  }

  numbers(sum: HeadSum, values: Values): NumberTable[] {
    return tables(sum, within(sum, values).query);
  }

  say(sum: HeadSum, values: Values): string {
    const { query } = within(sum, values);
    const [share, angle] = [sum.relative[query]!, sum.angle[query]!];
    const turned = Number.isFinite(angle) ? `turned by ${decimals(angle, 0)} degrees` : "has no direction";
    return (
      `Gates ${Array.from(sum.gates).join(", ")}. The output at ${sum.tokens[query]} moved by ` +
      `${decimals(sum.change[query]!, 2)}, ${decimals(share * 100, 0)} % of its length, and ${turned}.`
    );
  }

  code(sum: HeadSum, values: Values): string {
    if (isGiven(values)) throw new Error(NO_CODE);
    return code(sum, values as unknown as Params, within(sum, values).query);
  }

  /** The gates with one of them changed; those of heads that are not shown now are kept. */
  #with(head: number, gate: number): number[] {
    const gates = Array.from(
      { length: Math.max(head + 1, this.#gates.length) },
      (_, i) => this.#gates[i] ?? 1,
    );
    gates[head] = gate;
    return gates;
  }
}

/** A shorter sentence or a thinner vector may leave the choice outside: the nearest one that is there. */
function within({ tokens, d_model }: HeadSum, values: Values): { query: number; dimension: number } {
  const place = (name: string, count: number) => Math.max(0, Math.min(Number(values[name]) || 0, count - 1));
  return { query: place("query", tokens.length), dimension: place("dimension", d_model) };
}
