import { torchPrint } from "../core/index";
import type { Attempt } from "../core/head_puzzle";
import { entries, goals, puzzleOf, type Setting } from "../core/puzzles";

/** Plain torch that prints the numbers of the tables. */
export function torchCode({ puzzle: name, num_heads }: Attempt, { w_q, w_k }: Setting): string {
  const puzzle = puzzleOf(name)!;
  const { tokens, features, width, slots } = puzzle;
  const seq = tokens.length;
  const lines = (rows: (readonly number[])[], ends: readonly string[]) =>
    rows.map((row, i) => `    [${row.join(", ")}],  # ${ends[i]}\n`).join("");
  const names = Object.keys(features);
  const x = tokens.map((_, word) => names.map((feature) => features[feature]![word]!));
  const weight = (w: readonly number[]) => {
    const full = Array.from({ length: entries(puzzle) }, (_, i) => w[i] ?? 0);
    return lines(
      names.map((_, feature) => full.slice(feature * width, (feature + 1) * width)),
      names,
    );
  };
  const goal = Array.from(goals(puzzle));
  const tables = slots.map((_, slot) =>
    tokens.map((_, query) => goal.slice((slot * seq + query) * seq, (slot * seq + query + 1) * seq)),
  );
  const report =
    slots.length === 1
      ? "attn.mean(0, keepdim=True)  # one slot: the mean of all heads"
      : num_heads === 1
        ? `attn.expand(${slots.length}, seq, seq)  # one head fills every slot`
        : "attn  # a slot for each head";
  return `import torch

tokens = ${JSON.stringify(tokens)}
seq, num_heads, d_head = ${seq}, ${num_heads}, ${width / num_heads}

x = torch.tensor([  # a column each: ${names.join(", ")}
${lines(x, tokens)}], dtype=torch.float32)
w_q = torch.tensor([
${weight(w_q)}], dtype=torch.float32)
w_k = torch.tensor([
${weight(w_k)}], dtype=torch.float32)
goal = torch.tensor(${JSON.stringify(tables)}, dtype=torch.float32)  # [slot, query, key]


def heads(columns):
    """[seq, num_heads * d_head] as [head, seq, d_head]."""
    return columns.view(seq, num_heads, d_head).transpose(0, 1)


q, k = x @ w_q, x @ w_k
scores = heads(q) @ heads(k).transpose(1, 2) / d_head**0.5  # [head, query, key]
attn = scores.softmax(-1)
report = ${report}
distance = (report - goal).abs().sum(-1) / 2 * goal.any(-1)  # rows without a goal are free
${torchPrint(Object.fromEntries(["q", "k", "scores", "attn", "report", "distance"].map((n) => [n, n])))}`;
}
