import {
  decimals,
  drawLate,
  element,
  HeatMap,
  largest,
  signed,
  watch,
  whenNear,
  type Cleanup,
  type Theme,
} from "../draw/index";
import type { Drawn } from "./answer";
import type { Selection } from "./one_head";

const ROW = 22; // px

/** The dot product behind one cell: q of one word, k of another, their products, the sum, and what becomes of it. */
export class DotProduct {
  readonly root: HTMLElement;
  #map: HeatMap;
  #sum = element("p", { class: "mha-sum" });
  #axes = "";

  constructor(cleanup: Cleanup) {
    this.#map = new HeatMap({ labelWidth: 130, upright: false, rowHeight: () => ROW }, cleanup);
    this.root = element(
      "section",
      { class: "mha-dot" },
      element("h3", {}, "The dot product behind the cell"),
      this.#map.root,
      this.#sum,
    );
    watch(this, cleanup);
  }

  show(drawn: Drawn, selection: Selection, temperature: number, theme: Theme): void {
    this.root.hidden = !drawn.q || !drawn.k;
    if (!this.root.hidden) whenNear(this, "section", () => this.#draw(drawn, selection, temperature, theme));
  }

  #draw(drawn: Drawn, { head, query, key }: Selection, temperature: number, theme: Theme): void {
    const { tokens, d_head } = drawn;
    if (!drawn.q || !drawn.k) return;
    const seq = tokens.length;
    const row = (of: Float32Array, word: number) =>
      of.subarray((head * seq + word) * d_head, (head * seq + word + 1) * d_head);
    const q = row(drawn.q, query);
    const k = row(drawn.k, key);
    const product = q.map((value, i) => value * k[i]!);
    const [asking, asked] = [tokens[query]!, tokens[key]!];
    const axes = JSON.stringify([asking, asked, d_head]);
    if (axes !== this.#axes) {
      this.#axes = axes;
      this.#map.setAxes({
        rows: [`q of ${asking}`, `k of ${asked}`, "q × k"],
        columns: [{ label: `${d_head} ${d_head === 1 ? "dimension" : "dimensions"}`, start: 0, end: d_head }],
        columnCount: d_head,
      });
    }
    // Each row has its own range: a product of two small numbers would vanish beside them.
    const rows = [q, k, product].map((values) => {
      const most = largest(values) || 1;
      return Array.from(values, (value) => value / most);
    });
    this.#map.paint(rows.flat(), signed[theme], [-1, 1]);

    const cell = (head * seq + query) * seq + key;
    const dot = product.reduce((sum, value) => sum + value, 0);
    const score = drawn.scores[cell]!;
    const number = (name: string, value: number) => {
      const tiny = name === "weight" && value > 0 && value < 0.005;
      return element("b", { "data-number": name, "data-value": value }, tiny ? "< 0.01" : decimals(value, 2));
    };
    const warmth = temperature === 1 ? "" : ` ÷ temperature ${temperature}`;
    this.#sum.replaceChildren(
      "q · k = ",
      number("dot", dot),
      ...(score === -Infinity
        ? [`; ${asked} is masked for ${asking}: score −∞, weight `, number("weight", drawn.attn[cell]!)]
        : [
            ` ÷ √${d_head}${warmth} → score `,
            number("score", score),
            ` → softmax over the row → ${asking} gives ${asked} the weight `,
            number("weight", drawn.attn[cell]!),
          ]),
    );
  }

  pictures(): HeatMap[] {
    drawLate(this.root);
    return [this.#map];
  }

  recolour(): void {
    this.#map.recolour();
  }
}
