import { writeMask, type Preset } from "../core/index";

/** The mask as torch code: how its preset is made, or the painted cells. */
export function maskCode(preset: Preset, size: number, mask: ArrayLike<number>): string {
  const seq = Math.sqrt(mask.length);
  const places = `query, key = torch.arange(${seq})[:, None], torch.arange(${seq})`;
  switch (preset) {
    case "everyone":
      return `mask = torch.ones(${seq}, ${seq}, dtype=torch.bool)`;
    case "causal":
      return `mask = torch.ones(${seq}, ${seq}, dtype=torch.bool).tril()`;
    case "padding":
      return `mask = (torch.arange(${seq}) < ${Math.max(0, seq - size)}).expand(${seq}, ${seq})`;
    case "window":
      return `${places}\nmask = (query - key).abs() <= ${size}`;
    case "prefix":
      return `${places}\nmask = (key < ${size}) | (key <= query)`;
    case "block":
      return `${places}\nmask = query // ${size} == key // ${size}`;
    case "painted":
      return (
        `rows = """\n${writeMask(mask).replaceAll(" ", "\n")}\n"""\n` +
        `mask = torch.tensor([[cell == "1" for cell in row] for row in rows.split()])`
      );
  }
}

/** The two calls that read it in opposite ways. */
export function conventionCode(preset: Preset, size: number, mask: ArrayLike<number>): string {
  return (
    `${maskCode(preset, size, mask)}\n\n` +
    "# True = may look\nF.scaled_dot_product_attention(q, k, v, attn_mask=mask)\n\n" +
    "# True = may NOT look: turn it round\nmha = nn.MultiheadAttention(d_model, num_heads, batch_first=True)\nmha(x, x, x, attn_mask=~mask)"
  );
}
