import type { Params } from "../core/index";

/** The parameters of the layer: here heads have d_model / num_heads dimensions, and weights are random. */
export function layer(values: Record<string, unknown>): Params {
  const { text, num_heads, d_model, causal, seed } = values as unknown as Params;
  return { text, num_heads, d_model, causal, seed, d_head: null, temperature: 1, source: "random" };
}
