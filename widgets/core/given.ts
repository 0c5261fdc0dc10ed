/** Tensors that were handed in. Twin of mha_lessons/widgets/given.py, which packs them. */

import { fromBase64 } from "./packed";

/** A trace, or only attentions; float32, one after the other, as base64. */
export interface Given {
  readonly tokens: string[];
  readonly num_heads: number;
  readonly d_model: number;
  readonly d_head: number;
  readonly fields: readonly (readonly [name: string, length: number])[];
  readonly data: string;
}

/** Whether tensors were handed in, so that there is nothing to compute from a sentence. */
export function isGiven(values: Record<string, unknown>): boolean {
  return Object.keys(values["given"] ?? {}).length > 0;
}

/** What a widget says that is asked for code. */
export const NO_CODE = "these tensors were handed in, and no code here made them";

const NOTHING_TO_SUM =
  "What was handed in does not hold what each head adds to the output, and attention weights alone do not say it: " +
  "hand in a trace, with HeadSum.from_trace.";
const NOT_WHOLE = "What was handed in is not whole: hand it in again, with from_trace.";

/** Why the output cannot be summed over heads, or null. Twin of `sum_fault`. */
export function checkSum(given: Given): string | null {
  try {
    const found = unpackGiven(given) as Record<string, { length: number }>;
    if (!("contributions" in found)) return NOTHING_TO_SUM;
    const { tokens, num_heads, d_model } = given;
    const vectors = tokens.length * d_model;
    const lengths = {
      contributions: num_heads * vectors,
      output: vectors,
      ...(found["bias"] && { bias: d_model }),
    };
    return Object.entries(lengths).every(([name, length]) => found[name]!.length === length)
      ? null
      : NOT_WHOLE;
  } catch {
    return NOT_WHOLE;
  }
}

const unpacked = new WeakMap<Given, Record<string, unknown>>(); // a gate that moves asks for the same ones again

/** The tensors by name, flat, and the plain values beside them. Throws where fields and data do not fit together. */
export function unpackGiven(given: Given): Record<string, unknown> {
  const { fields, data, ...plain } = given;
  const known = unpacked.get(given);
  if (known) return known;
  const { buffer } = fromBase64(data);
  const tensors: Record<string, Float32Array> = {};
  let offset = 0;
  for (const [name, length] of fields) {
    tensors[name] = new Float32Array(buffer, offset, length);
    offset += 4 * length;
  }
  if (offset !== buffer.byteLength) throw new RangeError("there is more data than its fields say");
  const found = { ...plain, roles: null, made: "tensors handed in", ...tensors };
  unpacked.set(given, found);
  return found;
}
