import { torchAttention, torchSetup, type HeadRanks, type Params } from "../core/index";
import { element, type NumberTable } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { torchCode } from "./code";
import { Controls } from "./controls";
import { tables } from "./numbers";
import { SpectrumPicture, type SpectrumData } from "./spectrum";

const SLICE = 6; // ms of further heads between two frames
const LOWEST = -18; // power of ten: below float64's rounding of numbers of size 1

type Which = "scores" | "attn" | "sum";

const TITLES: Record<Which, [title: string, formula: string]> = {
  scores: ["Scores of one head", "q kᵀ / √d_head, not masked"],
  attn: ["Its attention", "softmax of the scores, row by row"],
  sum: ["All heads' scores, summed", "the heads' q kᵀ / √d_head, added"],
};

/** Three spectra side by side: the bound on the scores, how the softmax lifts it, and how the heads share the work. */
export class View implements FramedView<HeadRanks> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #pictures: Record<Which, { picture: SpectrumPicture; says: HTMLElement }>;
  #drawn: HeadRanks | null = null;
  #later = 0;

  constructor({ cleanup, set }: Frame) {
    this.#controls = new Controls(cleanup, set);
    this.controls = this.#controls.roots;
    const make = () => ({
      picture: new SpectrumPicture(cleanup),
      says: element("p", { class: "mha-says mha-svg-text" }),
    });
    this.#pictures = { scores: make(), attn: make(), sum: make() };
    const figures = (Object.keys(TITLES) as Which[]).map((which) => {
      const [title, formula] = TITLES[which];
      const { picture, says } = this.#pictures[which];
      return element(
        "figure",
        { "data-which": which },
        element("figcaption", {}, element("b", {}, title), element("span", {}, formula)),
        picture.root,
        says,
      );
    });
    this.body = [key(), element("div", { class: "mha-spectra" }, ...figures), meaning()];
    cleanup.add(() => clearTimeout(this.#later));
  }

  pictures = (): Picture[] => Object.values(this.#pictures).map(({ picture }) => picture);

  showValues(values: Values): void {
    this.#controls.show(values);
  }

  draw(drawn: HeadRanks): void {
    this.#drawn = drawn;
    this.#controls.draw(drawn);
    this.#paint(drawn);
    clearTimeout(this.#later);
    if (drawn.more) this.#later = window.setTimeout(() => this.#continue(drawn));
  }

  recolour(): void {
    for (const { picture } of Object.values(this.#pictures)) picture.recolour();
  }

  numbers(drawn: HeadRanks): NumberTable[] {
    while (drawn.more?.());
    return tables(drawn);
  }

  say(drawn: HeadRanks): string {
    const { num_heads, d_head, head, scores_ranks, attn_ranks, sum_rank, tokens } = drawn;
    return (
      `${num_heads} heads of ${d_head} dimensions on ${tokens.length} words. Head ${head}: scores of rank ` +
      `${scores_ranks[head]}, attention of rank ${attn_ranks[head]}. All heads' scores summed: rank ${sum_rank}.`
    );
  }

  code(drawn: HeadRanks, values: Values): string {
    const params = { ...values, d_head: null, causal: false, temperature: 1 } as unknown as Params;
    return torchSetup(params) + torchAttention(1, null) + torchCode(drawn.head);
  }

  /** The other heads come after the chosen one, a few between two frames, so that dragging stays quick. */
  #continue(drawn: HeadRanks): void {
    if (drawn !== this.#drawn) return;
    const end = performance.now() + SLICE;
    let more = true;
    while (more && performance.now() < end) more = drawn.more!();
    if (more) this.#later = window.setTimeout(() => this.#continue(drawn));
    else this.#paint(drawn);
  }

  #paint(drawn: HeadRanks): void {
    const { num_heads, d_model, d_head, head, tokens, scores_ranks, attn_ranks, sum_rank } = drawn;
    const seq = tokens.length;
    const own = (all: ArrayLike<number>, of: number) =>
      Float64Array.from({ length: seq }, (_, i) => all[of * seq + i]!);
    const others = (all: ArrayLike<number>) =>
      Array.from({ length: num_heads }, (_, other) => other)
        .filter((other) => other !== head)
        .map((other) => own(all, other));
    const scores = own(drawn.scores_values, head);
    const sum = own(drawn.sum_values, 0);
    const top = Math.max(2, Math.ceil(Math.log10(Math.max(scores[0]!, sum[0]!)) + 1.5)); // with room for a name
    const range = [LOWEST, top] as const;
    const bound = { at: d_head, name: "d_head" };
    const data: Record<Which, SpectrumData> = {
      scores: {
        values: scores,
        rank: scores_ranks[head]!,
        others: others(drawn.scores_values),
        bound,
        range,
      },
      attn: { values: own(drawn.attn_values, head), rank: attn_ranks[head]!, others: others(drawn.attn_values), bound, range }, // prettier-ignore
      sum: { values: sum, rank: sum_rank, others: [], bound: { at: d_model, name: "d_model" }, range },
    };
    const dimensions = `${d_head} dimension${d_head === 1 ? "" : "s"}`;
    const says: Record<Which, string> = {
      scores:
        d_head < seq
          ? `Rank ${scores_ranks[head]} of ${seq}: a head of ${dimensions} cannot have more than ${d_head}.`
          : `Rank ${scores_ranks[head]} of ${seq}: a head of ${dimensions} has room for any table of ${seq} words.`,
      attn: `Rank ${attn_ranks[head]} of ${seq}: exp works on each cell alone, so d_head is no bound here.`,
      sum: `Rank ${sum_rank} of ${seq}: together the ${num_heads} heads have ${d_model} dimensions${drawn.roles ? "" : ", however they are cut; only the factor 1/√d_head moves the bars"}.`,
    };
    for (const which of Object.keys(data) as Which[]) {
      const { picture, says: place } = this.#pictures[which];
      picture.show(data[which], `${TITLES[which][0]}: ${says[which]}`);
      if (place.textContent !== says[which]) place.textContent = says[which];
    }
  }
}

/** The looks of the picture in words; the rule of the tolerance among them. */
function key(): HTMLElement {
  const entry = (look: string, words: string) =>
    element("span", { class: "mha-swatch" }, element("i", { "data-look": look }), words);
  return element(
    "div",
    { class: "mha-key" },
    entry("counts", "counts towards the rank"),
    entry("zero", "below the tolerance: counts as zero"),
    entry("other", "the other heads"),
    entry(
      "tolerance",
      "tolerance = largest value × number of words × 2⁻⁵², as torch.linalg.matrix_rank has it",
    ),
  );
}

function meaning(): HTMLElement {
  return element(
    "div",
    { class: "mha-meaning" },
    element("h3", {}, "What the rank says, and what it does not"),
    element(
      "p",
      {},
      element("b", {}, "It says "),
      "how many independent patterns a table mixes. The scores of a head are made of d_head products, so their rank is at " +
        "most d_head: with more heads at the same d_model, each head chooses from a smaller family of score tables.",
    ),
    element(
      "p",
      {},
      element("b", {}, "It does not say "),
      "that the attention has this rank: the softmax bends each cell, and the bound is gone. Nor that a head of low rank " +
        "is a bad one: two dimensions, a sine and a cosine of the place, are enough to look at the previous word. And a " +
        "singular value just above the tolerance counts like a large one.",
    ),
  );
}
