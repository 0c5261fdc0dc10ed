import type { Readings } from "../core/index";
import type { Drawing } from "./matrix";

/** A drawing whose colours are still to be chosen: those of weights, or of signed numbers on the scale of `of`. */
export type Rough = Omit<Drawing, "scale" | "range"> & { weights?: true; of?: ArrayLike<number> };
export const both = (row: number, column: number) => ({ row, column });

/** A matrix with a row a word. */
export function tokensOf(
  name: string,
  axis: string,
  tokens: string[],
  columns: number,
  values: ArrayLike<number>,
  more: Partial<Rough>,
): Rough {
  return { name, shape: `seq ${tokens.length} × ${axis} ${columns}`, rows: tokens, columns, values, ...more };
}

/** A tensor [head, seq, width] as a matrix a head; the chosen cell is outlined in its head. Weights
 * come with their scores: what is masked is not there. */
export function perHead(
  { tokens, num_heads }: Readings,
  name: string,
  axis: string,
  width: number,
  tensor: Float32Array,
  row: number,
  column: number,
  scores?: Float32Array,
): Rough[] {
  const seq = tokens.length;
  return Array.from({ length: num_heads }, (_, head): Rough => {
    const from = head * width;
    const chosen = column >= from && column < from + width;
    return {
      name: `${name}[${head}]`,
      shape: head === 0 ? `head ${num_heads} × seq ${seq} × ${axis} ${width}` : "",
      rows: head === 0 ? tokens : seq,
      columns: width,
      values: block(tensor, head, seq * width),
      of: tensor,
      ...(scores ? { weights: true as const } : {}),
      ...(scores
        ? { absent: (query: number, key: number) => scores[(head * seq + query) * seq + key] === -Infinity }
        : {}),
      ...(chosen ? { cell: [row, column - from] as [number, number] } : {}),
      pick: (row, own) => ({ row, column: from + own }),
    };
  });
}

export function block(tensor: Float32Array, index: number, size: number): Float32Array {
  return tensor.subarray(index * size, (index + 1) * size);
}

export function line(matrix: Float32Array, row: number, columns: number): Float32Array {
  return matrix.subarray(row * columns, (row + 1) * columns);
}

export function down(matrix: Float32Array, column: number, columns: number): Float32Array {
  return Float32Array.from({ length: matrix.length / columns }, (_, row) => at(matrix, row, column, columns));
}

export function at(matrix: Float32Array, row: number, column: number, columns: number): number {
  return matrix[row * columns + column]!;
}
