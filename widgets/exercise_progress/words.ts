import type { State } from "../core/exercise_progress";

/** A shape for each state; the word stands beside it. */
export const SIGNS: Record<State, string> = {
  "not attempted": "○",
  wrong: "✗",
  partial: "◐",
  ticked: "☑",
  right: "✓",
};

export const many = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? "" : "s"}`;

export const sum = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value, 0);

/** What was asked for beside checks. */
export function help(hints: number, solution: boolean): string {
  return [hints ? many(hints, "hint") : "", solution ? "solution seen" : ""].filter(Boolean).join(", ");
}
