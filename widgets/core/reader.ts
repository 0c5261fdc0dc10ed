/** The weights that a one-layer model, the reader, starts from. Twin of mha_lessons/experiments/reader.py.
 *
 *     x      = tokens[symbol] + positions[place]         (or one of the two: see `Task.looks_by`)
 *     out    = multi-head attention of x, without a residual connection
 *     out    = out + gelu(norm(out) w_in + b_in) w_out + b_out      only with an MLP
 *     logits = out w_read + b_read                       one group of classes for each answer */

import { PURPOSE, seeded, type Purpose } from "./philox";
import type { Task } from "./task";
import { randomWeights } from "./weights";

const MLP_WIDTH = 4; // the hidden layer of the MLP is this many times as wide as a token vector

/** All parameters by name, each flat, in the order in which Python lists them. */
export type ReaderWeights = Record<string, Float32Array>;

/** Rows and columns of every parameter; a vector has no rows. */
export function readerShapes(task: Task, concat: number, mlp: boolean): Record<string, number[]> {
  const { d_model, symbols, length, answers, classes } = task;
  const width = MLP_WIDTH * d_model;
  return {
    tokens: [symbols, d_model],
    positions: [length, d_model],
    w_qkv: [d_model, 3 * concat],
    b_qkv: [3 * concat],
    w_o: [concat, d_model],
    b_o: [d_model],
    ...(mlp && {
      norm_w: [d_model],
      norm_b: [d_model],
      w_in: [d_model, width],
      b_in: [width],
      w_out: [width, d_model],
      b_out: [d_model],
    }),
    w_read: [d_model, answers * classes],
    b_read: [answers * classes],
  };
}

/** How many numbers are learned; the same for every num_heads that divides `concat`. */
export function countParameters(task: Task, concat: number, mlp: boolean): number {
  return Object.values(readerShapes(task, concat, mlp)).reduce((sum, sides) => sum + size(sides), 0);
}

/** Vectors of symbols and places have variance 1, matrices 1 / d_model (w_out: 1 over its own rows), biases 0. */
export function initialWeights(task: Task, concat: number, seed: number, mlp: boolean): ReaderWeights {
  const { d_model } = task;
  const shapes = readerShapes(task, concat, mlp);
  const layer = randomWeights(d_model, concat, seed);
  const drawn = (name: string, purpose: Purpose, variance: number) => {
    const [rows, columns] = shapes[name] as [number, number];
    const names = Array.from({ length: rows }, (_, low) => ({ low, high: 0 }));
    return seeded(seed, purpose, names, columns, variance);
  };
  const weights: ReaderWeights = {};
  for (const [name, sides] of Object.entries(shapes)) weights[name] = new Float32Array(size(sides));
  Object.assign(weights, {
    tokens: drawn("tokens", PURPOSE.tokens, 1),
    positions: drawn("positions", PURPOSE.positions, 1),
    w_qkv: sideBySide([layer.w_q, layer.w_k, layer.w_v], d_model),
    w_o: layer.w_o,
    w_read: drawn("w_read", PURPOSE.w_read, 1 / d_model),
  });
  if (mlp) {
    weights["norm_w"]!.fill(1);
    weights["w_in"] = drawn("w_in", PURPOSE.w_in, 1 / d_model);
    weights["w_out"] = drawn("w_out", PURPOSE.w_out, 1 / (MLP_WIDTH * d_model));
  }
  return weights;
}

function sideBySide(matrices: Float32Array[], rows: number): Float32Array {
  const joined = new Float32Array(matrices.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (let row = 0; row < rows; row++) {
    for (const matrix of matrices) {
      const columns = matrix.length / rows;
      joined.set(matrix.subarray(row * columns, (row + 1) * columns), start);
      start += columns;
    }
  }
  return joined;
}

function size(sides: number[]): number {
  return sides.reduce((product, side) => product * side, 1);
}
