import type { Readings } from "../core/index";
import { largest, signed, weights, type Theme } from "../draw/index";
import type { Drawing } from "./matrix";
import { attention, mixing } from "./in_heads";
import { embedding, heads, projection } from "./into_heads";
import { concatenation, output } from "./out_of_heads";
import type { Rough } from "./parts";

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

/** A step before its matrices have their colours. */
export type RoughStep = Omit<Step, "parts"> & { parts: (Rough | string)[] };

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
