/** What a stack of attention layers costs, part by part, beside one big head. Twin of mha_lessons/meter.py. */

import type { Failure } from "./compute";
import { divisors, flops, kvCacheBytes, mlaCacheBytes, parameters, type Heads } from "./cost";
import { checkStack, headsOf, type Stack } from "./stack";

export type VariantName = "MHA" | "GQA" | "MQA" | "MLA";

/** What all layers cost with this way of keeping keys and values. */
export interface Variant {
  readonly name: VariantName;
  /** 0 for MLA, which has none */
  readonly num_kv_heads: number;
  readonly parameters: number;
  /** for one more token */
  readonly flops: number;
  /** bytes for one token */
  readonly cache: number;
}

type Weights = Record<"w_q" | "w_latent" | "w_k" | "w_v" | "w_o" | "biases", number>;
export type Part = keyof Weights | "projections" | "scores" | "z" | "cache" | "attn" | "patterns" | "d_head";

/** The settings, filled in, and all numbers of the picture. */
export interface Meter extends Stack {
  readonly num_kv_heads: number;
  readonly d_head: number;
  /** the variant that the settings are */
  readonly own: VariantName;
  readonly variants: readonly Variant[];
  /** what one layer costs, beside the same part of one head as wide as the layer */
  readonly parts: Readonly<Record<Part, readonly [value: number, oneHead: number]>>;
  /** operations for one more token, of all layers: the projections, and for each key */
  readonly flat: number;
  readonly per_key: number;
}

/** One layer: weights by matrix, operations for one more token and one key, and bytes of its cache. */
interface Layer {
  readonly weights: Weights;
  readonly scores: number;
  readonly z: number;
  readonly cache: number;
}

/** Widths of multi-head latent attention, as DeepSeek-V2 2024, section 3.1.2, chose them for heads of 128. */
export function latentWidths(d_head: number): { d_latent: number; d_rotary: number } {
  return { d_latent: 4 * d_head, d_rotary: Math.floor(d_head / 2) };
}

/** The numbers of a stack, or one sentence that says what does not fit. */
export function meter(stack: Stack): Meter | Failure {
  const error = checkStack({ ...stack });
  if (error) return { error };
  const heads = headsOf(stack);
  const bias = stack.bias && !stack.latent;
  const own = stack.latent ? latentLayer(heads, stack.bits) : plainLayer(heads, stack.bits, bias);
  const single = { d_model: stack.d_model, num_heads: 1, num_kv_heads: 1, d_head: stack.d_model };
  const one = plainLayer(single, stack.bits, bias);
  const square = (stack.context ** 2 * stack.bits) / 8;
  const names = Object.keys(own.weights) as (keyof Weights)[];
  const weights = names.map((name) => [name, [own.weights[name], one.weights[name]]]);
  return {
    ...stack,
    num_kv_heads: heads.num_kv_heads,
    d_head: heads.d_head,
    bias,
    own: nameOf(heads, stack.latent),
    variants: variants(stack),
    parts: {
      ...(Object.fromEntries(weights) as Record<keyof Weights, [number, number]>),
      projections: [projections(own), projections(one)],
      scores: [own.scores * stack.context, one.scores * stack.context],
      z: [own.z * stack.context, one.z * stack.context],
      cache: [own.cache, one.cache],
      attn: [heads.num_heads * square, square],
      patterns: [heads.num_heads, 1],
      d_head: [heads.d_head, stack.d_model],
    },
    flat: stack.layers * projections(own),
    per_key: stack.layers * (own.scores + own.z),
  };
}

/** A layer of MHA, GQA or MQA, by the cost model. */
function plainLayer(heads: Heads, bits: number, bias: boolean): Layer {
  const q = heads.num_heads * heads.d_head;
  const kv = heads.num_kv_heads * heads.d_head;
  const perKey = flops(heads, 1) - 2 * parameters(heads, false); // what is not projection
  return {
    weights: {
      w_q: heads.d_model * q,
      w_latent: 0,
      w_k: heads.d_model * kv,
      w_v: heads.d_model * kv,
      w_o: q * heads.d_model,
      biases: parameters(heads, bias) - parameters(heads, false),
    },
    scores: perKey / 2,
    z: perKey / 2,
    cache: kvCacheBytes(heads, { itemsize: bits / 8 }),
  };
}

