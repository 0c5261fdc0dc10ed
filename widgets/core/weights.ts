/** Seeded projections. Twin of mha_lessons/weights.py.
 *
 * An entry depends on (seed, matrix, row, column) and on d_model only. So at fixed d_model a change of num_heads regroups
 * the columns of the same matrices, and a wider layer extends them. */

import { PURPOSE, seeded } from "./philox";

/** They act as x @ w_q: w_q, w_k, w_v are [d_model, width], w_o is [width, d_model], width = num_heads * d_head. */
export interface Weights {
  readonly w_q: Float32Array;
  readonly w_k: Float32Array;
  readonly w_v: Float32Array;
  readonly w_o: Float32Array;
}

/** All four have variance 1 / d_model, w_o too: then a further head adds its contribution and leaves the others'. */
export function randomWeights(d_model: number, width: number, seed: number): Weights {
  const matrix = (purpose: 3 | 4 | 5 | 6, rows: number, columns: number) =>
    seeded(
      seed,
      purpose,
      Array.from({ length: rows }, (_, low) => ({ low, high: 0 })),
      columns,
      1 / d_model,
    );
  return {
    w_q: matrix(PURPOSE.w_q, d_model, width),
    w_k: matrix(PURPOSE.w_k, d_model, width),
    w_v: matrix(PURPOSE.w_v, d_model, width),
    w_o: matrix(PURPOSE.w_o, width, d_model),
  };
}
