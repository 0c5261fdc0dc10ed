/** Multi-head attention over typed arrays, with every step kept. Twin of mha_lessons/attention.py, without the batch. */

import { matmul, multiply } from "./matrices";
import type { Weights } from "./weights";

export interface Shape {
  readonly seq: number;
  readonly d_model: number;
  readonly num_heads: number;
  readonly d_head: number;
}

export interface Options {
  /** [query, key], 1 = may look; null: everyone sees everyone. */
  readonly mask?: Uint8Array | null;
  /** One factor per head on what it adds; null: all 1. */
  readonly gates?: Float32Array | null;
  /** Scores are divided by it: below 1 sharpens, above 1 flattens. */
  readonly temperature?: number;
}

/** One pass through the layer; every array is row-major. */
export interface AttentionTrace {
  /** [head, seq, d_head] */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [head, query, key]; scale, temperature and mask are in it, -Infinity where masked */
  readonly scores: Float32Array;
  /** [head, query, key]; a row sums to 1, or to 0 where all is masked */
  readonly attn: Float32Array;
  /** [head, query, d_head] */
  readonly z: Float32Array;
  /** [head, query, d_model], z_i W^O_i; computed when first read */
  readonly contributions: Float32Array;
  /** [query, d_model], the sum of the contributions */
  readonly output: Float32Array;
}

/** x @ matrix, cut into heads: [head, seq, d_head]. */
function project(x: Float32Array, matrix: Float32Array, { seq, num_heads, d_head }: Shape): Float32Array {
  const heads = new Float32Array(num_heads * seq * d_head);
  multiply(x, matrix, seq, num_heads * d_head, (token, values) => {
    for (let head = 0; head < num_heads; head++) {
      heads.set(values.subarray(head * d_head, (head + 1) * d_head), (head * seq + token) * d_head);
    }
  });
  return heads;
}

/** q k^T / (sqrt(d_head) * temperature), [head, query, key]. */
export function scoreHeads(
  q: Float32Array,
  k: Float32Array,
  { seq, num_heads, d_head }: Shape,
  mask: Uint8Array | null = null,
  temperature = 1,
): Float32Array {
  const scale = 1 / (Math.sqrt(d_head) * temperature);
  const scores = new Float32Array(num_heads * seq * seq);
  const keys = new Float32Array(d_head * seq); // of one head, turned, so that the long axis is the inner one
  for (let head = 0; head < num_heads; head++) {
    const start = head * seq * d_head;
    for (let key = 0; key < seq; key++) {
      for (let i = 0; i < d_head; i++) keys[i * seq + key] = k[start + key * d_head + i]!;
    }
    multiply(q.subarray(start, start + seq * d_head), keys, seq, seq, (query, sums) => {
      const row = (head * seq + query) * seq;
      for (let key = 0; key < seq; key++) {
        scores[row + key] = mask && !mask[query * seq + key] ? -Infinity : sums[key]! * scale;
      }
    });
  }
  return scores;
}

/** Softmax over each row of `length`; a row of -Infinity gives zeros. */
export function softmax(scores: Float32Array, length: number): Float32Array {
  const attn = new Float32Array(scores.length);
  const powers = new Float64Array(length);
  for (let row = 0; row < scores.length; row += length) {
    let top = -Infinity;
    for (let i = 0; i < length; i++) if (scores[row + i]! > top) top = scores[row + i]!;
    if (top === -Infinity) continue; // a fully masked row
    let sum = 0;
    for (let i = 0; i < length; i++) sum += powers[i] = Math.exp(scores[row + i]! - top); // exp cannot overflow
    for (let i = 0; i < length; i++) attn[row + i] = powers[i]! / sum;
  }
  return attn;
}

/** attn @ v, [head, query, d_head]. */
export function mix(attn: Float32Array, v: Float32Array, { seq, num_heads, d_head }: Shape): Float32Array {
  const z = new Float32Array(num_heads * seq * d_head);
  for (let head = 0; head < num_heads; head++) {
    const values = v.subarray(head * seq * d_head, (head + 1) * seq * d_head);
    const weights = attn.subarray(head * seq * seq, (head + 1) * seq * seq);
    multiply(weights, values, seq, d_head, (query, sums) => z.set(sums, (head * seq + query) * d_head));
  }
  return z;
}

/** z_i W^O_i of every head, [head, query, d_model]. */
export function contribute(
  z: Float32Array,
  w_o: Float32Array,
  shape: Shape,
  gates: Float32Array | null,
): Float32Array {
  const { seq, d_model, num_heads, d_head } = shape;
  const contributions = new Float32Array(num_heads * seq * d_model);
  for (let head = 0; head < num_heads; head++) {
    const gate = gates ? gates[head]! : 1;
    const block = w_o.subarray(head * d_head * d_model, (head + 1) * d_head * d_model);
    multiply(
      z.subarray(head * seq * d_head, (head + 1) * seq * d_head),
      block,
      seq,
      d_model,
      (query, sums) => {
        const start = (head * seq + query) * d_model;
        for (let i = 0; i < d_model; i++) contributions[start + i] = gate * sums[i]!;
      },
    );
  }
  return contributions;
}

/** The heads side by side, [seq, num_heads * d_head], each times its gate: what w_o is applied to. */
export function concatenate(z: Float32Array, shape: Shape, gates: Float32Array | null = null): Float32Array {
  const { seq, num_heads, d_head } = shape;
  const concat = new Float32Array(seq * num_heads * d_head);
  for (let token = 0; token < seq; token++) {
    for (let head = 0; head < num_heads; head++) {
      const gate = gates ? gates[head]! : 1;
      const from = (head * seq + token) * d_head;
      const to = (token * num_heads + head) * d_head;
      for (let i = 0; i < d_head; i++) concat[to + i] = gate * z[from + i]!;
    }
  }
  return concat;
}

/** The layer on x [seq, d_model], with every step kept. */
export function traceAttention(
  x: Float32Array,
  weights: Weights,
  shape: Shape,
  options: Options = {},
): AttentionTrace {
  const { mask = null, gates = null, temperature = 1 } = options;
  const q = project(x, weights.w_q, shape);
  const k = project(x, weights.w_k, shape);
  const v = project(x, weights.w_v, shape);
  const scores = scoreHeads(q, k, shape, mask, temperature);
  const attn = softmax(scores, shape.seq);
  const z = mix(attn, v, shape);
  const output = matmul(concatenate(z, shape, gates), weights.w_o, shape.seq, shape.d_model);
  let contributions: Float32Array | null = null;
  return {
    q,
    k,
    v,
    scores,
    attn,
    z,
    output,
    get contributions() {
      return (contributions ??= contribute(z, weights.w_o, shape, gates));
    },
  };
}
