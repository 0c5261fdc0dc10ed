import { meter, MOST, type Meter, type Stack } from "../core/index";
import { widget } from "../frame/index";
import { View } from "./view";

export default widget<Meter>({
  name: "cost_meter",
  python: "CostMeter",
  title: "What attention costs",
  traits: {
    d_model: { kind: "whole", min: 1, max: MOST.d_model },
    num_heads: { kind: "whole", min: 1, max: MOST.num_heads },
    num_kv_heads: { kind: "whole", min: 1, max: MOST.num_heads, none: true },
    d_head: { kind: "whole", min: 1, max: MOST.d_model, none: true },
    latent: { kind: "flag" },
    layers: { kind: "whole", min: 1, max: MOST.layers },
    context: { kind: "whole", min: 1, max: MOST.context },
    bits: { kind: "whole", min: 4, max: 32 },
    bias: { kind: "flag" },
  },
  asks: ["d_model", "num_heads", "num_kv_heads", "d_head", "latent", "layers", "context", "bits", "bias"],
  compute: (values) => meter(values as unknown as Stack),
  view: (frame) => new View(frame),
});
