/** What the page and the worker tell each other. Arrays are copied or handed over, never shared. */

import type { ReaderWeights } from "../../core/index";

/** One run, in values that a message can carry. */
export interface RunSettings {
  readonly task: string;
  readonly k: number;
  readonly num_heads: number;
  readonly mlp: boolean;
  readonly seed: number;
  readonly learning_rate: number;
  readonly batch: number;
}

/** First the settings; then how far to go: `until` steps in all, fewer than made means stop. */
export type Order = { begin: RunSettings } | { until: number };

/** What a run looks like after some steps. */
export interface Progress {
  readonly steps: number;
  /** of every step since the last message */
  readonly losses: Float32Array;
  /** of every step since the last message: share of right look-ups on its batch, before it was learned from */
  readonly accuracies: Float32Array;
  readonly weights: ReaderWeights;
  readonly cpu_ms: number;
}

/** The worker goes on, rests (told to, or done), has met a loss that is no number, or cannot work at all. */
export type News =
  | { kind: "compiling" }
  | ({ kind: "going" } & Progress)
  | ({ kind: "resting"; accuracy: number; all_right: number } & Progress)
  | ({ kind: "diverged"; accuracy: number; all_right: number } & Progress)
  | { kind: "failed"; error: string };
