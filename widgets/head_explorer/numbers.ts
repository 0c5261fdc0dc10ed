import type { NumberTable } from "../draw/index";
import type { Drawn } from "./answer";
import type { Selection } from "./one_head";

const MOST_WORDS = 32; // a larger table is slow to make and hard to read: then only the chosen word's row is shown

/** The numbers of the picture as tables; what handed-in attentions lack is left out. */
export function tables(drawn: Drawn, { head, query }: Selection): NumberTable[] {
  const { tokens, d_head, d_model, num_heads } = drawn;
  const seq = tokens.length;
  const words = seq <= MOST_WORDS ? tokens.map((_, i) => i) : [query];
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => String(i));
  const matrix = (caption: string, values: ArrayLike<number>, columns: string[]): NumberTable => ({
    caption,
    columns: ["word", ...columns],
    rows: words.map((word) => ({
      name: tokens[word]!,
      values: columns.map((_, i) => values[word * columns.length + i]!),
    })),
  });
  const own = (tensor: Float32Array, width: number) =>
    tensor.subarray(head * seq * width, (head + 1) * seq * width);
  const result = [
    matrix(`attn of head ${head}, rows look, columns are looked at`, own(drawn.attn, seq), tokens),
    matrix(`scores of head ${head}, before the softmax`, own(drawn.scores, seq), tokens),
  ];
  for (const name of ["q", "k", "v"] as const) {
    const tensor = drawn[name];
    if (tensor) result.push(matrix(`${name} of head ${head}`, own(tensor, d_head), numbered(d_head)));
  }
  if (drawn.z) {
    const concat = concatenate(drawn.z, seq, num_heads, d_head);
    result.push(matrix("z of all heads, concatenated", concat, numbered(num_heads * d_head)));
  }
  if (drawn.output) result.push(matrix("output", drawn.output, numbered(d_model)));
  return result;
}

/** z [head, query, d_head] side by side: [query, head * d_head]. */
export function concatenate(z: Float32Array, seq: number, num_heads: number, d_head: number): Float32Array {
  const width = num_heads * d_head;
  const concat = new Float32Array(seq * width);
  for (let head = 0; head < num_heads; head++) {
    for (let row = 0; row < seq; row++) {
      const from = (head * seq + row) * d_head;
      concat.set(z.subarray(from, from + d_head), row * width + head * d_head);
    }
  }
  return concat;
}
