import type { Attempt } from "../core/head_puzzle";
import { puzzleOf, type Setting } from "../core/puzzles";
import type { NumberTable } from "../draw/index";

/** The numbers of the picture as tables, under the names that the copied code prints. */
export function tables(attempt: Attempt, { w_q, w_k }: Setting): NumberTable[] {
  const { tokens, features, width, slots } = puzzleOf(attempt.puzzle)!;
  const { num_heads } = attempt;
  const seq = tokens.length;
  const names = Object.keys(features);
  const dimensions = Array.from({ length: width }, (_, i) => String(i));
  const table = (
    caption: string,
    of: ArrayLike<number>,
    first: string,
    rows: readonly string[],
    columns: readonly string[],
    start = 0,
  ): NumberTable => ({
    caption,
    columns: [first, ...columns],
    rows: rows.map((name, row) => ({
      name,
      values: columns.map((_, column) => of[start + row * columns.length + column] ?? 0),
    })),
  });
  const heads = Array.from({ length: num_heads }, (_, head) => head);
  const square = (name: string, of: Float32Array, at: number) =>
    table(name, of, "word", tokens, tokens, at * seq * seq);
  const x = tokens.flatMap((_, word) => names.map((name) => features[name]![word]!));
  return [
    table("x: what each word is", x, "word", tokens, names),
    table("w_q: what each feature asks", w_q, "feature", names, dimensions),
    table("w_k: what each feature offers", w_k, "feature", names, dimensions),
    table("q: what each word asks", attempt.q, "word", tokens, dimensions),
    table("k: what each word offers", attempt.k, "word", tokens, dimensions),
    ...heads.map((head) => square(`scores of head ${head}`, attempt.scores, head)),
    ...heads.map((head) => square(`attn of head ${head}`, attempt.attn, head)),
    ...slots.map(({ title }, slot) => square(`report ${slot}: ${title}`, attempt.report, slot)),
    table("distance: the share that is astray", attempt.distance, "report", slots.map(({ title }) => title), tokens), // prettier-ignore
  ];
}
