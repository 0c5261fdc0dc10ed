import { cacheGrowth, exactText, flopsGrowth, ratioText, type Meter } from "../core/index";
import type { NumberTable } from "../draw/index";

const CONTEXTS = [16, 256, 4096, 65_536, 1_048_576];
const exact = "every digit";

/** The numbers of the picture as tables. */
export function tables(meter: Meter): NumberTable[] {
  const { variants, parts, layers, context } = meter;
  const whole = (value: number) => (Number.isInteger(value) ? exactText(value) : String(value));
  const contexts = [...new Set([...CONTEXTS, context])].sort((a, b) => a - b);
  const growth = (caption: string, lines: ReturnType<typeof cacheGrowth>["lines"]): NumberTable => ({
    caption,
    precision: exact,
    columns: ["tokens", ...lines.map(({ name }) => name)],
    rows: contexts.map((tokens) => ({
      name: exactText(tokens),
      values: lines.map(({ flat, slope }) => whole(flat + slope * tokens)),
    })),
  });
  return [
    {
      caption: `All ${layers} layers, with ${exactText(context)} tokens of context`,
      precision: exact,
      columns: ["variant", "key/value heads", "parameters", "FLOPs for one more token", "cache bytes for a token", "cache bytes in all"], // prettier-ignore
      rows: variants.map(({ name, num_kv_heads, parameters, flops, cache }) => ({
        name,
        values: [num_kv_heads, parameters, flops, cache, cache * context].map(whole),
      })),
    },
    {
      caption: "One layer, beside one head as wide as the layer",
      precision: exact,
      columns: ["part", "now", "one head", "now / one head"],
      rows: Object.entries(parts)
        .filter(([, [value, one]]) => value > 0 || one > 0)
        .map(([name, [value, one]]) => ({
          name: UNITS[name] ? `${name} (${UNITS[name]})` : name,
          values: [whole(value), whole(one), ratioText(value, one)],
        })),
    },
    growth("Cache bytes as the context grows", cacheGrowth(meter).lines),
    growth("FLOPs for one more token as the context grows", flopsGrowth(meter).lines),
  ];
}

const UNITS: Record<string, string> = {
  w_q: "parameters",
  w_latent: "parameters",
  w_k: "parameters",
  w_v: "parameters",
  w_o: "parameters",
  biases: "parameters",
  projections: "FLOPs",
  scores: "FLOPs",
  z: "FLOPs",
  cache: "bytes for a token",
  attn: "bytes for all pairs of tokens",
};
