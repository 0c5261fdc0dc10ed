import type { Exercise, Standing } from "../core/exercise_progress";
import type { NumberTable } from "../draw/index";
import { sum } from "./words";

/** What is shown, as numbers: a row an exercise, and the sums of all of them. */
export function tables(exercises: readonly Exercise[], found: Standing): NumberTable[] {
  const { states, shown, points, out_of, checks, hints, solution } = found;
  const rows = exercises.map(({ name, chapter, difficulty, minutes }, i) => ({
    name,
    values: [
      chapter,
      ...[difficulty, minutes].map(String),
      states[i]!,
      ...[points, out_of, checks, hints].map((of) => String(of[i])),
      solution[i] ? "yes" : "no",
    ],
  }));
  const total = { done: found.done, total: found.total, minutes_left: found.minutes_left };
  return [
    {
      caption: "Exercises that are shown",
      precision: "whole numbers",
      columns: ["exercise", "chapter", "difficulty of 3", "minutes", "status", "points", "out of", "checks", "hints", "solution seen"], // prettier-ignore
      rows: rows.filter((_, i) => shown[i]),
    },
    {
      caption: "All exercises",
      precision: "whole numbers",
      columns: ["sum", "value"],
      rows: Object.entries({ ...total, points: sum(points), out_of: sum(out_of) }).map(([name, value]) => ({
        name,
        values: [String(value)],
      })),
    },
  ];
}
