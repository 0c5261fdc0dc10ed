/** A sentence becomes vectors: one seeded vector per word, plus a code of its place. Twin of mha_lessons/embed.py. */

import { PURPOSE, seeded, type Row } from "./philox";
import { tokenize } from "./tokens";

/** Word vector and position code have this variance each, so that an entry of x has variance 1. */
const WORD_VARIANCE = 0.5;

/** Where a word lives in the seeded table: 64-bit FNV-1a of its UTF-8 bytes. The prime is 2^40 + 0x1b3, so the product
 * modulo 2^64 is taken in halves that a double holds exactly. */
export function wordRow(word: string): Row {
  let low = 0x84222325;
  let high = 0xcbf29ce4;
  for (const byte of new TextEncoder().encode(word)) {
    low = (low ^ byte) >>> 0;
    const product = low * 0x1b3;
    high = (((high * 0x1b3 + Math.floor(product / 2 ** 32)) % 2 ** 32) + ((low << 8) >>> 0)) >>> 0;
    low = product % 2 ** 32;
  }
  return { low, high };
}

/** Rounded to a multiple of 2^-16, so that an error in the last bit of sin or cos cannot be seen. */
export function onGrid(value: number): number {
  return Math.floor(value * 65536 + 0.5) / 65536;
}

/** The sinusoids of Vaswani et al. 2017, section 3.5: [seq, d_model], even columns sin, odd columns cos. */
export function positionCode(seq: number, d_model: number): Float32Array {
  const code = new Float32Array(seq * d_model);
  for (let column = 0; column < d_model; column++) {
    const wavelength = 10000 ** ((column - (column % 2)) / d_model);
    const wave = column % 2 === 0 ? Math.sin : Math.cos;
    for (let position = 0; position < seq; position++) {
      code[position * d_model + column] = onGrid(wave(position / wavelength));
    }
  }
  return code;
}

/** The token vectors x of a sentence, [seq, d_model]. A word gets the same vector wherever it stands, a place the same
 * code whatever stands there. */
export function embed(text: string, d_model: number, seed: number): Float32Array {
  return embedTokens(tokenize(text), d_model, seed);
}

/** `embed` of a sentence that is already cut into tokens. */
export function embedTokens(tokens: readonly string[], d_model: number, seed: number): Float32Array {
  const code = positionCode(tokens.length, d_model);
  const words = seeded(seed, PURPOSE.word, tokens.map(wordRow), d_model, WORD_VARIANCE);
  return words.map((number, i) => number + code[i]!);
}
