import { FRESH, PURPOSE, taskOf, TESTS, type TrainerSettings } from "../core/index";
import { sequenceCode } from "../core/task_code";
import { runsOf, type Drawn } from "./answer";

/** Plain torch that trains both runs from the same numbers on the same sequences, and prints what came of it. */
export function code(drawn: Drawn, settings: TrainerSettings): string {
  const { seed, learning_rate, mlp } = settings;
  const task = taskOf(settings.task, settings.k);
  const { length, symbols, answers, classes, d_model } = task;
  const steps = runsOf(drawn).map((run) => run.steps || settings.steps);
  const heads = runsOf(drawn).map((run) => run.num_heads);
  return `import math

import torch
import torch.nn.functional as F

seed, learning_rate, batch = ${seed}, ${learning_rate}, 32
length, symbols, answers, classes, d_model = ${length}, ${symbols}, ${answers}, ${classes}, ${d_model}

${sequenceCode(settings)}
def seeded(purpose, rows, columns, variance):
    numbers = [[(2 * (w >> 8) + 1 - 2**24) / 2**24 for w in words(row, columns, purpose)] for row in range(rows)]
    return torch.tensor(numbers) * math.sqrt(3 * variance)


def initial():
    """The same numbers for every head count; variance 1 / d_model for matrices."""
    w_q, w_k, w_v = (seeded(purpose, d_model, d_model, 1 / d_model) for purpose in (${PURPOSE.w_q}, ${PURPOSE.w_k}, ${PURPOSE.w_v}))
    return {
        "tokens": seeded(${PURPOSE.tokens}, symbols, d_model, 1),
        "positions": seeded(${PURPOSE.positions}, length, d_model, 1),
        "w_qkv": torch.cat([w_q, w_k, w_v], 1),
        "b_qkv": torch.zeros(3 * d_model),
        "w_o": seeded(${PURPOSE.w_o}, d_model, d_model, 1 / d_model),
        "b_o": torch.zeros(d_model),${
          mlp
            ? `
        "norm_w": torch.ones(d_model),
        "norm_b": torch.zeros(d_model),
        "w_in": seeded(${PURPOSE.w_in}, d_model, 4 * d_model, 1 / d_model),
        "b_in": torch.zeros(4 * d_model),
        "w_out": seeded(${PURPOSE.w_out}, 4 * d_model, d_model, 1 / (4 * d_model)),
        "b_out": torch.zeros(d_model),`
            : ""
        }
        "w_read": seeded(${PURPOSE.w_read}, d_model, answers * classes, 1 / d_model),
        "b_read": torch.zeros(answers * classes),
    }


def logits(p, tokens, num_heads):
    """[sequence, position, answer, class]"""
    def heads(x):
        return x.view(x.shape[0], length, num_heads, d_model // num_heads).transpose(1, 2)

    (w_q, w_k, w_v), (b_q, b_k, b_v) = p["w_qkv"].chunk(3, 1), p["b_qkv"].chunk(3)
${
  task.looks_by === "position"
    ? `    x, values = p["positions"][None], p["tokens"][tokens]  # look by position, find the token`
    : `    x = values = p["tokens"][tokens] + p["positions"]`
}
    q, k, v = heads(x @ w_q + b_q), heads(x @ w_k + b_k), heads(values @ w_v + b_v)
    attn = (q @ k.mT / math.sqrt(d_model // num_heads)).softmax(-1)  # [sequence, head, query, key]
    out = (attn @ v).transpose(1, 2).reshape(*tokens.shape, d_model) @ p["w_o"] + p["b_o"]
${
  mlp
    ? `    normed = F.layer_norm(out, (d_model,), p["norm_w"], p["norm_b"])
    out = out + F.gelu(normed @ p["w_in"] + p["b_in"], approximate="tanh") @ p["w_out"] + p["b_out"]
`
    : ""
}    return (out @ p["w_read"] + p["b_read"]).view(*tokens.shape, answers, classes)


def train(num_heads, steps):
    p = {name: values.requires_grad_() for name, values in initial().items()}
    adam = torch.optim.Adam(p.values(), lr=learning_rate)
    for step in range(steps):
        tokens, targets = sequences(step * batch, batch)
        said = logits(p, tokens, num_heads)
        loss = F.cross_entropy(said.flatten(0, 2), targets.flatten(), ignore_index=-1)
        adam.zero_grad()
        loss.backward()
        adam.step()
        if step == 0 or (step + 1) % 50 == 0 or step == steps - 1:
            print(f"num_heads {num_heads} step {step + 1} loss {loss.item():.4f}")
    tokens, targets = sequences(${FRESH}, ${TESTS})  # sequences that no training reaches
    with torch.no_grad():
        right = logits(p, tokens, num_heads).argmax(-1) == targets
    asked = targets >= 0
    where = asked[..., 0]  # a position is asked for all its answers or for none
    print(f"num_heads {num_heads} look-ups right {right[asked].float().mean():.3f}")
    print(f"num_heads {num_heads} positions with all right {right[where].all(-1).float().mean():.3f}")


${heads.map((count, i) => `train(num_heads=${count}, steps=${steps[i]})`).join("\n")}
`;
}
