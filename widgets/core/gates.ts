/** The output as the sum of what each head adds, each times its gate, and how far a gate moves it.
 * Twin of mha_lessons/gates.py. */

import { concatenate, matmul, traceAttention } from "./attention";
import { layerOf, remember, type Failure, type Layer } from "./compute";
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
  /** [query, d_model], with these gates */
  readonly output: Float32Array;
  /** [query, d_model], with all gates 1 */
  readonly reference: Float32Array;
  /** largest |output - sum of gate · contribution| */
  readonly gap: number;
  /** largest |output - reference - sum of (gate - 1) · contribution|: what a gate takes away is exactly its head's part */
  readonly change_gap: number;
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
  const gap = largestGap(output, contributions, all);
  const change = output.map((value, i) => value - reference[i]!);
  const change_gap = largestGap(change, contributions, all.map((gate) => gate - 1)); // prettier-ignore
  const moved = movement(output, reference, d_model);
  return { tokens, roles, num_heads, d_model, d_head, gates: all, contributions, output, reference, gap, change_gap, ...moved }; // prettier-ignore
}

/** A gate for each head: the list, cut or filled up with 1. */
export function allGates(gates: readonly number[], num_heads: number): Float32Array {
  return Float32Array.from({ length: num_heads }, (_, head) => gates[head] ?? 1);
}

/** The layer itself with gates: the heads side by side, each times its gate, times W^O. */
function gatedOutput({ weights, shape }: Layer, z: Float32Array, gates: Float32Array): Float32Array {
  return matmul(concatenate(z, shape, gates), weights.w_o, shape.seq, shape.d_model);
}

/** The other way to the same vectors: head by head. What is left between the two is rounding. */
function largestGap(output: Float32Array, contributions: Float32Array, gates: Float32Array): number {
  const rest = Float64Array.from(output);
  gates.forEach((gate, head) => {
    const start = head * output.length;
    for (let i = 0; i < rest.length; i++) rest[i]! -= gate * contributions[start + i]!;
  });
  return rest.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
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

/** How much of the output's length each head gives, [head]: gate · contribution · output / |output|². They sum to 1. */
export function shares({ output, contributions, gates, d_model }: HeadSum, query: number): number[] {
  const out = output.subarray(query * d_model, (query + 1) * d_model);
  const square = out.reduce((sum, value) => sum + value * value, 0);
  return Array.from(gates, (gate, head) => {
    const start = head * output.length + query * d_model;
    return (gate * out.reduce((sum, value, i) => sum + value * contributions[start + i]!, 0)) / square;
  });
}

/** The length of a vector. */
export function norm(vector: ArrayLike<number>): number {
  let square = 0;
  for (let i = 0; i < vector.length; i++) square += vector[i]! ** 2;
  return Math.sqrt(square);
}
