import { attempt, type Attempt } from "../core/head_puzzle";
import { entries, LIMIT, PUZZLE_NAMES, PUZZLES, type Setting } from "../core/puzzles";
import { widget, type Trait } from "../frame/index";
import { View } from "./view";

const STEPS: Trait = { kind: "reals", min: -LIMIT, max: LIMIT, most: Math.max(...PUZZLES.map(entries)) };

export default widget<Attempt>({
  name: "head_puzzle",
  python: "HeadPuzzle",
  title: "Head puzzle",
  traits: {
    puzzle: { kind: "choice", of: PUZZLE_NAMES },
    num_heads: { kind: "whole", min: 1, max: 2 },
    w_q: STEPS,
    w_k: STEPS,
    solved: { kind: "fixed" },
  },
  asks: ["puzzle", "num_heads", "w_q", "w_k"],
  compute: (values) => attempt(values as unknown as Setting & { puzzle: string }),
  kept: {
    traits: ["solved"],
    key: () => "head_puzzle",
    accepts: ({ solved }) =>
      typeof solved === "string" &&
      solved.split(" ").every((name) => name === "" || PUZZLE_NAMES.includes(name)),
  },
  view: (frame) => new View(frame),
});
