/** From what a reader sets to every number of the layer. Twin of mha_lessons/compute.py. */

import { traceAttention, type AttentionTrace, type Shape } from "./attention";
import { designedRoles, designedVectors, designedWeights } from "./designed";
import { embedTokens } from "./embed";
import { causalMask } from "./masks";
import { check, headWidth, type Params } from "./params";
import { tokenize } from "./tokens";
import { randomWeights, type Weights } from "./weights";

/** Arrays are shared between answers: read them, do not write to them. */
export interface Trace extends AttentionTrace {
  readonly tokens: string[];
  readonly num_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  /** what each head was designed to do; null where the heads are random */
  readonly roles: string[] | null;
  /** [seq, d_model] */
  readonly x: Float32Array;
}

export interface Failure {
  /** one sentence for the reader */
  readonly error: string;
}

/** The last few results of `make`, by its arguments: a control that moves back and forth costs nothing. */
export function remember<Arguments extends unknown[], Result>(
  make: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  const kept = new Map<string, Result>();
  return (...args) => {
    const key = JSON.stringify(args);
    const result = kept.get(key) ?? make(...args);
    kept.delete(key); // so that the order is by last use
    kept.set(key, result);
    if (kept.size > 4) kept.delete(kept.keys().next().value!);
    return result;
  };
}

const random = { vectors: remember(embedTokens), weights: remember(randomWeights) };
const designed = { vectors: remember(designedVectors), weights: remember(designedWeights) };

/** The layer that parameters describe, before anything is computed. */
export interface Layer {
  readonly tokens: string[];
  readonly roles: string[] | null;
  /** [seq, d_model] */
  readonly x: Float32Array;
  readonly weights: Weights;
  readonly shape: Shape;
  /** [query, key], 1 = may look; null: everyone sees everyone */
  readonly mask: Uint8Array | null;
}

/** Words, vectors, weights and mask of parameters that have passed `check`. */
export function layerOf(params: Params): Layer {
  const { d_model, num_heads, seed, causal } = params;
  const tokens = tokenize(params.text);
  const d_head = headWidth(params);
  const isDesigned = params.source === "designed";
  return {
    tokens,
    roles: isDesigned ? designedRoles(num_heads) : null,
    x: (isDesigned ? designed : random).vectors(tokens, d_model, seed),
    weights: isDesigned
      ? designed.weights(d_model, num_heads, d_head, seed)
      : random.weights(d_model, num_heads * d_head, seed),
    shape: { seq: tokens.length, d_model, num_heads, d_head },
    mask: causal ? causalMask(tokens.length) : null,
  };
}

/** Every number of the layer, or what is wrong with the parameters. */
export function compute(params: Params): Trace | Failure {
  const error = check(params);
  if (error !== null) return { error };
  const { tokens, roles, x, weights, shape, mask } = layerOf(params);
  const steps = traceAttention(x, weights, shape, { mask, temperature: params.temperature });
  const { num_heads, d_model, d_head } = shape;
  // Not spread: `contributions` would be computed at once.
  return Object.assign(steps, { tokens, num_heads, d_model, d_head, roles, x });
}
