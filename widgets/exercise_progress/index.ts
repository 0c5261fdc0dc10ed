import { entries, standing, STATES, type Exercise, type Standing } from "../core/exercise_progress";
import { widget, type Values } from "../frame/index";
import { View } from "./view";

/** A standing, and where it was read. */
export type Answer = Standing & { readonly made: string };

export default widget<Answer>({
  name: "exercise_progress",
  python: "ExerciseProgress",
  title: "Your exercises",
  traits: {
    status: { kind: "choice", of: ["all", "left", ...STATES] },
    chapter: { kind: "text", most: 80 },
    exercises: { kind: "fixed" },
    opened: { kind: "fixed" },
    ticked: { kind: "fixed" },
  },
  asks: ["exercises", "opened", "ticked", "status", "chapter"],
  compute,
  outlives: false, // where the kernel has ended, nobody reads the file
  kept: {
    traits: ["ticked"],
    key: () => "exercise_progress",
    accepts: ({ ticked }) => typeof ticked === "string" && /^[a-z_ ]*$/.test(ticked),
  },
  view: (frame) => new View(frame),
});

/** The page's answer: of the file that the reader opened, or of no file at all. */
function compute(values: Values): Answer | { error: string } {
  const { exercises, opened, ticked, status, chapter } = values;
  const { name } = opened as { name?: string };
  const read = name === undefined ? { kept: {} } : entries(opened);
  if ("error" in read) return { error: `${name} is no progress: ${read.error}` };
  const names = String(ticked).split(" ");
  const found = standing(exercises as Exercise[], read.kept, names, String(status), String(chapter));
  if ("error" in found) return found;
  const none = "this page has no file of progress: open yours, or tick what is done";
  return { ...found, made: name === undefined ? none : `from ${name}, read in this page and sent nowhere` };
}
