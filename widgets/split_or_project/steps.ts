import type { Readings } from "../core/index";
import { largest, signed, weights, type Theme } from "../draw/index";
import type { Drawing } from "./matrix";
import { at, block, both, down, line, perHead, tokensOf, type Rough } from "./parts";

/** A cell of a step's result; columns are counted over all heads. */
export interface Place {
  row: number;
  column: number;
}

/** One step: its matrices with the signs between them, and the sum behind the chosen cell. */
export interface Step {
  parts: (Drawing | string)[];
  says: string;
  /** Rows and columns of the result, for the arrow keys. */
  size: { rows: number; columns: number };
  sum: Sum;
}

/** What made one number: products of a row and a column, or a number that only moved. */
export interface Sum {
  name: string;
  left?: { name: string; values: ArrayLike<number> };
  right?: { name: string; values: ArrayLike<number> };
  total: number;
  after?: string;
}

export const STEPS = [
  "x",
  "project",
  "split into heads",
  "attend",
  "mix the values",
  "concatenate",
  "W^O, output",
];

type RoughStep = Omit<Step, "parts"> & { parts: (Rough | string)[] };

/** Step `index` of a pass, with the cell at `place` chosen. */
export function makeStep(pass: Readings, matrix: string, index: number, place: Place, theme: Theme): Step {
  const make = [embedding, projection, heads, attention, mixing, concatenation, output][index]!;
  const step = make(pass, matrix.toUpperCase(), place);
  const range = (values: ArrayLike<number>): [number, number] => {
    const most = largest(values) || 1;
    return [-most, most];
  };
  const coloured = (part: Rough): Drawing => {
    const pale = part.weights === true;
    return {
      ...part,
      scale: (pale ? weights : signed)[theme],
      range: pale ? [0, 1] : range(part.of ?? part.values),
    };
  };
  return { ...step, parts: step.parts.map((part) => (typeof part === "string" ? part : coloured(part))) };
}

function embedding({ tokens, d_model, x }: Readings, _: string, { row, column }: Place): RoughStep {
  return {
    parts: [tokensOf("x", "d_model", tokens, d_model, x, { cell: [row, column], pick: both })],
    says: "One vector a word: what the word is, plus where it stands. Nothing has been split.",
    size: { rows: tokens.length, columns: d_model },
    sum: { name: `x[${tokens[row]}, ${column}]`, total: at(x, row, column, d_model) },
  };
}

function projection(pass: Readings, name: string, { row, column }: Place): RoughStep {
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

function heads(pass: Readings, name: string, { row, column }: Place): RoughStep {
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

function attention(pass: Readings, _: string, { row, column }: Place): RoughStep {
  const { tokens, num_heads, d_head, q, k, attn, scores } = pass;
  const seq = tokens.length;
  const [head, key] = [Math.floor(column / seq), column % seq];
  const own = (tensor: Float32Array) => block(tensor, head, seq * d_head);
  const turned = Float32Array.from({ length: d_head * seq }, (_, i) =>
    at(own(k), i % seq, Math.floor(i / seq), d_head),
  );
  const score = scores[(head * seq + row) * seq + key]!;
  const weight = attn[(head * seq + row) * seq + key]!;
  return {
    parts: [
      tokensOf(`q of head ${head}`, "d_head", tokens, d_head, own(q), {
        of: q,
        row: [row, 0, d_head],
        pick: (row) => ({ row }),
      }),
      "·",
      {
        name: "k",
        above: "T",
        shape: `d_head ${d_head} × key ${seq}`,
        rows: d_head,
        columns: seq,
        values: turned,
        of: k,
        column: [key, 0, d_head],
        pick: (_, key) => ({ column: head * seq + key }),
      },
      "→ softmax →",
      ...perHead(pass, "attn", "key", seq, attn, row, column, scores),
    ],
    says: `Each head compares words by its own ${d_head} numbers, and spends one unit of attention a row.`,
    size: { rows: seq, columns: num_heads * seq },
    sum: {
      name: `score of ${tokens[key]} for ${tokens[row]}, head ${head}`,
      left: { name: `q of ${tokens[row]}`, values: line(own(q), row, d_head) },
      right: { name: `k of ${tokens[key]}`, values: line(own(k), key, d_head) },
      total: line(own(q), row, d_head).reduce((sum, value, i) => sum + value * at(own(k), key, i, d_head), 0),
      after:
        score === -Infinity
          ? `; masked: weight 0`
          : ` ÷ √${d_head} = ${score.toFixed(2).replace("-", "−")}; softmax over the row: weight ${weight.toFixed(2)}`,
    },
  };
}

function mixing(pass: Readings, _: string, { row, column }: Place): RoughStep {
  const { tokens, d_model, d_head, attn, v, z } = pass;
  const seq = tokens.length;
  const [head, own] = [Math.floor(column / d_head), column % d_head];
  const values = block(v, head, seq * d_head);
  const looks = block(attn, head, seq * seq);
  return {
    parts: [
      tokensOf(`attn of head ${head}`, "key", tokens, seq, looks, {
        weights: true,
        row: [row, 0, seq],
        pick: (row) => ({ row }),
      }),
      "·",
      tokensOf(`v of head ${head}`, "d_head", tokens, d_head, values, {
        of: v,
        column: [own, 0, seq],
        pick: (_, own) => ({ column: head * d_head + own }),
      }),
      "=",
      ...perHead(pass, "z", "d_head", d_head, z, row, column),
    ],
    says: "Each head mixes its own values, with its own weights.",
    size: { rows: seq, columns: d_model },
    sum: {
      name: `z of head ${head}, [${tokens[row]}, ${own}]`,
      left: { name: `attn, row ${tokens[row]}`, values: line(looks, row, seq) },
      right: { name: `v, column ${own}`, values: down(values, own, d_head) },
      total: z[(head * seq + row) * d_head + own]!,
    },
  };
}

function concatenation(pass: Readings, _: string, { row, column }: Place): RoughStep {
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

function output(pass: Readings, _: string, { row, column }: Place): RoughStep {
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
