import { FRESH } from "../core/index";
import { JUDGE_COUNT, ORDER_COUNT, ORDERING } from "../core/pruning";
import { sequenceCode } from "../core/task_code";
import type { Values } from "../frame/index";
import type { Drawn, Order, Shown } from "./answer";

/** Plain torch that loads the trained model, takes its heads out in the order shown, and prints the curve. */
export function code(drawn: Drawn, { order }: Shown, values: Values): string {
  if ((values["reader"] as { file?: string } | undefined)?.file !== undefined)
    throw new Error("this model was handed in, and no file of the package holds it");
  const name = String(values["model"]);
  const { num_heads, answers, classes } = drawn;
  const seed = Number(name.match(/seed(\d+)$/)?.[1]);
  return `import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

# The weights come with the package mha-lessons; it is not imported, only its folder is looked for.
name = "mha_lessons/data/experiments/${name}.safetensors"
file = next((Path(folder, name) for folder in [".", *sys.path] if Path(folder, name).is_file()), None)
if file is None:
    sys.exit(f"{name} is not here: pip install mha-lessons, or set file to where it lies")
p = {key: values.float() for key, values in load_file(file).items()}
num_heads, answers, classes, seed = ${num_heads}, ${answers}, ${classes}, ${seed}
(length, d_model), concat = p["positions"].shape, len(p["w_o"])

${sequenceCode(drawn)}

def logits(tokens, gates):
    """[sequence, position, answer, class]; gates [sequence or 1, head] are factors on what the heads add."""
    def heads(x):
        return x.view(x.shape[0], length, num_heads, concat // num_heads).transpose(1, 2)

    (w_q, w_k, w_v), (b_q, b_k, b_v) = p["w_qkv"].chunk(3, 1), p["b_qkv"].chunk(3)
${
  drawn.task === "juggling"
    ? `    x, values = p["positions"][None], p["tokens"][tokens]  # look by position, find the token`
    : `    x = values = p["tokens"][tokens] + p["positions"]`
}
    q, k, v = heads(x @ w_q + b_q), heads(x @ w_k + b_k), heads(values @ w_v + b_v)
    attn = (q @ k.mT / math.sqrt(concat // num_heads)).softmax(-1)  # [sequence, head, query, key]
    z = gates[:, :, None, None] * (attn @ v)
    out = z.transpose(1, 2).reshape(*tokens.shape, concat) @ p["w_o"] + p["b_o"]
    return (out @ p["w_read"] + p["b_read"]).view(*tokens.shape, answers, classes)


def loss_of(tokens, targets, gates):
    return F.cross_entropy(logits(tokens, gates).flatten(0, 2), targets.flatten(), ignore_index=-1)


def gates_without(removed):
    return torch.tensor([[float(head not in removed) for head in range(num_heads)]])


${orderCode(drawn, order)}
tokens, targets = sequences(${FRESH}, ${JUDGE_COUNT})  # sequences that no training saw
asked = targets[..., 0] >= 0  # a position is asked for all its answers or for none
for gone in range(len(order) + 1):
    right = (logits(tokens, gates_without(order[:gone])).argmax(-1) == targets)[asked]
    last = f"head {order[gone - 1]}" if gone else "none"
    print(f"left {num_heads - gone} last to go {last} right {right.float().mean():.3f} all {right.all(-1).float().mean():.3f}")
`;
}

/** Python that finds \`order\`, by the rule shown. */
function orderCode({ orders }: Drawn, order: Order): string {
  if (order === "hand") return `order = [${orders.hand.join(", ")}]  # by hand`;
  const data = `tokens, targets = sequences(${FRESH + ORDERING}, ${ORDER_COUNT})  # others than those that judge`;
  if (order === "gradient")
    return `# The head goes first whose gate the loss feels least (Michel, Levy and Neubig 2019, equation 2).
${data}
gates = torch.ones(len(tokens), num_heads, requires_grad=True)  # each sequence has its own
(slope,) = torch.autograd.grad(len(tokens) * loss_of(tokens, targets, gates), gates)
importance = slope.abs().mean(0).tolist()
print("slopes", " ".join(f"{each:.2e}" for each in importance))
order = sorted(range(num_heads), key=importance.__getitem__)
`;
  return `# At each turn the head goes without which the loss is smallest.
${data}
order = []
while len(order) < num_heads:
    left = [head for head in range(num_heads) if head not in order]
    order.append(min(left, key=lambda head: loss_of(tokens, targets, gates_without([*order, head])).item()))
`;
}
