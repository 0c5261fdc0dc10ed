/** What a layer costs: parameters, floating-point operations, bytes of cache. Twin of mha_lessons/cost.py. */

/** The sizes of a layer: MHA if num_kv_heads is num_heads, GQA if fewer, MQA if 1. They fit each other. */
export interface Heads {
  readonly d_model: number;
  readonly num_heads: number;
  readonly num_kv_heads: number;
  readonly d_head: number;
}

/** What a cache is for; each of them multiplies it. */
export interface CacheSizes {
  readonly seq?: number;
  readonly batch?: number;
  readonly layers?: number;
  /** bytes of a number; half a byte is fine */
  readonly itemsize?: number;
}

/** How many numbers the four projections hold. At d_head = d_model / num_heads it is the same for every h. */
export function parameters(heads: Heads, bias = true): number {
  const { d_model } = heads;
  const { q, kv } = widths(heads);
  return d_model * (q + 2 * kv) + q * d_model + (bias ? q + 2 * kv + d_model : 0);
}

/** Floating-point operations of the matrix products, a multiplication and an addition counted as two. */
export function flops(heads: Heads, seq: number, num_keys: number | null = null, batch = 1): number {
  const keys = num_keys ?? seq;
  const { q, kv } = widths(heads);
  const projections = seq * heads.d_model * q * 2 + keys * heads.d_model * kv * 2;
  return 2 * batch * (projections + 2 * seq * keys * q);
}

/** Bytes of the keys and values of `seq` tokens: 2 · kv_heads · d_head numbers a token and layer. */
export function kvCacheBytes({ num_kv_heads, d_head }: Heads, sizes: CacheSizes = {}): number {
  return 2 * num_kv_heads * d_head * times(sizes);
}

/** Bytes of the cache of multi-head latent attention: one latent vector and one rotary key, for all heads. */
export function mlaCacheBytes(d_latent: number, d_rotary: number, sizes: CacheSizes = {}): number {
  return (d_latent + d_rotary) * times(sizes);
}

/** All whole numbers that divide this one, in order. */
export function divisors(number: number): number[] {
  const small: number[] = [];
  for (let i = 1; i * i <= number; i++) if (number % i === 0) small.push(i);
  const large = small.map((i) => number / i).reverse();
  return [...small, ...(large[0] === small.at(-1) ? large.slice(1) : large)];
}

/** The head counts that divide d_model and can share that many key/value heads. */
export function headCounts(d_model: number, num_kv_heads = 1): number[] {
  return divisors(d_model).filter((count) => count % num_kv_heads === 0);
}

function widths({ num_heads, num_kv_heads, d_head }: Heads): { q: number; kv: number } {
  return { q: num_heads * d_head, kv: num_kv_heads * d_head };
}

function times({ seq = 1, batch = 1, layers = 1, itemsize = 2 }: CacheSizes): number {
  return seq * batch * layers * itemsize;
}
