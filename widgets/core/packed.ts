/** Attention weights in one byte each. Twin of mha_lessons/packed.py: a code is 255 √w, rounded; squares are divided by
 * the sum of their row. Causal heads come as lower triangles. */

export interface Packed {
  readonly tokens: readonly string[];
  /** Places of the tokens that the tokenizer added, such as [CLS]. */
  readonly special: readonly number[];
  /** For each token the index of its word, null for special ones; each token is a word of its own if it is not given. */
  readonly words: readonly (number | null)[] | null;
  readonly layers: readonly number[];
  readonly num_heads: number;
  readonly causal: boolean;
  /** Layer after layer, head after head, row after row. */
  readonly codes: Uint8Array;
  /** How far the weights are from those that were packed. */
  readonly loss: Readonly<Record<"max_abs" | "mean_abs" | "max_tv" | "mean_tv", number>>;
}

/** Whole numbers, which a browser that has not compiled the code yet adds many times faster than others. */
export const SQUARES = Int32Array.from({ length: 256 }, (_, code) => code * code);

/** Codes of one head. */
export function headSize({ tokens, causal }: Pick<Packed, "tokens" | "causal">): number {
  const seq = tokens.length;
  return causal ? (seq * (seq + 1)) / 2 : seq * seq;
}

/** What is wrong with data that came from elsewhere, or null. */
export function checkPacked(found: Partial<Packed>): string | null {
  const { tokens, layers, num_heads, codes } = found;
  if (!Array.isArray(tokens) || !Array.isArray(layers) || !codes || !num_heads) return "it is not whole";
  const wanted = headSize({ tokens, causal: !!found.causal }) * layers.length * num_heads;
  if (codes.length === wanted && wanted > 0) return null;
  return `${layers.length} layers of ${num_heads} heads on ${tokens.length} tokens need ${wanted} codes, got ${codes.length}`;
}

/** The codes from the text in which a page carries them, deflated and in base64. Twin of `as_text`; what it throws says
 * what is wrong. */
export async function fromText(text: string): Promise<Uint8Array> {
  let deflated: BlobPart;
  try {
    deflated = fromBase64(text) as BlobPart;
  } catch {
    throw new Error("the codes are no base64");
  }
  const whole = new Blob([deflated]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new Uint8Array(await new Response(whole).arrayBuffer());
  } catch {
    throw new Error("the codes are damaged");
  }
}

export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array }).fromBase64; // browsers since 2025
  if (native) return native.call(Uint8Array, text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Sum of the squares of each row of a head, without the key `sink` where one is given; `index` counts over all heads. */
export function rowSums(packed: Packed, index: number, sink: number | null): Float64Array {
  const { tokens, causal, codes } = packed;
  const seq = tokens.length;
  const sums = new Float64Array(seq);
  let at = index * headSize(packed);
  for (let query = 0; query < seq; query++) {
    const width = causal ? query + 1 : seq;
    let sum = 0;
    for (let key = 0; key < width; key++) sum += SQUARES[codes[at + key]!]!;
    sums[query] = sink !== null && sink < width ? sum - SQUARES[codes[at + sink]!]! : sum;
    at += width;
  }
  return sums;
}

/**
 * One head's weights [query, key]; each row sums to 1, or to 0 where nothing is left of it. With `sink`, that key's
 * column is taken out and the rest of each row divided by what remains. `into`, from another head of
 * the same text, is used again.
 */
export function weightsOf(
  packed: Packed,
  index: number,
  sink: number | null,
  into?: Float32Array,
): Float32Array {
  const { tokens, causal, codes } = packed;
  const seq = tokens.length;
  const attn = into?.length === seq * seq ? into : new Float32Array(seq * seq);
  const sums = rowSums(packed, index, sink);
  let at = index * headSize(packed);
  for (let query = 0; query < seq; query++) {
    const width = causal ? query + 1 : seq;
    const share = sums[query]! > 0 ? 1 / sums[query]! : 0;
    const row = query * seq;
    for (let key = 0; key < width; key++) attn[row + key] = SQUARES[codes[at + key]!]! * share;
    if (sink !== null) attn[row + sink] = 0;
    at += width;
  }
  return attn;
}
