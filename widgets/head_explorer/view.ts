import { isGiven, NO_CODE, torchAttention, torchPrint, torchSetup, type Params } from "../core/index";
import { decimals, Legend, weights, type NumberTable, type Theme } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import type { Drawn } from "./answer";
import { Comparison } from "./comparison";
import { Controls } from "./controls";
import { DotProduct } from "./dot_product";
import { Heads } from "./heads";
import { tables } from "./numbers";
import { OneHead, type Selection } from "./one_head";
import { Outputs } from "./outputs";

const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);

/** The whole widget, drawn from plain values: it knows no model and does no arithmetic of attention. */
export class View implements FramedView<Drawn> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #legend = new Legend("weight");
  #heads: Heads;
  #comparison: Comparison;
  #one: OneHead;
  #dot: DotProduct;
  #outputs: Outputs;

  constructor(frame: Frame) {
    const { cleanup, set } = frame;
    this.#controls = new Controls(frame);
    this.#heads = new Heads(cleanup, (head) => set({ head }));
    this.#comparison = new Comparison(cleanup);
    this.#one = new OneHead(cleanup, (change) => set({ ...change }));
    this.#dot = new DotProduct(cleanup);
    this.#outputs = new Outputs(cleanup);
    this.controls = this.#controls.roots;
    this.body = [this.#legend.root, ...this.#parts.map((part) => part.root)];
  }

  get #parts() {
    return [this.#heads, this.#comparison, this.#one, this.#dot, this.#outputs] as const;
  }

  pictures = (): Picture[] => [this.#legend, ...this.#parts.flatMap((part): Picture[] => part.pictures())];

  showValues(values: Values): void {
    this.#controls.show(values);
  }

  draw(drawn: Drawn, values: Values, theme: Theme): void {
    const selection = within(drawn, values);
    this.#heads.show(drawn, theme);
    this.#heads.select(selection.head);
    this.#comparison.show(drawn, theme);
    this.#one.show(drawn, selection, theme);
    this.#dot.show(drawn, selection, Number(values["temperature"]), theme);
    this.#outputs.show(drawn, selection.query, theme);
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
    for (const part of this.#parts) part.recolour();
  }

  numbers(drawn: Drawn, values: Values): NumberTable[] {
    return tables(drawn, within(drawn, values));
  }

  say(drawn: Drawn, values: Values): string {
    const { head, query } = within(drawn, values);
    const seq = drawn.tokens.length;
    const row = drawn.attn.subarray((head * seq + query) * seq, (head * seq + query + 1) * seq);
    const most = row.indexOf(Math.max(...row));
    return (
      `${drawn.num_heads} heads of ${drawn.d_head} dimensions. In head ${head} the word ${drawn.tokens[query]} ` +
      `looks most at ${drawn.tokens[most]}, with weight ${decimals(row[most]!, 2)}.`
    );
  }

  code(drawn: Drawn, values: Values): string {
    if (isGiven(values)) throw new Error(NO_CODE);
    const { head } = within(drawn, values);
    const params = values as unknown as Params;
    const mask = params.causal ? "torch.ones(seq, seq, dtype=torch.bool).tril()" : null;
    const printed = {
      [`attn of head ${head}`]: `attn[${head}]`,
      [`scores of head ${head}`]: `scores[${head}]`,
      ...Object.fromEntries(["q", "k", "v"].map((name) => [`${name} of head ${head}`, `${name}[${head}]`])),
      "z of all heads, concatenated": "z.transpose(0, 1).reshape(seq, width)",
      output: "output",
    };
    return torchSetup(params) + torchAttention(params.temperature, mask) + torchPrint(printed);
  }
}

/** A shorter sentence or fewer heads may leave the choice outside: the nearest one that is there. */
function within({ tokens, num_heads }: Drawn, values: Values): Selection {
  const place = (name: string, count: number) => Math.max(0, Math.min(Number(values[name]) || 0, count - 1));
  return {
    head: place("head", num_heads),
    query: place("query", tokens.length),
    key: place("key", tokens.length),
  };
}
