/** Python after torchSetup and torchAttention: ranks and singular values in float64. */
export function torchCode(head: number): string {
  return `
# Rank is a question about tiny numbers: once more in float64.
q, k = heads(x.double() @ w_q.double()), heads(x.double() @ w_k.double())
scores = q @ k.transpose(1, 2) / d_head**0.5
for name, table in {"scores": scores, "attn": scores.softmax(-1), "sum": scores.sum(0, keepdim=True)}.items():
    shown = ${head} if len(table) == num_heads and name != "sum" else 0
    print(name, "ranks", torch.linalg.matrix_rank(table).tolist())
    print(name, "singular values", " ".join(f"{value:.3e}" for value in torch.linalg.svdvals(table[shown]).tolist()))
`;
}
