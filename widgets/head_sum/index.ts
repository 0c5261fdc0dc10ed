import { givenSum, headSum, isGiven, type Given, type HeadSum, type Params } from "../core/index";
import { widget, type Failure } from "../frame/index";
import { View } from "./view";

export default widget<HeadSum>({
  name: "head_sum",
  python: "HeadSum",
  title: "The output as a sum of heads",
  traits: {
    text: { kind: "text", most: 10_000 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    d_model: { kind: "whole", min: 4, max: 256 },
    d_head: { kind: "whole", min: 1, max: 256, none: true },
    causal: { kind: "flag" },
    temperature: { kind: "real", min: 0.05, max: 20 },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    source: { kind: "choice", of: ["designed", "random"] },
    gates: { kind: "reals", min: -10, max: 10, most: 256 },
    query: { kind: "whole", min: 0, max: 1023 },
    dimension: { kind: "whole", min: 0, max: 1023 },
    given: { kind: "fixed" },
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
    "gates",
    "given",
  ],
  compute: ({ gates, given, ...params }): HeadSum | Failure =>
    isGiven({ given })
      ? givenSum(given as Given, gates as readonly number[])
      : headSum(params as unknown as Params, gates as readonly number[]),
  view: (frame) => new View(frame),
});
