/** Heads as small pictures. */

import { SQUARES, type Packed } from "./packed";

/** Small pictures of all heads, `side` cells each way; a cell holds the largest weight that falls into it. */
export interface Thumbnails {
  readonly side: number;
  readonly count: number;
  /** [head, row, column] */
  readonly weights: Float32Array;
}

/** The largest weight, not the mean, so that a thin diagonal of a long text stays visible. With `sink`, that key is
 * taken out first, as in `weightsOf`. */
export function thumbnails(packed: Packed, most: number, sink: number | null): Thumbnails {
  const { tokens, causal, codes, layers, num_heads } = packed;
  const seq = tokens.length;
  const side = Math.min(seq, most);
  const count = layers.length * num_heads;
  const weights = new Float32Array(count * side * side);
  const edges = Array.from({ length: side + 1 }, (_, cell) => Math.ceil((cell * seq) / side));
  const largest = new Uint8Array(side); // code in each cell of the row at hand
  let start = 0;
  for (let index = 0; index < count; index++) {
    for (let query = 0; query < seq; query++) {
      const width = causal ? query + 1 : seq;
      let sum = 0;
      for (let cell = 0; cell < side; cell++) {
        const end = Math.min(edges[cell + 1]!, width);
        let best = 0;
        for (let key = edges[cell]!; key < end; key++) {
          const code = key === sink ? 0 : codes[start + key]!;
          sum += SQUARES[code]!;
          if (code > best) best = code;
        }
        largest[cell] = best;
      }
      const row = (index * side + Math.floor((query * side) / seq)) * side;
      for (let cell = 0; cell < side && sum > 0; cell++) {
        const weight = SQUARES[largest[cell]!]! / sum;
        if (weight > weights[row + cell]!) weights[row + cell] = weight;
      }
      start += width;
    }
  }
  return { side, count, weights };
}
