/** The output as the sum of what each head adds, each times its gate, and how far a gate moves it.
 * Twin of mha_lessons/gates.py. */

import { concatenate, traceAttention } from "./attention";
import { layerOf, remember, type Failure, type Layer } from "./compute";
import { checkSum, unpackGiven, type Given } from "./given";
import { matmul } from "./matrices";
import { check, checkGates, type Params } from "./params";

/** How far vectors moved; each array holds a number for each token. */
export interface Movement {
  /** |output - reference| */
  readonly change: Float32Array;
  /** change / |reference| */
  readonly relative: Float32Array;
  /** degrees between output and reference; NaN where one of them is zero and has no direction */
  readonly angle: Float32Array;
}

export interface HeadSum extends Movement {
  readonly tokens: string[];
  readonly roles: string[] | null;
  readonly num_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  /** [head], one for each */
  readonly gates: Float32Array;
  /** [head, query, d_model], what each head adds at gate 1 */
  readonly contributions: Float32Array;
  /** [d_model], which no gate changes; of a layer that was handed in and has one */
  readonly bias?: Float32Array;
  /** [query, d_model], with these gates */
  readonly output: Float32Array;
  /** [query, d_model], with all gates 1 */
  readonly reference: Float32Array;
  /** largest |output - sum of gate · contribution|; of tensors handed in with all gates 1, as their output is */
  readonly gap: number;
  /** largest |output - reference - sum of (gate - 1) · contribution|: what a gate takes away is exactly its head's part */
  readonly change_gap: number;
  /** Where the numbers come from, if nobody computed them here. */
  readonly made?: string;
}

/** Everything of the layer that no gate changes. */
const ungated = remember((params: Params) => {
  const layer = layerOf(params);
  const { x, weights, shape, mask } = layer;
  const trace = traceAttention(x, weights, shape, { mask, temperature: params.temperature });
  return { layer, z: trace.z, contributions: trace.contributions, reference: trace.output };
});

/** The sum of the heads, or what is wrong with the parameters. A shorter list of gates means 1 for the rest. */
export function headSum(params: Params, gates: readonly number[]): HeadSum | Failure {
  const error = check(params) ?? checkGates(gates);
  if (error !== null) return { error };
  const { layer, z, contributions, reference } = ungated(params);
  const { shape, tokens, roles } = layer;
  const { num_heads, d_model, d_head } = shape;
  const all = allGates(gates, num_heads);
  const output = gatedOutput(layer, z, all);
  const gap = largestGap(output, addUp(output.length, contributions, all));
  return compared({ tokens, roles, num_heads, d_model, d_head, gates: all, contributions, output, reference, gap }); // prettier-ignore
}

/** The sum of a layer whose tensors were handed in; its own output is what the sum is held against. */
export function givenSum(given: Given, gates: readonly number[]): HeadSum | Failure {
  const error = checkSum(given) ?? checkGates(gates);
  if (error !== null) return { error };
  const { output: own, ...found } = unpackGiven(given) as unknown as Omit<HeadSum, "reference">;
  const { contributions, bias } = found;
  const all = allGates(gates, found.num_heads);
  const plain = addUp(own.length, contributions, allGates([], found.num_heads), bias);
  const output = Float32Array.from(addUp(own.length, contributions, all, bias));
  const reference = Float32Array.from(plain);
  return compared({ ...found, gates: all, output, reference, gap: largestGap(own, plain) });
}

/** What the gates changed, beside what they changed it from. */
function compared(sum: Omit<HeadSum, "change_gap" | keyof Movement>): HeadSum {
  const { output, reference, contributions, gates, d_model } = sum;
  const change = output.map((value, i) => value - reference[i]!);
  const change_gap = largestGap(change, addUp(change.length, contributions, gates.map((gate) => gate - 1))); // prettier-ignore
  return { ...sum, change_gap, ...movement(output, reference, d_model) };
}

