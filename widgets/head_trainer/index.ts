import { MAX_LEARNING_RATE, MAX_STEPS, TASKS } from "../core/index";
import { widget } from "../frame/index";
import { type Drawn } from "./answer";
import { PREDICTIONS } from "./prediction";
import { PageTrainer } from "./page_trainer";
import { View } from "./view";

export default widget<Drawn>({
  name: "head_trainer",
  python: "HeadTrainer",
  title: "One head and several, trained side by side",
  traits: {
    task: { kind: "choice", of: TASKS },
    k: { kind: "whole", min: 1, max: 11 },
    num_heads: { kind: "whole", min: 1, max: 256 },
    mlp: { kind: "flag" },
    seed: { kind: "whole", min: 0, max: 2 ** 32 - 1 },
    learning_rate: { kind: "real", min: 0, max: MAX_LEARNING_RATE },
    steps: { kind: "whole", min: 1, max: MAX_STEPS },
    curve: { kind: "choice", of: ["accuracy", "loss"] },
    prediction: { kind: "choice", of: PREDICTIONS },
    query: { kind: "whole", min: 0, max: 1023 },
    given: { kind: "fixed" },
  },
  asks: ["task", "k", "num_heads", "mlp", "seed", "learning_rate"],
  outlives: false,
  source: (model) => new PageTrainer(model),
  view: (frame) => new View(frame),
});
