import { widget } from "../frame/index";
import { ORDERS, type Drawn } from "./answer";
import { MODELS } from "./models";
import { PagePruner } from "./page_pruner";
import { View } from "./view";

export default widget<Drawn>({
  name: "head_pruner",
  python: "HeadPruner",
  title: "Heads taken out of a trained model, one by one",
  traits: {
    model: { kind: "choice", of: Object.keys(MODELS) },
    reader: { kind: "fixed" },
    order: { kind: "choice", of: ORDERS },
    gone: { kind: "whole", min: 0, max: 16 },
    by_hand: { kind: "reals", min: 0, max: 15, most: 16 },
  },
  asks: ["model", "reader", "by_hand"],
  outlives: false,
  source: (model) => new PagePruner(model),
  view: (frame) => new View(frame),
});
