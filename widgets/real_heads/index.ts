import { MEASURES } from "../core/head_measures";
import { widget, type Trait } from "../frame/index";
import { answer, type Drawn } from "./answer";
import { MODELS, SENTENCES } from "./catalogue";
import { View } from "./view";

const PLACE: Trait = { kind: "whole", min: 0, max: 1023 };
const PLACE_OR_NONE: Trait = { ...PLACE, none: true };

export default widget<Drawn>({
  name: "real_heads",
  python: "RealHeads",
  title: "Heads of trained models",
  traits: {
    model: { kind: "choice", of: Object.keys(MODELS) },
    sentence: { kind: "choice", of: SENTENCES.map(({ name }) => name) },
    given: { kind: "fixed" },
    layer: PLACE,
    head: PLACE,
    token: PLACE_OR_NONE,
    key: PLACE_OR_NONE,
    measure: { kind: "choice", of: MEASURES },
    order: { kind: "choice", of: ["model", "highest", "lowest"] },
    at_least: { kind: "real", min: 0, max: 1024 },
    hide_sink: { kind: "flag" },
    view: { kind: "choice", of: ["lines", "matrix", "both"] },
  },
  asks: ["model", "sentence", "given"],
  outlives: false,
  compute: answer,
  view: (frame) => new View(frame),
});
