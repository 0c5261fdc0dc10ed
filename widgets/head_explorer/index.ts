import { widget, type Trait } from "../frame/index";
import { answer, type Drawn } from "./answer";
import { View } from "./view";

const PLACE: Trait = { kind: "whole", min: 0, max: 1023 };

export default widget<Drawn>({
  name: "head_explorer",
  python: "HeadExplorer",
  title: "Head explorer",
  traits: {
    text: { kind: "text", most: 10_000 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    d_model: { kind: "whole", min: 4, max: 256 },
    d_head: { kind: "whole", min: 1, max: 256, none: true },
    causal: { kind: "flag" },
    temperature: { kind: "real", min: 0.05, max: 20 },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    source: { kind: "choice", of: ["designed", "random"] },
    compare: { kind: "whole", min: 1, max: 256, none: true },
    given: { kind: "fixed" },
    head: PLACE,
    query: PLACE,
    key: PLACE,
  },
  asks: [
    "text",
    "num_heads",
    "d_model",
    "d_head",
    "causal",
    "temperature",
    "seed",
    "source",
    "compare",
    "given",
  ],
  compute: answer,
  view: (frame) => new View(frame),
});
