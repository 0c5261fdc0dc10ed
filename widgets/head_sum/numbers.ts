import { norm, shares, type HeadSum } from "../core/index";
import type { NumberTable } from "../draw/index";

/** The numbers of the picture as tables. */
export function tables(sum: HeadSum, query: number): NumberTable[] {
  const { tokens, d_model, contributions, gates } = sum;
  const word = tokens[query]!;
  const row = (tensor: Float32Array, at: number) =>
    Array.from(tensor.subarray(at * d_model, (at + 1) * d_model));
  const parts = Array.from(gates, (gate, head) =>
    row(contributions, head * tokens.length + query).map((value) => gate * value),
  );
  const output = row(sum.output, query);
  const reference = row(sum.reference, query);
  const share = shares(sum, query);
  return [
    {
      caption: "How far each word's output moved, against all gates at 1",
      columns: ["word", "change", "relative", "angle in degrees"],
      rows: tokens.map((name, i) => ({ name, values: [sum.change[i]!, sum.relative[i]!, sum.angle[i]!] })),
    },
    {
      caption: `Heads at ${word}`,
      columns: ["head", "gate", "length", "share of the output"],
      rows: parts.map((part, head) => ({
        name: `head ${head}`,
        values: [gates[head]!, norm(part), share[head]!],
      })),
    },
    {
      caption: `What each head adds at ${word}, times its gate, and their sum`,
      columns: ["vector", ...output.map((_, i) => String(i))],
      rows: [
        ...parts.map((values, head) => ({ name: `head ${head}`, values })),
        { name: "output", values: output },
        { name: "output, all gates 1", values: reference },
        { name: "change", values: output.map((value, i) => value - reference[i]!) },
      ],
    },
  ];
}
