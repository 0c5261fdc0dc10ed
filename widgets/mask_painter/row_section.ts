import { element, type Cleanup } from "../draw/index";
import type { Place } from "./grid";
import type { Drawn } from "./index";
import { RowPicture, type NumberRow } from "./row";

/** One row of the table in numbers: what a softmax makes of nothing, and what libraries do about it. */
export class RowSection {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #says = element("p", { class: "mha-svg-text" });
  #weights: RowPicture;
  #found: RowPicture;
  #torch = element("p", { class: "mha-note mha-svg-text" });

  constructor(cleanup: Cleanup) {
    this.#weights = new RowPicture(cleanup);
    this.#found = new RowPicture(cleanup);
    const figure = (title: string, words: string, picture: RowPicture) =>
      element(
        "figure",
        {},
        element("figcaption", {}, element("b", {}, title), element("span", {}, words)),
        picture.root,
      );
    this.root = element(
      "section",
      { class: "mha-one-row" },
      this.#title,
      this.#says,
      figure("Its weights", "a column a word", this.#weights),
      figure("What it finds", "z = weights · V, the first dimensions", this.#found),
      this.#torch,
    );
  }

  show(drawn: Drawn, { query, key }: Place): void {
    const { tokens, mask, scores, d_head } = drawn;
    const seq = tokens.length;
    const own = (table: Float32Array) => table.subarray(query * seq, (query + 1) * seq);
    const masked = own(scores).map((score, i) => (mask[query * seq + i] ? score : -Infinity));
    const open = masked.reduce((count, score) => count + Number(score !== -Infinity), 0);
    const word = tokens[query]!;
    write(this.#title, `The row of “${word}”`);
    write(
      this.#says,
      open
        ? `“${word}” may look at ${open} of ${seq} words. Empty the row to see what happens when it may look at none.`
        : `“${word}” may look at nothing: every score is −∞, and exp(−∞) / (exp(−∞) + …) is 0 / 0.`,
    );
    const torch = (name: string, values: Float32Array | undefined): NumberRow[] =>
      values ? [{ name, values }] : [];
    const weights = [
      { name: "score, masked", values: masked },
      { name: "softmax, as the formula", values: own(drawn.plain) },
      ...torch("nn.MultiheadAttention", drawn.torch_attn && own(drawn.torch_attn)),
      { name: "this module", values: own(drawn.after) },
    ];
    this.#weights.show(tokens, weights, key);
    const found = (table: Float32Array) => table.subarray(query * d_head, (query + 1) * d_head);
    const z = [
      { name: "softmax, as the formula", values: found(drawn.plain_z) },
      ...torch("F.scaled_dot_product…", drawn.sdpa_z && found(drawn.sdpa_z)),
      { name: "this module", values: found(drawn.z) },
    ];
    const dimensions = Array.from({ length: d_head }, (_, i) => `dim ${i}`);
    this.#found.show(dimensions, z, null);
    write(this.#torch, note(drawn));
  }

  pictures(): RowPicture[] {
    return [this.#weights, this.#found];
  }

  recolour(): void {
    for (const picture of this.pictures()) picture.recolour();
  }
}

/** What torch itself does: run now where there is a kernel, else as the tests of the book found it. */
function note({ paths }: Drawn): string {
  if (!paths)
    return (
      "Tested against torch 2.13: nn.MultiheadAttention gives this NaN on three of its four evaluation paths " +
      "(with biases and an even number of heads, as usual); F.scaled_dot_product_attention gives zeros, as this module does."
    );
  const bad = paths.filter(([, nan]) => nan).map(([name]) => name);
  return bad.length
    ? `Run now in torch: nn.MultiheadAttention gave NaN on ${bad.length} of its ${paths.length} evaluation paths ` +
        `(${bad.join("; ")}); F.scaled_dot_product_attention gave zeros.`
    : `Run now in torch: no NaN on any of the ${paths.length} evaluation paths of nn.MultiheadAttention, since no row is empty.`;
}

function write(place: HTMLElement, words: string): void {
  if (place.textContent !== words) place.textContent = words;
}
