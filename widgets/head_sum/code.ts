import { torchAttention, torchPrint, torchSetup, type HeadSum, type Params } from "../core/index";

const MOVED = `

def unit(vectors):
    return vectors / vectors.norm(dim=-1, keepdim=True)


contributions = z @ w_o.view(num_heads, d_head, d_model)  # what each head adds, [head, query, d_model]
parts = gates[:, None, None] * contributions
reference, output = output, parts.sum(0)
change = output - reference
half = torch.atan2((unit(output) - unit(reference)).norm(dim=-1), (unit(output) + unit(reference)).norm(dim=-1))
moved = torch.stack([change.norm(dim=-1), change.norm(dim=-1) / reference.norm(dim=-1), half * 360 / math.pi], -1)
`;

/** Plain torch that prints the numbers of the tables. */
export function code(sum: HeadSum, params: Params, query: number): string {
  const mask = params.causal ? "torch.ones(seq, seq, dtype=torch.bool).tril()" : null;
  const gates = `\ngates = torch.tensor([${Array.from(sum.gates, String).join(", ")}], dtype=torch.float32)\n`;
  return (
    torchSetup(params) +
    torchAttention(params.temperature, mask) +
    gates +
    MOVED +
    torchPrint({
      "change, relative, angle in degrees, a row a word": "moved",
      [`what each head adds at word ${query}`]: `parts[:, ${query}]`,
      [`output at word ${query}`]: `output[${query}]`,
      [`output at word ${query}, all gates 1`]: `reference[${query}]`,
    })
  );
}
