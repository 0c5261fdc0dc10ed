import type { Readings } from "../core/index";
import { at, both, down, line, perHead, tokensOf } from "./parts";
import type { Place, RoughStep } from "./steps";

/** The steps that lead into the heads: the vectors, the product with one big matrix, and its cut. */

export function embedding({ tokens, d_model, x }: Readings, _: string, { row, column }: Place): RoughStep {
  return {
    parts: [tokensOf("x", "d_model", tokens, d_model, x, { cell: [row, column], pick: both })],
    says: "One vector a word: what the word is, plus where it stands. Nothing has been split.",
    size: { rows: tokens.length, columns: d_model },
    sum: { name: `x[${tokens[row]}, ${column}]`, total: at(x, row, column, d_model) },
  };
}

export function projection(pass: Readings, name: string, { row, column }: Place): RoughStep {
  const { tokens, d_model, d_head, x, w, projected } = pass;
  return {
    parts: [
      tokensOf("x", "d_model", tokens, d_model, x, { row: [row, 0, d_model], pick: (row) => ({ row }) }),
      "·",
      {
        name: "W",
        above: name,
        shape: `d_model ${d_model} × head·d_head ${d_model}`,
        rows: d_model,
        columns: d_model,
        values: w,
        band: d_head,
        column: [column, 0, d_model],
        pick: (_, column) => ({ column }),
      },
      "=",
      tokensOf(name, "head·d_head", tokens, d_model, projected, {
        band: d_head,
        cell: [row, column],
        pick: both,
      }),
    ],
    says: `One product with one big matrix. Every number of ${name} has seen all ${d_model} numbers of its word.`,
    size: { rows: tokens.length, columns: d_model },
    sum: {
      name: `${name}[${tokens[row]}, ${column}]`,
      left: { name: `x, row ${tokens[row]}`, values: line(x, row, d_model) },
      right: { name: `W, column ${column}`, values: down(w, column, d_model) },
      total: at(projected, row, column, d_model),
    },
  };
}

export function heads(pass: Readings, name: string, { row, column }: Place): RoughStep {
  const { tokens, d_model, d_head, projected } = pass;
  const [head, own] = [Math.floor(column / d_head), column % d_head];
  const tensor = pass[name.toLowerCase() as "q" | "k" | "v"];
  return {
    parts: [
      tokensOf(name, "head·d_head", tokens, d_model, projected, {
        band: d_head,
        cell: [row, column],
        pick: both,
      }),
      "→",
      ...perHead(pass, name.toLowerCase(), "d_head", d_head, tensor, row, column),
    ],
    says:
      `A reshape and a transpose: [seq, head·d_head] becomes [head, seq, d_head]. Only ${name} is split, ` +
      "after the product; no number changes.",
    size: { rows: tokens.length, columns: d_model },
    sum: {
      name: `${name}[${tokens[row]}, ${column}] moves to head ${head}, [${tokens[row]}, ${own}]`,
      total: at(projected, row, column, d_model),
    },
  };
}
