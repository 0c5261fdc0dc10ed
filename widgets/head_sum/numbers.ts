import { norm, partNames, parts, shares, type HeadSum } from "../core/index";
import type { NumberTable } from "../draw/index";

/** The numbers of the picture as tables. */
export function tables(sum: HeadSum, query: number): NumberTable[] {
  const { tokens, d_model, gates } = sum;
  const word = tokens[query]!;
  const row = (tensor: Float32Array, at: number) =>
    Array.from(tensor.subarray(at * d_model, (at + 1) * d_model));
  const [names, added] = [partNames(sum), parts(sum, query)];
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
      rows: added.map((part, i) => ({ name: names[i]!, values: [gates[i] ?? 1, norm(part), share[i]!] })),
    },
    {
      caption: `What each head adds at ${word}, times its gate, and their sum`,
      columns: ["vector", ...output.map((_, i) => String(i))],
      rows: [
        ...added.map((part, i) => ({ name: names[i]!, values: Array.from(part) })),
        { name: "output", values: output },
        { name: "output, all gates 1", values: reference },
        { name: "change", values: output.map((value, i) => value - reference[i]!) },
      ],
    },
  ];
}
