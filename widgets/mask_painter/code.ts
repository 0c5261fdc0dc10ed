import { torchAttention, torchPrint, torchSetup, writeMask, type Params } from "../core/index";
import type { Values } from "../frame/index";
import type { Drawn } from "./index";

/** Plain torch that prints the numbers of the tables. */
export function torchCode({ head, mask }: Pick<Drawn, "head" | "mask">, values: Values): string {
  const free = { d_head: null, causal: false, temperature: 1 };
  const params = { ...values, ...free } as unknown as Params;
  return (
    torchSetup(params) +
    torchAttention(1, null) +
    `
rows = "${writeMask(mask)}"  # 1 = may look
mask = torch.tensor([[cell == "1" for cell in row] for row in rows.split()])
q, k, v, scores, before = (tensor[${head}] for tensor in (q, k, v, scores, attn))  # of head ${head}

plain = scores.masked_fill(~mask, -torch.inf).softmax(-1)  # NaN where a row may look at nothing
after = plain.masked_fill(~mask.any(-1, keepdim=True), 0)
wrong = scores.masked_fill(mask, -torch.inf).softmax(-1).masked_fill(mask.all(-1, keepdim=True), 0)
z = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask)[0]
` +
    torchPrint(Object.fromEntries(["scores", "before", "after", "plain", "wrong", "z"].map((n) => [n, n])))
  );
}
