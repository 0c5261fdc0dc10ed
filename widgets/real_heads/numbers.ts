import { MEASURES } from "../core/head_measures";
import type { NumberTable } from "../draw/index";
import type { Analysis } from "./analysis";
import { MEASURE_LABELS, nameOf } from "./catalogue";
import type { Selection } from "./selection";

const MOST_WORDS = 32; // a larger table is slow to make and hard to read: then only the chosen token's row is shown
const MOST_HEADS = 400;

/** The numbers of the picture as tables: the head shown, and the measures of all heads. */
export function tables(analysis: Analysis, selection: Selection): NumberTable[] {
  const { drawn, sink } = analysis;
  const { tokens, num_heads, layers } = drawn;
  const { layer, head, index, token, hide_sink } = selection;
  const seq = tokens.length;
  const attn = analysis.attn(index, hide_sink);
  const hidden = hide_sink ? `, “${tokens[sink]}” hidden and each row divided by what is left` : "";
  const words = seq <= MOST_WORDS ? [...tokens.keys()] : [token];
  const columns =
    seq <= MOST_WORDS ? [...tokens.keys()] : strongest(attn.subarray(token * seq, (token + 1) * seq));
  const { measures } = analysis.seen(hide_sink);
  return [
    {
      caption: `attn of head ${nameOf(layer, head)}, rows look, columns are looked at${hidden}`,
      columns: ["token", ...columns.map((key) => tokens[key]!)],
      rows: words.map((word) => ({
        name: tokens[word]!,
        values: columns.map((key) => attn[word * seq + key]!),
      })),
    },
    {
      caption: `Every head${hidden}; means over the tokens that have such a number`,
      columns: ["head", ...MEASURES.map((name) => MEASURE_LABELS[name])],
      rows: layers
        .flatMap((own, row) =>
          Array.from({ length: num_heads }, (_, i) => ({
            name: nameOf(own, i),
            values: MEASURES.map((name) => measures[name][row * num_heads + i]!),
          })),
        )
        .slice(0, MOST_HEADS),
    },
    {
      caption: "What it costs to keep a weight in one byte",
      precision: "computed when the weights were packed",
      columns: ["what", "largest", "mean"],
      rows: [
        { name: "error of a weight", values: [drawn.loss.max_abs, drawn.loss.mean_abs].map(small) },
        { name: "total variation of a row", values: [drawn.loss.max_tv, drawn.loss.mean_tv].map(small) },
      ],
    },
  ];
}

const small = (error: number) => error.toFixed(5);

/** The keys that a long row gives most to, in the order of the text. */
function strongest(row: Float32Array): number[] {
  const keys = [...row.keys()].sort((one, other) => row[other]! - row[one]!);
  return keys.slice(0, MOST_WORDS).sort((one, other) => one - other);
}
