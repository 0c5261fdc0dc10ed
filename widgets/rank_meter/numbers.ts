import type { HeadRanks } from "../core/index";
import { PLACES, type NumberTable } from "../draw/index";

/** The numbers of the picture as tables; singular values span many powers of ten, so they are written with theirs. */
export function tables(drawn: HeadRanks): NumberTable[] {
  const { tokens, num_heads, d_head, head, scores_ranks, attn_ranks, sum_rank } = drawn;
  const seq = tokens.length;
  const power = (value: number) => value.toExponential(PLACES).replaceAll("-", "−");
  return [
    {
      caption: `rank of ${seq} × ${seq} tables, d_head ${d_head}`,
      columns: ["head", "scores", "attn"],
      rows: [
        ...Array.from({ length: num_heads }, (_, i) => ({
          name: String(i),
          values: [String(scores_ranks[i]), String(attn_ranks[i])],
        })),
        { name: "all heads, summed", values: [String(sum_rank), "–"] },
      ],
    },
    {
      caption: `singular values of head ${head}, and of the sum of all heads' scores`,
      columns: ["place", "scores", "attn", "sum"],
      rows: tokens.map((_, i) => ({
        name: String(i + 1),
        values: [
          power(drawn.scores_values[head * seq + i]!),
          power(drawn.attn_values[head * seq + i]!),
          power(drawn.sum_values[i]!),
        ],
      })),
    },
  ];
}
