import {
  bytesText,
  cacheGrowth,
  countText,
  exactText,
  flopsGrowth,
  flopsText,
  type Meter,
} from "../core/index";
import { element, write, type NumberTable } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { code } from "./code";
import { Controls } from "./controls";
import { GrowthPicture, type Looks } from "./growth";
import { tables } from "./numbers";
import { LEFT, Parts, RIGHT, tally } from "./parts";
import { Variants } from "./variants";

const VARIANT_LOOKS: Looks = {
  MHA: { colour: "--mha-mha" },
  GQA: { colour: "--mha-gqa", dash: [9, 4] },
  MQA: { colour: "--mha-mqa", dash: [2, 3] },
  MLA: { colour: "--mha-mla", dash: [18, 5] },
};
const FLOPS_LOOKS: Looks = {
  projections: { colour: "--mha-gqa", dash: [9, 4] },
  "scores + z": { colour: "--mha-mqa", dash: [2, 3] },
  together: { colour: "--mha-mha" },
};
const TILES = ["parameters", "for one more token", "cache a token", "cache in all"];

/** The whole widget, drawn from plain values: it knows no model and no formula. */
export class View implements FramedView<Meter> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #tiles = TILES.map((name) => ({
    number: element("b", { class: "mha-svg-text", "data-total": name }),
    name: element("span", { class: "mha-svg-text" }, name),
  }));
  #title = element("h3", {});
  #parts: Parts[];
  #cache: GrowthPicture;
  #flops: GrowthPicture;
  #variants = new Variants();

  constructor(frame: Frame) {
    const { cleanup } = frame;
    const set = (context: number) => frame.set({ context });
    this.#controls = new Controls(frame);
    this.controls = this.#controls.roots;
    this.#parts = [LEFT, RIGHT].map((groups) => new Parts(cleanup, groups));
    this.#cache = new GrowthPicture(cleanup, VARIANT_LOOKS, 32, bytesText, set);
    this.#flops = new GrowthPicture(cleanup, FLOPS_LOOKS, 10, flopsText, set);
    const pair = (...roots: HTMLElement[]) => element("div", { class: "mha-pair" }, ...roots);
    const key = (kind: string, words: string) =>
      element("span", { class: "mha-swatch" }, element("i", { class: `mha-${kind}` }), element("span", { class: "mha-svg-text" }, words)); // prettier-ignore
    this.body = [
      element(
        "div",
        { class: "mha-tiles" },
        ...this.#tiles.map(({ number, name }) => element("div", { class: "mha-total" }, number, name)),
      ),
      element(
        "section",
        {},
        this.#title,
        element(
          "p",
          { class: "mha-keys" },
          key("one", "one head as wide as the layer"),
          key("same", "the same"),
          key("changed", "changed"),
        ),
        pair(...this.#parts.map(({ root }) => root)),
      ),
      pair(this.#cache.root, this.#flops.root),
      this.#variants.root,
    ];
  }

  pictures = (): Picture[] => [...this.#parts, this.#cache.picture(), this.#flops.picture()];

  showValues(values: Values): void {
    this.#controls.show(values);
  }

  draw(meter: Meter): void {
    const { context, layers, num_heads, d_head } = meter;
    const { same, changed } = tally(meter);
    const many = num_heads === 1 ? `1 head of ${d_head}` : `${num_heads} heads of ${d_head}`;
    const counted = changed === 0 ? "nothing changes" : `${same} of ${same + changed} parts stay the same`;
    write(this.#title, `One layer, from one big head to ${many}: ${counted}`);
    const own = ownVariant(meter);
    const stacked = layers === 1 ? "" : `, ${layers} layers`;
    const totals: [number: string, name: string][] = [
      [countText(own.parameters), `parameters${stacked}`],
      [flopsText(own.flops), "for one more token"],
      [bytesText(own.cache), "of KV cache a token"],
      [bytesText(own.cache * context), `of KV cache at ${exactText(context)} tokens`],
    ];
    totals.forEach(([number, name], i) => {
      write(this.#tiles[i]!.number, number);
      write(this.#tiles[i]!.name, name);
    });
    for (const parts of this.#parts) parts.show(meter);
    const { lines, weights } = cacheGrowth(meter);
    const level = { value: weights, name: "parameters" };
    this.#cache.show("KV cache as the context grows", { lines, level, context });
    const grown = flopsGrowth(meter);
    const even = { context: grown.even, name: `equal at ${exactText(Math.round(grown.even))}` };
    this.#flops.show("Operations for one more token", { lines: grown.lines, even, context });
    this.#variants.show(meter);
  }

  recolour(): void {
    for (const parts of this.#parts) parts.draw();
    for (const picture of [this.#cache, this.#flops]) picture.draw();
  }

  numbers(meter: Meter): NumberTable[] {
    return tables(meter);
  }

  say(meter: Meter): string {
    const own = ownVariant(meter);
    const { same, changed } = tally(meter);
    const heads = meter.num_heads === 1 ? "1 head" : `${meter.num_heads} heads`;
    return (
      `${heads} of ${meter.d_head} dimensions, ${own.name}. ${countText(own.parameters)} parameters, ` +
      `${flopsText(own.flops)} for one more token, ${bytesText(own.cache)} of cache a token. ` +
      `Beside one big head ${same} parts of a layer are the same and ${changed} differ.`
    );
  }

  code(meter: Meter): string {
    return code(meter);
  }
}

function ownVariant({ variants, own }: Meter) {
  return variants.find(({ name }) => name === own)!;
}
