import type { Readings } from "../core/index";
import { scientific, type NumberTable } from "../draw/index";

const MOST_WORDS = 32; // a larger table is slow to make and hard to read: then only the chosen word's row is shown

/** Every matrix of the pass as tables, and the differences between the readings. */
export function tables(pass: Readings, matrix: string, row: number): NumberTable[] {
  const { tokens, num_heads, d_model, d_head } = pass;
  const seq = tokens.length;
  const words = seq <= MOST_WORDS ? tokens.map((_, i) => i) : [row];
  const count = (columns: number) => Array.from({ length: columns }, (_, i) => String(i));
  const ofWords = (
    caption: string,
    values: Float32Array,
    columns: number,
    names = count(columns),
  ): NumberTable => ({
    caption,
    columns: ["word", ...names],
    rows: words.map((word) => ({
      name: tokens[word]!,
      values: Array.from(values.subarray(word * columns, (word + 1) * columns)),
    })),
  });
  const perHead = (name: string, tensor: Float32Array, width: number, names?: string[]) =>
    Array.from({ length: num_heads }, (_, head) =>
      ofWords(
        `${name} of head ${head}`,
        tensor.subarray(head * seq * width, (head + 1) * seq * width),
        width,
        names,
      ),
    );
  const name = matrix.toUpperCase();
  return [
    ofWords("x", pass.x, d_model),
    ofWords(`${name} = x W, one big matrix`, pass.projected, d_model),
    ofWords(`${name}, a small matrix for each head`, pass.sliced, d_model),
    ofWords(`${name}, if x were cut first`, pass.cut_first, d_model),
    ...perHead("attn", pass.attn, seq, tokens),
    ...perHead("z", pass.z, d_head),
    ofWords("concat", pass.concat, d_model),
    ofWords("output", pass.output, d_model),
    {
      caption: "Largest differences between the readings",
      columns: ["compared", "difference"],
      rows: [
        { name: "a small W for each head, against one big W", values: [scientific(pass.sliced_gap)] },
        { name: "x cut first, against one big W", values: [scientific(pass.cut_gap)] },
        { name: "x cut first, in the output", values: [scientific(pass.output_gap)] },
      ],
    },
  ];
}
