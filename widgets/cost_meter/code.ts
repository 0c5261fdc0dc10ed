import { latentWidths, type Meter } from "../core/index";

/** Plain torch that counts the numbers of the tables on real tensors, which have shapes and no memory. */
export function code(meter: Meter): string {
  const { d_model, num_heads, d_head, layers, context, bits, bias } = meter;
  const { d_latent, d_rotary } = latentWidths(d_head);
  const calls = meter.variants.map(({ name, num_kv_heads }) =>
    name === "MLA" ? `report("MLA", *latent())` : `report("${name}", *grouped(${num_kv_heads}))`,
  );
  return `import torch
from torch.utils.flop_counter import FlopCounterMode

torch.set_default_device("meta")  # tensors with a shape and no memory: any size can be counted
d_model, num_heads, d_head = ${d_model}, ${num_heads}, ${d_head}
layers, context, bits, bias = ${layers}, ${context}, ${bits}, ${python(bias)}
x = torch.empty(1, d_model)  # one more token


def grouped(num_kv_heads):
    """One layer whose heads share num_kv_heads keys and values: weights, cache, and the decoding of one token."""
    q_width, kv_width = num_heads * d_head, num_kv_heads * d_head
    w_q, w_k = torch.empty(d_model, q_width), torch.empty(d_model, kv_width)
    w_v, w_o = torch.empty(d_model, kv_width), torch.empty(q_width, d_model)
    biases = [torch.empty(width) for width in (q_width, kv_width, kv_width, d_model) if bias]
    k, v = torch.empty(2, num_kv_heads, context, d_head)  # the cache, this token included
    with FlopCounterMode(display=False) as counter:
        q = (x @ w_q).view(num_kv_heads, -1, d_head)  # the query heads of each group
        _new = x @ w_k, x @ w_v
        scores = q @ k.transpose(1, 2)
        z = scores.softmax(-1) @ v
        _output = z.reshape(1, q_width) @ w_o
    return [w_q, w_k, w_v, w_o, *biases], [k, v], counter.get_total_flops()


def latent():
    """One layer of multi-head latent attention, which keeps one vector for the keys and values of all heads."""
    d_latent, d_rotary = ${d_latent}, ${d_rotary}
    w_q = torch.empty(d_model, num_heads * (d_head + d_rotary))
    w_latent = torch.empty(d_model, d_latent + d_rotary)
    w_k, w_v = torch.empty(2, num_heads, d_head, d_latent)
    w_o = torch.empty(num_heads * d_head, d_model)
    cache = torch.empty(context, d_latent + d_rotary)
    with FlopCounterMode(display=False) as counter:
        q, q_rotary = (x @ w_q).view(num_heads, 1, -1).split([d_head, d_rotary], dim=-1)
        _new = x @ w_latent
        q = torch.cat([q @ w_k, q_rotary], dim=-1)  # compared with the latent vectors themselves
        scores = q.squeeze(1) @ cache.T
        z = scores.softmax(-1) @ cache[:, :d_latent]
        _output = (z[:, None] @ w_v.transpose(1, 2)).reshape(1, -1) @ w_o
    return [w_q, w_latent, w_k, w_v, w_o], [cache], counter.get_total_flops()


def report(name, weights, cache, flops):
    parameters = layers * sum(weight.numel() for weight in weights)
    stored = layers * sum(tensor.numel() for tensor in cache) * bits / 8
    print(f"{name} {parameters} parameters, {layers * flops} FLOPs a token,", end=" ")
    print(f"{stored / context:.1f} bytes a token, {stored:.0f} bytes for {context} tokens")


${calls.join("\n")}
attn = torch.empty(num_heads, context, context)
print(f"attn of one layer, stored: {attn.numel() * bits / 8:.0f} bytes")
`;
}

function python(value: boolean): string {
  return value ? "True" : "False";
}
