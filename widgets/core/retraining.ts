/** The reader trained on with some heads switched off, by Adam. Twin of `retrain` in mha_lessons/experiments/pruning.py,
 * for a reader without an MLP. */

import type { TrainedReader } from "./pruning";
import type { ReaderWeights } from "./reader";
import { lossAndSlopes, type Step } from "./reader_slopes";
import { sequences } from "./task";

const BATCH = 64;
const LEARNING_RATE = 3e-3;
/** Nats beyond which, as with NaN, a training has lost its way. */
const LOST = 1e6;
const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam, as torch has them

/** Trains a copy of a reader with these gates. The sequences are those of seed + 1: none that it was trained on. */
export class Retraining {
  readonly weights: ReaderWeights;
  steps = 0;
  #mean: ReaderWeights;
  #square: ReaderWeights;

  constructor(
    private readonly reader: TrainedReader,
    private readonly gates: ArrayLike<number>,
  ) {
    const each = (make: (values: Float32Array) => Float32Array) =>
      Object.fromEntries(Object.entries(reader.weights).map(([name, values]) => [name, make(values)]));
    this.weights = each((values) => values.slice());
    this.#mean = each((values) => new Float32Array(values.length));
    this.#square = each((values) => new Float32Array(values.length));
  }

  /** Learn from the next batch. Null if the loss is out of bounds; the weights then stay as they are. */
  next(): Step | null {
    const { task, num_heads, seed } = this.reader;
    const batch = sequences(task, seed + 1, this.steps * BATCH, BATCH);
    const { slopes, ...step } = lossAndSlopes(task, this.weights, num_heads, this.gates, batch);
    if (!(step.loss < LOST)) return null;
    this.steps++;
    const rate = LEARNING_RATE / (1 - BETA_1 ** this.steps);
    const root = Math.sqrt(1 - BETA_2 ** this.steps);
    for (const [name, slope] of Object.entries(slopes)) {
      const [values, mean, square] = [this.weights[name]!, this.#mean[name]!, this.#square[name]!];
      for (let i = 0; i < slope.length; i++) {
        const g = slope[i]!;
        mean[i] = BETA_1 * mean[i]! + (1 - BETA_1) * g;
        square[i] = BETA_2 * square[i]! + (1 - BETA_2) * g * g;
        values[i]! -= (rate * mean[i]!) / (Math.sqrt(square[i]!) / root + EPSILON);
      }
    }
    return step;
  }
}
