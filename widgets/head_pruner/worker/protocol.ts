/** What the page and the worker tell each other. */

import type { ReaderWeights } from "../../core/index";

/** The model, which heads are off, and how many steps to make. */
export interface Begin {
  readonly task: string;
  /** of juggling: how many look-ups each position makes */
  readonly k: number;
  readonly num_heads: number;
  readonly seed: number;
  readonly weights: ReaderWeights;
  readonly off: readonly number[];
  readonly steps: number;
}

export type News =
  | { kind: "going"; steps: number }
  /** attn is that of the sequence in the pictures, [head, query, key]. */
  | { kind: "done"; steps: number; accuracy: number; all_right: number; attn: Float32Array }
  | { kind: "failed"; error: string };
