import { maskedHead, MOST_PAINTED, PRESETS, type MaskedHead, type MaskedParams } from "../core/index";
import { widget, type Trait } from "../frame/index";
import { View } from "./view";

/** The numbers of the picture; what torch's own functions say is there only where the kernel ran them. */
export type Drawn = MaskedHead & {
  readonly torch_attn?: Float32Array;
  readonly sdpa_z?: Float32Array;
  /** for each way through nn.MultiheadAttention: its name, and whether NaN came out */
  readonly paths?: readonly [name: string, nan: boolean][];
};

const PLACE: Trait = { kind: "whole", min: 0, max: 1023 };

export default widget<Drawn>({
  name: "mask_painter",
  python: "MaskPainter",
  title: "Mask painter",
  traits: {
    text: { kind: "text", most: 10_000 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    d_model: { kind: "whole", min: 4, max: 256 },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    source: { kind: "choice", of: ["designed", "random"] },
    head: PLACE,
    preset: { kind: "choice", of: PRESETS },
    size: { kind: "whole", min: 0, max: MOST_PAINTED },
    mask: { kind: "text", most: MOST_PAINTED * (MOST_PAINTED + 1) },
    query: PLACE,
    key: PLACE,
  },
  asks: ["text", "num_heads", "d_model", "seed", "source", "head", "preset", "size", "mask"],
  compute: (values) => maskedHead(values as unknown as MaskedParams),
  view: (frame) => new View(frame),
});
