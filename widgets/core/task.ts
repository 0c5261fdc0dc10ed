/** What a task is made of: sequences of symbols, and what is asked about them. Twin of mha_lessons/experiments/task.py.
 *
 * Sequence number n of a seed is a pure function of (seed, n): batch s of size B is sequences sB to sB + B - 1. */

import { philox, PURPOSE } from "./philox";

/** The first sequence kept for tests; no training gets here. */
export const FRESH = 1_000_000_000;
/** Sequences of the final accuracy. */
export const TESTS = 200;

/** The target of a position that has nothing to report. */
export const NOT_ASKED = -1;

/** A family of sequences, and the sizes a model for them needs. */
export interface Task {
  readonly name: string;
  /** symbols in a sequence */
  readonly length: number;
  /** how many different ones there are */
  readonly symbols: number;
  /** how many things each asked position has to report */
  readonly answers: number;
  /** values that one answer can take */
  readonly classes: number;
  /** position: queries and keys see where a token stands, values see which it is; content: all see both */
  readonly looks_by: "position" | "content";
  readonly d_model: number;
  /** Sequence `n` of this seed written into `tokens` [length] and `targets` [length, answers]. */
  write(seed: number, n: number, tokens: Int32Array, targets: Int32Array): void;
}

/** Some sequences with their right answers. */
export interface Sequences {
  /** [sequence, position], symbols as numbers from 0 */
  readonly tokens: Int32Array;
  /** [sequence, position, answer], classes as numbers from 0; -1 where nothing is asked */
  readonly targets: Int32Array;
}

/** Sequences `first` to `first + count - 1` of this seed. */
export function sequences(task: Task, seed: number, first: number, count: number): Sequences {
  const { length, answers } = task;
  const tokens = new Int32Array(count * length);
  const targets = new Int32Array(count * length * answers);
  for (let i = 0; i < count; i++) {
    task.write(
      seed,
      first + i,
      tokens.subarray(i * length, (i + 1) * length),
      targets.subarray(i * length * answers, (i + 1) * length * answers),
    );
  }
  return { tokens, targets };
}

/** The first random 32-bit words of sequence `n`. */
export function draw(seed: number, n: number, columns: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(columns / 4) * 4);
  for (let column = 0; column < columns; column += 4) {
    const block = words.subarray(column, column + 4);
    block[0] = n >>> 0;
    block[1] = Math.floor(n / 2 ** 32);
    block[2] = column / 4;
    philox(block, seed, PURPOSE.sequence);
  }
  return words.subarray(0, columns);
}

/** A whole number from 0 to limit - 1; a double holds word · limit exactly for limits up to 2^21. */
export function below(word: number, limit: number): number {
  return Math.floor((word * limit) / 2 ** 32);
}

/** Different places in a sequence, one for each word: the start of a shuffle (Fisher and Yates, 1938). */
export function places(words: ArrayLike<number>, length: number): number[] {
  const order = Array.from({ length }, (_, i) => i);
  for (let i = 0; i < words.length; i++) {
    const j = i + below(words[i]!, length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, words.length);
}
