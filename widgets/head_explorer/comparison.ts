import { decimals, element, HeatMap, largest, signed, type Cleanup, type Theme } from "../draw/index";
import type { Drawn } from "./answer";
import { Heads } from "./heads";

/** The same matrices in another number of heads: its patterns, and how far every word's output moves. */
export class Comparison {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #heads: Heads;
  #moved = element("p", { class: "mha-svg-text" });
  #difference: HeatMap;
  #axes = "";

  constructor(cleanup: Cleanup) {
    this.#heads = new Heads(cleanup, null);
    const rowHeight = (rows: number) => Math.max(2, Math.min(16, 220 / rows));
    this.#difference = new HeatMap({ labelWidth: 110, upright: false, rowHeight }, cleanup);
    this.root = element(
      "section",
      { class: "mha-comparison", hidden: true },
      this.#title,
      this.#heads.root,
      this.#moved,
      this.#difference.root,
    );
  }

  show(drawn: Drawn, theme: Theme): void {
    const { other_num_heads: num_heads, other_attn: attn, other_output: other, output } = drawn;
    this.root.hidden = !num_heads || !attn || !other || !output;
    if (!num_heads || !attn || !other || !output) return;
    const { tokens, d_model } = drawn;
    this.#title.textContent = `The same matrices in ${num_heads} ${num_heads === 1 ? "head" : "heads"} of ${drawn.other_d_head} dimensions`;
    this.#heads.show({ tokens, num_heads, roles: null, attn, scores: drawn.other_scores! }, theme);
    const axes = JSON.stringify([tokens, d_model]);
    if (axes !== this.#axes) {
      this.#axes = axes;
      const whole = [{ label: `${d_model} dimensions`, start: 0, end: d_model }];
      this.#difference.setAxes({ rows: tokens, columns: whole, columnCount: d_model });
    }
    const difference = output.map((value, i) => value - other[i]!);
    const most = largest(difference) || 1;
    this.#difference.paint(difference, signed[theme], [-most, most]);
    const share = norm(difference) / norm(output);
    this.#moved.textContent =
      `Equal parameters, another function: the outputs differ by ${decimals(share * 100, 0)} % ` +
      `(norm of the difference over norm of the output). The difference, largest entry ${decimals(most, 2)}:`;
  }

  pictures(): HeatMap[] {
    return [...this.#heads.pictures(), this.#difference];
  }

  recolour(): void {
    this.#heads.recolour();
    this.#difference.recolour();
  }
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
