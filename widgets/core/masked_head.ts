/** One head before and after a mask, and what goes wrong around masks. Twin of mha_lessons/masked_head.py. */

import { softmax } from "./attention";
import { compute, remember, type Failure } from "./compute";
import { matmul } from "./matrices";
import { checkChoice, chosenMask, MOST_PAINTED, type MaskChoice } from "./painted_mask";
import type { Params } from "./params";

export interface MaskedParams extends MaskChoice {
  readonly text: string;
  readonly num_heads: number;
  readonly d_model: number;
  readonly seed: number;
  readonly source: Params["source"];
  readonly head: number;
}

/** Matrices are [query, key], row-major. */
export interface MaskedHead {
  readonly tokens: string[];
  readonly role: string | null;
  readonly num_heads: number;
  readonly d_head: number;
  readonly head: number;
  /** 1 = may look */
  readonly mask: ArrayLike<number>;
  /** before the mask */
  readonly scores: Float32Array;
  /** attention with no mask at all */
  readonly before: Float32Array;
  /** attention with the mask; a row that may look at nothing is all zeros */
  readonly after: Float32Array;
  /** attention if the mask's True is taken for "may not look" */
  readonly wrong: Float32Array;
  /** the softmax of the masked scores as the formula has it, without a case for a row of -inf: NaN there */
  readonly plain: Float32Array;
  /** after @ v and plain @ v, [seq, d_head] */
  readonly z: Float32Array;
  readonly plain_z: Float32Array;
}

/** Painting changes the mask alone: the layer is computed once. */
const unmasked = remember(compute);

/** Every number of the picture, or what is wrong with the parameters. */
export function maskedHead(params: MaskedParams): MaskedHead | Failure {
  const { text, num_heads, d_model, seed, source } = params;
  const fault =
    checkChoice(params) ?? (Number.isInteger(params.head) ? null : "head should be a whole number.");
  if (fault) return { error: fault };
  const free = { d_head: null, causal: false, temperature: 1 };
  const trace = unmasked({ text, num_heads, d_model, seed, source, ...free });
  if ("error" in trace) return trace;
  const seq = trace.tokens.length;
  const error = tooLong(seq);
  if (error) return { error };
  const head = Math.max(0, Math.min(params.head, num_heads - 1)); // fewer heads may leave the choice outside
  const of = (tensor: Float32Array, size: number) => tensor.subarray(head * size, (head + 1) * size);
  const scores = of(trace.scores, seq * seq);
  const v = of(trace.v, seq * trace.d_head);
  const mask = chosenMask(params, seq);
  const masked = scores.map((score, i) => (mask[i] ? score : -Infinity));
  const after = softmax(masked, seq);
  const plain = plainSoftmax(masked, seq);
  return {
    tokens: trace.tokens,
    role: trace.roles?.[head] ?? null,
    num_heads,
    d_head: trace.d_head,
    head,
    mask,
    scores,
    before: of(trace.attn, seq * seq),
    after,
    wrong: softmax(scores.map((score, i) => (mask[i] ? -Infinity : score)), seq), // prettier-ignore
    plain,
    z: matmul(after, v, seq, trace.d_head),
    plain_z: matmul(plain, v, seq, trace.d_head),
  };
}

/** One sentence if the picture has too many words to be painted on. */
export function tooLong(seq: number): string | null {
  if (seq <= MOST_PAINTED) return null;
  return `The sentence has ${seq} words and punctuation marks. At most ${MOST_PAINTED} fit in this picture: shorten it.`;
}

/** exp(s - max) / sum, with no case for a row of -inf: there s - max is NaN, and so is all that follows. */
export function plainSoftmax(scores: Float32Array, length: number): Float32Array {
  const attn = new Float32Array(scores.length);
  for (let row = 0; row < scores.length; row += length) {
    const own = scores.subarray(row, row + length);
    const top = own.reduce((most, score) => Math.max(most, score), -Infinity);
    const powers = Array.from(own, (score) => Math.exp(score - top));
    const sum = powers.reduce((total, power) => total + power, 0);
    attn.set(powers.map((power) => power / sum), row); // prettier-ignore
  }
  return attn;
}
