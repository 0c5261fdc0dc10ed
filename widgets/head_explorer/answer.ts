import {
  check,
  compute,
  isGiven,
  layerOf,
  traceAttention,
  unpackGiven,
  type Given,
  type Params,
  type Trace,
} from "../core/index";
import type { Failure, Values } from "../frame/index";

/** What this widget draws. Handed-in attentions come without the other tensors. */
export type Drawn = Pick<Trace, "tokens" | "roles" | "num_heads" | "d_model" | "d_head" | "scores" | "attn"> &
  Partial<Pick<Trace, "q" | "k" | "v" | "z" | "output">> & {
    /** The same weights in another number of heads, if the reader compares. */
    other_num_heads?: number;
    other_d_head?: number;
    other_scores?: Float32Array;
    other_attn?: Float32Array;
    other_output?: Float32Array;
  };

/** The numbers, when the page computes. */
export function answer(values: Values): Drawn | Failure {
  if (isGiven(values)) return unpackGiven(values["given"] as Given) as unknown as Drawn;
  const error = check(values);
  if (error !== null) return { error };
  const params = values as unknown as Params;
  const drawn = compute(params);
  if ("error" in drawn || values["compare"] === null) return drawn;
  const other = regrouped(params, Number(values["compare"]));
  return "error" in other ? other : Object.assign(drawn, other);
}

/** The same x and the same matrices, cut into another number of heads. Twin of `regrouped` in Python. */
function regrouped(params: Params, num_heads: number): Partial<Drawn> | Failure {
  const { x, weights, shape, mask } = layerOf(params);
  const width = shape.num_heads * shape.d_head;
  if (!Number.isInteger(num_heads) || num_heads < 1 || width % num_heads !== 0) {
    const error = `${shape.num_heads} heads of ${shape.d_head} dimensions are ${width} wide, which cannot be cut into ${num_heads} equal heads to compare.`;
    return { error };
  }
  const cut = { ...shape, num_heads, d_head: width / num_heads };
  const { scores, attn, output } = traceAttention(x, weights, cut, { mask, temperature: params.temperature });
  return {
    other_num_heads: num_heads,
    other_d_head: cut.d_head,
    other_scores: scores,
    other_attn: attn,
    other_output: output,
  };
}
