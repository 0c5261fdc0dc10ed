/** "Is the embedding split, or projected?" The readings of that question, with what they differ by.
 * Twin of mha_lessons/splitting.py. */

import { concatenate, traceAttention } from "./attention";
import { layerOf, type Failure } from "./compute";
import { matmul } from "./matrices";
import { check, type Params } from "./params";
import type { Weights } from "./weights";

/** Which of the three projections is followed. */
export type Followed = "q" | "k" | "v";

/** Every number of one pass, and three ways to make the followed matrix; all are [seq, head · d_head]. */
export interface Readings {
  readonly tokens: string[];
  readonly num_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  /** [seq, d_model] */
  readonly x: Float32Array;
  /** the followed projection, [d_model, head · d_head], and W^O, [head · d_head, d_model] */
  readonly w: Float32Array;
  readonly w_o: Float32Array;
  /** x W: one big matrix */
  readonly projected: Float32Array;
  /** x W_0, x W_1, ... side by side: a small matrix for each head */
  readonly sliced: Float32Array;
  /** x_0 W_00, x_1 W_11, ... side by side: x is cut first, and each slice has a smaller matrix */
  readonly cut_first: Float32Array;
  /** [head, seq, d_head] */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [head, query, key] */
  readonly scores: Float32Array;
  readonly attn: Float32Array;
  /** [head, query, d_head] */
  readonly z: Float32Array;
  /** [query, head · d_head] */
  readonly concat: Float32Array;
  /** [query, d_model] */
  readonly output: Float32Array;
  /** the output if q, k and v were all made of an x cut first */
  readonly cut_output: Float32Array;
  /** largest |sliced - projected|, |cut_first - projected|, |cut_output - output| */
  readonly sliced_gap: number;
  readonly cut_gap: number;
  readonly output_gap: number;
}

/** The readings, or what is wrong with the parameters. The width of a head is d_model / num_heads here: else x could not
 * be cut into slices. */
export function readings(params: Params, followed: Followed): Readings | Failure {
  const error = check(params);
  if (error !== null) return { error };
  const { tokens, x, weights, shape, mask } = layerOf(params);
  const { seq, d_model, num_heads, d_head } = shape;
  const options = { mask, temperature: params.temperature };
  const trace = traceAttention(x, weights, shape, options);
  const w = weights[`w_${followed}`];
  const projected = matmul(x, w, seq, d_model);
  const heads = [...Array(num_heads).keys()];
  const slice = (matrix: Float32Array, head: number) => columnsOf(matrix, d_model, head * d_head, d_head);
  const sliced = sideBySide(
    heads.map((head) => matmul(x, slice(w, head), seq, d_head)),
    d_head,
  );
  const cut_first = sideBySide(
    heads.map((head) => matmul(slice(x, head), slice(w, head).slice(head * d_head * d_head, (head + 1) * d_head * d_head), seq, d_head)), // prettier-ignore
    d_head,
  );
  const { output: cut_output } = traceAttention(x, cutWeights(weights, d_model, d_head), shape, options);
  const { q, k, v, scores, attn, z, output } = trace;
  return {
    tokens,
    num_heads,
    d_model,
    d_head,
    x,
    w,
    w_o: weights.w_o,
    projected,
    sliced,
    cut_first,
    q,
    k,
    v,
    scores,
    attn,
    z,
    concat: concatenate(z, shape),
    output,
    cut_output,
    sliced_gap: apart(sliced, projected),
    cut_gap: apart(cut_first, projected),
    output_gap: apart(cut_output, output),
  };
}

/** `count` columns of a matrix of `width` columns, from `start` on. */
function columnsOf(matrix: Float32Array, width: number, start: number, count: number): Float32Array {
  const rows = matrix.length / width;
  const part = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    part.set(matrix.subarray(row * width + start, row * width + start + count), row * count);
  }
  return part;
}

/** Matrices of `width` columns, next to each other. */
function sideBySide(parts: Float32Array[], width: number): Float32Array {
  const rows = parts[0]!.length / width;
  const all = new Float32Array(rows * width * parts.length);
  parts.forEach((part, i) => {
    for (let row = 0; row < rows; row++) {
      all.set(part.subarray(row * width, (row + 1) * width), (row * parts.length + i) * width);
    }
  });
  return all;
}

/** The weights that do what "cut x first" says: all entries are 0 by which a head would see another slice of x. */
function cutWeights(weights: Weights, d_model: number, d_head: number): Weights {
  const cut = (matrix: Float32Array) =>
    matrix.map((value, i) =>
      Math.floor(Math.floor(i / d_model) / d_head) === Math.floor((i % d_model) / d_head) ? value : 0,
    );
  return { w_q: cut(weights.w_q), w_k: cut(weights.w_k), w_v: cut(weights.w_v), w_o: weights.w_o };
}

/** The largest difference between two matrices. */
function apart(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i]!)), 0);
}