/** A layer of MLA while it decodes: queries are compared with the latent vectors themselves.
 *
 * The matrices that would make keys and values of them work on the query and on the sum instead. Queries are
 * not compressed, as in DeepSeek-V2-Lite; without biases. */
function latentLayer({ d_model, num_heads, d_head }: Heads, bits: number): Layer {
  const { d_latent, d_rotary } = latentWidths(d_head);
  const q = num_heads * d_head;
  return {
    weights: {
      w_q: d_model * (q + num_heads * d_rotary),
      w_latent: d_model * (d_latent + d_rotary),
      w_k: d_latent * q,
      w_v: d_latent * q,
      w_o: q * d_model,
      biases: 0,
    },
    scores: 2 * num_heads * (d_latent + d_rotary),
    z: 2 * num_heads * d_latent,
    cache: mlaCacheBytes(d_latent, d_rotary, { itemsize: bits / 8 }),
  };
}

function total({ weights }: Layer): number {
  return Object.values(weights).reduce((sum, count) => sum + count, 0);
}

/** Two operations for each weight. */
function projections(layer: Layer): number {
  return 2 * (total(layer) - layer.weights.biases);
}

/** Four ways to keep keys and values at the same sizes; GQA is left out where no group fits. */
function variants(stack: Stack): Variant[] {
  const heads = headsOf(stack);
  const bias = stack.bias && !stack.latent;
  const { context, layers, bits } = stack;
  const variant = (name: VariantName, num_kv_heads: number, layer: Layer): Variant => ({
    name,
    num_kv_heads,
    parameters: layers * total(layer),
    flops: layers * (projections(layer) + (layer.scores + layer.z) * context),
    cache: layers * layer.cache,
  });
  const counts = {
    MHA: heads.num_heads,
    GQA: groupsOf(heads.num_heads, stack.latent ? 0 : heads.num_kv_heads),
    MQA: 1,
  };
  const shared = (Object.entries(counts) as [VariantName, number][])
    .filter(([, count]) => count > 0)
    .map(([name, num_kv_heads]) =>
      variant(name, num_kv_heads, plainLayer({ ...heads, num_kv_heads }, bits, bias)),
    );
  return [...shared, variant("MLA", 0, latentLayer(heads, bits))];
}

function nameOf({ num_heads, num_kv_heads }: Heads, latent: boolean): VariantName {
  if (latent) return "MLA";
  return num_kv_heads === num_heads ? "MHA" : num_kv_heads === 1 ? "MQA" : "GQA";
}

/** The key/value heads of GQA: those set, or else 8 at most; 0 where no group fits. */
function groupsOf(count: number, own: number): number {
  const between = divisors(count).slice(1, -1);
  if (between.includes(own)) return own;
  return between.filter((groups) => groups <= 8).at(-1) ?? between[0] ?? 0;
}

/** How a quantity grows with the context: flat + slope · tokens. */
export interface Growth {
  readonly name: string;
  readonly flat: number;
  readonly slope: number;
  readonly own: boolean;
}

/** Bytes of the cache of each variant, and, as a level to compare with, of the weights themselves. */
export function cacheGrowth({ variants, own, bits }: Meter): { lines: Growth[]; weights: number } {
  const lines = variants.map(({ name, cache }) => ({ name, flat: 0, slope: cache, own: name === own }));
  return { lines, weights: (variants.find(({ name }) => name === own)!.parameters * bits) / 8 };
}

/** Operations for one more token: projections, which do not look back, and scores and z, which do. */
export function flopsGrowth({ flat, per_key }: Meter): { lines: Growth[]; even: number } {
  const lines = [
    { name: "projections", flat, slope: 0, own: false },
    { name: "scores + z", flat: 0, slope: per_key, own: false },
    { name: "together", flat, slope: per_key, own: true },
  ];
  return { lines, even: flat / per_key };
}
