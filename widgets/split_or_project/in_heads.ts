import type { Readings } from "../core/index";
import { at, block, down, line, perHead, tokensOf } from "./parts";
import type { Place, RoughStep } from "./steps";

/** The steps that each head takes on its own: whom a word looks at, and what it gets. */

export function attention(pass: Readings, _: string, { row, column }: Place): RoughStep {
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

export function mixing(pass: Readings, _: string, { row, column }: Place): RoughStep {
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
