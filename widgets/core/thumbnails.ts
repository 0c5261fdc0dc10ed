/** Heads as small pictures. */

import { SQUARES, type Packed } from "./packed";

/** Small pictures of all heads, `side` cells each way; a cell holds the largest weight that falls into it. */
export interface Thumbnails {
  readonly side: number;
  readonly count: number;
  /** [head, row, column] */
  readonly weights: Float32Array;
  /** What the codes of each row stand for together, head after head: found on the way, as in `rowSums`. */
  readonly sums: Float64Array;
}

/** The largest weight, not the mean, so that a thin diagonal of a long text stays visible. With `sink`, that key is
 * taken out first, as in `weightsOf`. */
export function thumbnails(packed: Packed, most: number, sink: number | null): Thumbnails {
  const { tokens, causal, codes, layers, num_heads } = packed;
  const seq = tokens.length;
  const side = Math.min(seq, most);
  const count = layers.length * num_heads;
  const weights = new Float32Array(count * side * side);
  const sums = new Float64Array(count * seq);
  const cellOf = Uint16Array.from(tokens, (_, place) => Math.floor((place * side) / seq));
  const largest = new Uint8Array(side); // code in each cell of the row at hand
  let start = 0;
  for (let index = 0; index < count; index++) {
    for (let query = 0; query < seq; query++) {
      const width = causal ? query + 1 : seq;
      let sum = 0;
      largest.fill(0);
      for (let key = 0; key < width; key++) {
        if (key === sink) continue;
        const code = codes[start + key]!;
        sum += SQUARES[code]!;
        const cell = cellOf[key]!;
        if (code > largest[cell]!) largest[cell] = code;
      }
      start += width;
      sums[index * seq + query] = sum;
      if (sum === 0) continue;
      const row = (index * side + cellOf[query]!) * side;
      for (let cell = 0; cell < side; cell++) {
        const weight = SQUARES[largest[cell]!]! / sum;
        if (weight > weights[row + cell]!) weights[row + cell] = weight;
      }
    }
  }
  return { side, count, weights, sums };
}