/** A gate for each head: the list, cut or filled up with 1. */
export function allGates(gates: readonly number[], num_heads: number): Float32Array {
  return Float32Array.from({ length: num_heads }, (_, head) => gates[head] ?? 1);
}

/** The layer itself with gates: the heads side by side, each times its gate, times W^O. */
function gatedOutput({ weights, shape }: Layer, z: Float32Array, gates: Float32Array): Float32Array {
  return matmul(concatenate(z, shape, gates), weights.w_o, shape.seq, shape.d_model);
}

/** The other way to the same vectors, `size` numbers: head by head, and the bias at every word. */
function addUp(
  size: number,
  contributions: Float32Array,
  gates: Float32Array,
  bias?: Float32Array,
): Float64Array {
  const sum = new Float64Array(size);
  if (bias) for (let i = 0; i < size; i++) sum[i] = bias[i % bias.length]!;
  gates.forEach((gate, head) => {
    for (let i = 0; i < size; i++) sum[i]! += gate * contributions[head * size + i]!;
  });
  return sum;
}

/** What is left between the two ways is rounding. */
function largestGap(output: Float32Array, sum: Float64Array): number {
  return sum.reduce((most, value, i) => Math.max(most, Math.abs(output[i]! - value)), 0);
}

/** How far each row of `output` [rows, width] is from the row of `reference`. The angle is W. Kahan's, from the difference
 * and the sum of the unit vectors: acos would lose small angles to rounding. */
export function movement(output: Float32Array, reference: Float32Array, width: number): Movement {
  const rows = output.length / width;
  const [change, relative, angle] = [0, 1, 2].map(() => new Float32Array(rows)) as [Float32Array, Float32Array, Float32Array]; // prettier-ignore
  for (let row = 0; row < rows; row++) {
    const a = output.subarray(row * width, (row + 1) * width);
    const b = reference.subarray(row * width, (row + 1) * width);
    const [long, was] = [norm(a), norm(b)];
    let [moved, apart, together] = [0, 0, 0];
    for (let i = 0; i < width; i++) {
      moved += (a[i]! - b[i]!) ** 2;
      apart += (a[i]! / long - b[i]! / was) ** 2;
      together += (a[i]! / long + b[i]! / was) ** 2;
    }
    change[row] = Math.sqrt(moved);
    relative[row] = Math.sqrt(moved) / was;
    angle[row] = (Math.atan2(Math.sqrt(apart), Math.sqrt(together)) * 360) / Math.PI;
  }
  return { change, relative, angle };
}

/** A name for each part of an output: the heads, and the bias where there is one. */
export function partNames({ gates, bias }: HeadSum): string[] {
  const heads = Array.from(gates, (_, head) => `head ${head}`);
  return bias ? [...heads, "bias"] : heads;
}

/** The vectors [d_model] that add up to a word's output: what each head adds times its gate, then the bias. */
export function parts(sum: HeadSum, query: number): Float32Array[] {
  const { contributions, gates, bias, output, d_model } = sum;
  const heads = Array.from(gates, (gate, head) => {
    const start = head * output.length + query * d_model;
    return contributions.subarray(start, start + d_model).map((value) => gate * value);
  });
  return bias ? [...heads, bias] : heads;
}

/** How much of the output's length each of its parts gives: part · output / |output|². They sum to 1. */
export function shares(sum: HeadSum, query: number): number[] {
  const { output, d_model } = sum;
  const out = output.subarray(query * d_model, (query + 1) * d_model);
  const square = out.reduce((all, value) => all + value * value, 0);
  return parts(sum, query).map((part) => part.reduce((all, value, i) => all + value * out[i]!, 0) / square);
}

/** The length of a vector. */
export function norm(vector: ArrayLike<number>): number {
  let square = 0;
  for (let i = 0; i < vector.length; i++) square += vector[i]! ** 2;
  return Math.sqrt(square);
}
