import { headRanks, type HeadRanks, type RankParams } from "../core/index";
import { widget } from "../frame/index";
import { View } from "./view";

export default widget<HeadRanks>({
  name: "rank_meter",
  python: "RankMeter",
  title: "Rank meter",
  traits: {
    text: { kind: "text", most: 10_000 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    d_model: { kind: "whole", min: 4, max: 256 },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    source: { kind: "choice", of: ["designed", "random"] },
    head: { kind: "whole", min: 0, max: 1023 },
  },
  asks: ["text", "num_heads", "d_model", "seed", "source", "head"],
  compute: (values) => headRanks(values as unknown as RankParams),
  view: (frame) => new View(frame),
});
