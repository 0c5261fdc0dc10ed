/** Singular values and ranks of the heads' tables: scores, attention, and the scores of all heads summed.
 * Twin of mha_lessons/head_rank.py. All is float64, unlike elsewhere in the page: rank is a question about tiny numbers. */

import { layerOf, remember, type Failure, type Layer } from "./compute";
import { check, type Params } from "./params";
import { numericalRank, singularValues } from "./svd";
import { tokenize } from "./tokens";

/** Words of the picture: beyond that a singular value decomposition takes longer than a frame. */
export const MOST_RANKED = 64;

export interface RankParams {
  readonly text: string;
  readonly num_heads: number;
  readonly d_model: number;
  readonly seed: number;
  readonly source: Params["source"];
  readonly head: number;
}

export interface HeadRanks {
  readonly tokens: string[];
  readonly roles: string[] | null;
  readonly num_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  /** the head asked for, or the last one there is */
  readonly head: number;
  /** singular values, largest first: [head, seq], [head, seq], [seq]; NaN for a head that is not computed yet */
  readonly scores_values: ArrayLike<number>;
  readonly attn_values: ArrayLike<number>;
  readonly sum_values: ArrayLike<number>;
  /** [head], -1 for a head that is not computed yet */
  readonly scores_ranks: readonly number[];
  readonly attn_ranks: readonly number[];
  readonly sum_rank: number;
  /** Where the page computes: do one more head; false when all are done. */
  more?(): boolean;
}

/** x @ w, [seq, width], in float64. */
function project({ x, shape }: Layer, w: Float32Array): Float64Array {
  const { seq, d_model } = shape;
  const width = w.length / d_model;
  const numbers = new Float64Array(seq * width);
  for (let row = 0; row < seq; row++) {
    for (let i = 0; i < d_model; i++) {
      const value = x[row * d_model + i]!;
      if (value === 0) continue; // designed vectors are mostly zeros
      for (let j = 0; j < width; j++) numbers[row * width + j]! += value * w[i * width + j]!;
    }
  }
  return numbers;
}

/** The table of one head before any mask, q kᵀ / √d_head, [query, key]; q and k are [seq, num_heads * d_head]. */
export function headScores(
  q: Float64Array,
  k: Float64Array,
  { seq, num_heads, d_head }: Layer["shape"],
  head: number,
): Float64Array {
  const width = num_heads * d_head;
  const table = new Float64Array(seq * seq);
  for (let query = 0; query < seq; query++) {
    for (let key = 0; key < seq; key++) {
      const [from, to] = [query * width + head * d_head, key * width + head * d_head];
      let sum = 0;
      for (let i = 0; i < d_head; i++) sum += q[from + i]! * k[to + i]!;
      table[query * seq + key] = sum / Math.sqrt(d_head);
    }
  }
  return table;
}

/** softmax over each row, in float64; nothing is masked. */
export function rowSoftmax(scores: Float64Array, seq: number): Float64Array {
  const attn = new Float64Array(scores.length);
  for (let row = 0; row < scores.length; row += seq) {
    const own = scores.subarray(row, row + seq);
    const top = own.reduce((most, score) => Math.max(most, score)); // so that exp cannot overflow
    const powers = own.map((score) => Math.exp(score - top));
    const sum = powers.reduce((total, power) => total + power);
    attn.set(powers.map((power) => power / sum), row); // prettier-ignore
  }
  return attn;
}

/** q and k [seq, d_model], and the singular values of q kᵀ. Random weights are only regrouped by the head count, so all
 * this is asked for with one head: dragging the slider finds it done. */
const whole = remember((params: Params) => {
  const layer = layerOf(params);
  const [q, k] = [project(layer, layer.weights.w_q), project(layer, layer.weights.w_k)];
  const { seq, d_model } = layer.shape;
  const table = headScores(q, k, { seq, d_model, num_heads: 1, d_head: d_model }, 0);
  return { q, k, values: singularValues(table, seq, seq).map((value) => value * Math.sqrt(d_model)) };
});

/** What one layer's heads have, a head computed when it is first asked for. */
class Spectra {
  readonly scores_values: Float64Array;
  readonly attn_values: Float64Array;
  readonly scores_ranks: number[];
  readonly attn_ranks: number[];
  readonly sum_values: Float64Array;
  readonly sum_rank: number;
  readonly layer: Layer;
  readonly #q: Float64Array;
  readonly #k: Float64Array;

  constructor(params: Params) {
    this.layer = layerOf(params);
    const { q, k, values } = whole(params.source === "random" ? { ...params, num_heads: 1 } : params);
    const { seq, num_heads, d_head } = this.layer.shape;
    [this.#q, this.#k] = [q, k];
    this.scores_values = new Float64Array(num_heads * seq).fill(NaN);
    this.attn_values = new Float64Array(num_heads * seq).fill(NaN);
    this.scores_ranks = Array.from({ length: num_heads }, () => -1);
    this.attn_ranks = [...this.scores_ranks];
    this.sum_values = values.map((value) => value / Math.sqrt(d_head)); // Σ q_h k_hᵀ is q kᵀ of all columns
    this.sum_rank = numericalRank(this.sum_values, seq, seq);
  }

  do(head: number): void {
    if (this.scores_ranks[head]! >= 0) return;
    const { shape } = this.layer;
    const { seq } = shape;
    const scores = headScores(this.#q, this.#k, shape, head);
    for (const [table, values, ranks] of [
      [scores, this.scores_values, this.scores_ranks],
      [rowSoftmax(scores, seq), this.attn_values, this.attn_ranks],
    ] as const) {
      const own = singularValues(table, seq, seq);
      values.set(own, head * seq);
      ranks[head] = numericalRank(own, seq, seq);
    }
  }

  more = (): boolean => {
    const next = this.scores_ranks.indexOf(-1);
    if (next >= 0) this.do(next);
    return this.scores_ranks.includes(-1);
  };
}

const spectra = remember((params: Params): Spectra | Failure => {
  const error = check(params);
  if (error !== null) return { error };
  const seq = tokenize(params.text).length;
  if (seq <= MOST_RANKED) return new Spectra(params);
  return {
    error: `The sentence has ${seq} words and punctuation marks. At most ${MOST_RANKED} fit in this picture: shorten it.`,
  };
});

/** The ranks of the chosen head and of the sum, at once; those of the other heads come with `more`. */
export function headRanks(params: RankParams): HeadRanks | Failure {
  if (!Number.isInteger(params.head)) return { error: "head should be a whole number." };
  const { text, num_heads, d_model, seed, source } = params;
  const free = { d_head: null, causal: false, temperature: 1 };
  const found = spectra({ text, num_heads, d_model, seed, source, ...free });
  if ("error" in found) return found;
  const head = Math.max(0, Math.min(params.head, num_heads - 1)); // fewer heads may leave the choice outside
  found.do(head);
  const { tokens, roles, shape } = found.layer;
  const { scores_values, attn_values, sum_values, scores_ranks, attn_ranks, sum_rank, more } = found;
  return {
    ...{ tokens, roles, num_heads, d_model, d_head: shape.d_head, head },
    ...{ scores_values, attn_values, sum_values, scores_ranks, attn_ranks, sum_rank, more },
  };
}
