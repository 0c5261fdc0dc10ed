/** Sizes of a stack of attention layers: any that fit each other, and those of well-known models.
 * Twin of mha_lessons/stack.py: the same sentences, word for word. */

import data from "../../mha_lessons/data/models.json";

import { divisors, type Heads } from "./cost";
import { describe } from "./params";

/** The largest sizes: products of them stay whole numbers in a page, which counts exactly up to 2 ** 53. */
export const MOST = { d_model: 2 ** 16, num_heads: 2 ** 10, layers: 2 ** 8, context: 2 ** 20 } as const;
/** Of all heads side by side. */
export const MOST_WIDTH = 2 ** 17;
export const BITS: readonly number[] = [4, 8, 16, 32];

/** Equal layers of attention, and how far they look back. */
export interface Stack {
  readonly d_model: number;
  readonly num_heads: number;
  /** null: num_heads */
  readonly num_kv_heads: number | null;
  /** null: d_model / num_heads */
  readonly d_head: number | null;
  /** Whether keys and values come from one small vector (MLA); then num_kv_heads and bias mean nothing. */
  readonly latent: boolean;
  readonly layers: number;
  readonly context: number;
  /** Of a number in memory. */
  readonly bits: number;
  readonly bias: boolean;
}

/** The sizes of a well-known model, with where they were read. */
export interface KnownModel {
  readonly name: string;
  readonly d_model: number;
  readonly num_heads: number;
  readonly num_kv_heads: number;
  readonly d_head: number;
  readonly layers: number;
  readonly latent?: boolean;
  readonly read: string;
  readonly source: string;
}

export const MODELS: readonly KnownModel[] = data;

/** The sizes of one layer, each filled in. */
export function headsOf({ d_model, num_heads, num_kv_heads, d_head, latent }: Stack): Heads {
  const groups = latent ? num_heads : (num_kv_heads ?? num_heads);
  return { d_model, num_heads, num_kv_heads: groups, d_head: d_head ?? d_model / num_heads };
}

/** What choosing a model sets. */
export function sizesOf({ d_model, num_heads, num_kv_heads, d_head, layers, latent }: KnownModel) {
  const own = latent === true || num_kv_heads === num_heads;
  const shared = own ? null : num_kv_heads;
  const free = num_heads * d_head === d_model ? null : d_head;
  return {
    d_model,
    num_heads,
    num_kv_heads: shared,
    d_head: free,
    layers,
    latent: latent === true,
    bias: false,
  };
}

/** null, or one sentence that says what is wrong and what would work; the first fault is named. */
export function checkStack(stack: Record<keyof Stack, unknown>): string | null {
  const sizes = { ...MOST, num_kv_heads: MOST.num_heads, d_head: MOST.d_model };
  for (const [name, most] of Object.entries(sizes) as [keyof Stack, number][]) {
    const value = stack[name];
    const unset = (value === null || value === undefined) && !Object.hasOwn(MOST, name);
    if (!unset && !isWhole(value, most))
      return `${name} should be a whole number from 1 to ${most}, got ${describe(value)}.`;
  }
  for (const name of ["latent", "bias"] as const) {
    if (typeof stack[name] !== "boolean")
      return `${name} should be true or false, got ${describe(stack[name])}.`;
  }
  if (!BITS.includes(stack.bits as number))
    return `bits should be 4, 8, 16 or 32, got ${describe(stack.bits)}.`;
  return checkHeads(stack as unknown as Stack);
}

function checkHeads({ d_model, num_heads, num_kv_heads, d_head, latent }: Stack): string | null {
  if (d_head === null && d_model % num_heads !== 0) {
    const near = nearest(divisors(d_model), num_heads);
    return `d_model = ${d_model} cannot be split into ${num_heads} equal heads. Try ${near}, or give d_head.`;
  }
  if (!latent && num_kv_heads !== null && num_heads % num_kv_heads !== 0) {
    const near = nearest(divisors(num_heads), num_kv_heads);
    return `${num_heads} heads cannot share ${num_kv_heads} key/value heads evenly. Try ${near}.`;
  }
  const own = d_head ?? d_model / num_heads;
  if (num_heads * own > MOST_WIDTH)
    return (
      `${num_heads} heads of width ${own} are ${num_heads * own} numbers side by side. ` +
      `At most ${MOST_WIDTH} fit: try d_head = ${Math.floor(MOST_WIDTH / num_heads)}.`
    );
  return null;
}

function nearest(good: readonly number[], wrong: number): string {
  const fewer = good.filter((number) => number < wrong).slice(-1);
  const more = good.filter((number) => number > wrong).slice(0, 1);
  return [...fewer, ...more].join(" or ");
}

function isWhole(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}
