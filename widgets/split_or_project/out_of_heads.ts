import type { Readings } from "../core/index";
import { at, both, down, line, perHead, tokensOf } from "./parts";
import type { Place, RoughStep } from "./steps";

/** The steps that lead out of the heads: side by side, and mixed by W^O. */

export function concatenation(pass: Readings, _: string, { row, column }: Place): RoughStep {
  const { tokens, d_model, d_head, z, concat } = pass;
  const [head, own] = [Math.floor(column / d_head), column % d_head];
  return {
    parts: [
      ...perHead(pass, "z", "d_head", d_head, z, row, column),
      "→",
      tokensOf("concat", "head·d_head", tokens, d_model, concat, {
        band: d_head,
        cell: [row, column],
        pick: both,
      }),
    ],
    says: "The heads side by side, a row a word again: the split undone. No number changes.",
    size: { rows: tokens.length, columns: d_model },
    sum: {
      name: `z of head ${head}, [${tokens[row]}, ${own}], moves to concat[${tokens[row]}, ${column}]`,
      total: at(concat, row, column, d_model),
    },
  };
}

export function output(pass: Readings, _: string, { row, column }: Place): RoughStep {
  const { tokens, d_model, d_head, concat, w_o, output } = pass;
  return {
    parts: [
      tokensOf("concat", "head·d_head", tokens, d_model, concat, {
        band: d_head,
        row: [row, 0, d_model],
        pick: (row) => ({ row }),
      }),
      "·",
      {
        name: "W",
        above: "O",
        shape: `head·d_head ${d_model} × d_model ${d_model}`,
        rows: d_model,
        columns: d_model,
        values: w_o,
        rowBand: d_head,
        column: [column, 0, d_model],
        pick: (_, column) => ({ column }),
      },
      "=",
      tokensOf("output", "d_model", tokens, d_model, output, { cell: [row, column], pick: both }),
    ],
    says: "W^O mixes the heads: every number of the output has seen all of them.",
    size: { rows: tokens.length, columns: d_model },
    sum: {
      name: `output[${tokens[row]}, ${column}]`,
      left: { name: `concat, row ${tokens[row]}`, values: line(concat, row, d_model) },
      right: { name: `W^O, column ${column}`, values: down(w_o, column, d_model) },
      total: at(output, row, column, d_model),
    },
  };
}
