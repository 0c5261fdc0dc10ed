import { torchAttention, torchPrint, torchSetup, type Params } from "../core/index";

/** Plain torch that prints the numbers of the tables. */
export function code(params: Params, matrix: string): string {
  const mask = params.causal ? "torch.ones(seq, seq, dtype=torch.bool).tril()" : null;
  return (
    torchSetup(params) +
    torchAttention(params.temperature, mask) +
    `
w = w_${matrix}
slices = [slice(start, start + d_head) for start in range(0, width, d_head)]
projected = x @ w                                                # one big matrix
sliced = torch.cat([x @ w[:, own] for own in slices], 1)         # a small one for each head
cut_first = torch.cat([x[:, own] @ w[own, own] for own in slices], 1)  # the wrong reading
concat = z.transpose(0, 1).reshape(seq, width)
` +
    torchPrint({
      "largest difference, a small matrix for each head": "(sliced - projected).abs().max()",
      "largest difference, x cut first": "(cut_first - projected).abs().max()",
      projected: "projected",
      sliced: "sliced",
      cut_first: "cut_first",
      attn: "attn",
      concat: "concat",
      output: "output",
    })
  );
}
