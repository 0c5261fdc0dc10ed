import type { NumberTable } from "../draw/index";
import type { Place } from "./grid";
import type { Drawn } from "./index";

const MOST_WORDS = 32; // a larger table is slow to make and hard to read: then only the chosen word's row is shown

/** The numbers of the picture as tables. */
export function tables(drawn: Drawn, { query }: Place): NumberTable[] {
  const { tokens, head, d_head } = drawn;
  const seq = tokens.length;
  const words = seq <= MOST_WORDS ? tokens.map((_, i) => i) : [query];
  const rows = (matrix: ArrayLike<number>, width: number) =>
    words.map((word) => ({
      name: tokens[word]!,
      values: Array.from({ length: width }, (_, i) => matrix[word * width + i]!),
    }));
  const square = (caption: string, matrix: ArrayLike<number>): NumberTable => ({
    caption,
    columns: ["word", ...tokens],
    rows: rows(matrix, seq),
  });
  const wide = (caption: string, matrix: ArrayLike<number>): NumberTable => ({
    caption,
    columns: ["word", ...Array.from({ length: d_head }, (_, i) => String(i))],
    rows: rows(matrix, d_head),
  });
  return [
    {
      ...square("mask, 1 = may look", drawn.mask),
      rows: rows(drawn.mask, seq).map(({ name, values }) => ({
        name,
        values: values.map((v) => (v ? "1" : "0")),
      })),
    },
    square(`scores of head ${head}, before the mask`, drawn.scores),
    square(`before: attn of head ${head} without a mask`, drawn.before),
    square(`after: attn of head ${head} with the mask`, drawn.after),
    square("plain: the softmax as the formula has it", drawn.plain),
    square("wrong: attn if True is taken for may not look", drawn.wrong),
    wide(`z: what head ${head} finds with the mask`, drawn.z),
  ];
}
