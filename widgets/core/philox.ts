/** Seeded numbers without a state: Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011).
 *
 * A counter and a key go in, four 32-bit words come out. Any entry of any matrix can be drawn alone and in any order,
 * so a larger matrix extends a smaller one. Twin of mha_lessons/philox.py: both give the same bits. */

const ROUNDS = 10;
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // the golden ratio, as a fraction of 2^32
const WEYL_1 = 0xbb67ae85; // sqrt(3) - 1

/** One stream for each use of a seed, so that no two matrices share numbers. */
export const PURPOSE = {
  word: 1,
  identity: 2,
  w_q: 3,
  w_k: 4,
  w_v: 5,
  w_o: 6,
  tokens: 7,
  positions: 8,
  w_in: 9,
  w_out: 10,
  w_read: 11,
  sequence: 12,
} as const;
export type Purpose = (typeof PURPOSE)[keyof typeof PURPOSE];

/** The upper 32 bits of a 32 x 32 bit product; a double holds only 53 bits of it, so it is taken in halves. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + Math.floor((a0 * b0) / 65536);
  const carry = Math.floor(((middle & 0xffff) + a0 * b1) / 65536);
  return (a1 * b1 + Math.floor(middle / 65536) + carry) >>> 0;
}

/** Ten rounds over `block` (four words), in place. */
export function philox(block: Uint32Array, key0: number, key1: number): void {
  let c0 = block[0]!;
  let c1 = block[1]!;
  let c2 = block[2]!;
  let c3 = block[3]!;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = (high1 ^ c1 ^ key0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ key1) >>> 0;
    c3 = low0 >>> 0;
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  block[0] = c0;
  block[1] = c1;
  block[2] = c2;
  block[3] = c3;
}

/** A row of a seeded matrix is named by a 64-bit number, in two halves. */
export interface Row {
  readonly low: number;
  readonly high: number;
}

/** Uniform numbers in (-1, 1), [rows.length, columns]: odd multiples of 2^-24, so that float32 holds them exactly,
 * none is zero and their mean is zero. Their variance is 1/3. */
export function uniform(seed: number, purpose: Purpose, rows: readonly Row[], columns: number): Float32Array {
  const numbers = new Float32Array(rows.length * columns);
  const block = new Uint32Array(4);
  rows.forEach(({ low, high }, row) => {
    for (let column = 0; column < columns; column += 4) {
      block[0] = low;
      block[1] = high;
      block[2] = column / 4;
      block[3] = 0;
      philox(block, seed, purpose);
      const count = Math.min(4, columns - column);
      for (let i = 0; i < count; i++) {
        numbers[row * columns + column + i] = (2 * (block[i]! >>> 8) + 1 - 2 ** 24) / 2 ** 24;
      }
    }
  });
  return numbers;
}

/** `uniform` times a float32 factor that gives the entries this variance; the same bits as in Python, because each
 * product of two float32 numbers is rounded once. */
export function seeded(
  seed: number,
  purpose: Purpose,
  rows: readonly Row[],
  columns: number,
  variance: number,
): Float32Array {
  const factor = Math.fround(Math.sqrt(3 * variance));
  return uniform(seed, purpose, rows, columns).map((number) => number * factor);
}
