import { readings, type Followed, type Readings } from "../core/index";
import { widget, type Failure } from "../frame/index";
import { layer } from "./layer";
import { View } from "./view";

export default widget<Readings>({
  name: "split_or_project",
  python: "SplitOrProject",
  title: "Split, or projected?",
  traits: {
    text: { kind: "text", most: 10_000 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    d_model: { kind: "whole", min: 4, max: 256 },
    causal: { kind: "flag" },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    matrix: { kind: "choice", of: ["q", "k", "v"] },
    step: { kind: "whole", min: 0, max: 6 },
    row: { kind: "whole", min: 0, max: 1023 },
    column: { kind: "whole", min: 0, max: 65_535 },
  },
  asks: ["text", "num_heads", "d_model", "causal", "seed", "matrix"],
  compute: (values): Readings | Failure => readings(layer(values), values["matrix"] as Followed),
  view: (frame) => new View(frame),
});
