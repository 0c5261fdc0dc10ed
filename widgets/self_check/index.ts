import { widget, type Trait, type Values } from "../frame/index";
import { matching, type Option } from "./matching";
import { View } from "./view";

const FIXED: Trait = { kind: "fixed" };

/** One question; nothing is computed, so there is nothing to wait for. */
export default widget<object>({
  name: "self_check",
  python: "SelfCheck",
  title: "Self-check",
  traits: {
    title: FIXED,
    question: FIXED,
    options: FIXED,
    typed: FIXED,
    otherwise: FIXED,
    chosen: FIXED,
    revealed: FIXED,
  },
  asks: [],
  compute: () => ({}),
  toolbar: false,
  kept: {
    traits: ["chosen", "revealed"],
    key: ({ question }) => String(question),
    accepts: ({ chosen, revealed }, initial) =>
      typeof chosen === "string" && typeof revealed === "boolean" && answers(chosen, initial),
  },
  view: (frame) => new View(frame),
});

/** Whether this is an answer to the question as it stands today; an empty one is none yet. */
function answers(chosen: string, { options, typed }: Values): boolean {
  return chosen === "" || Boolean(typed) || matching(options as Option[], chosen) !== undefined;
}
