/** Puzzles: set w_q and w_k by hand until each word looks where it should. Twin of mha_lessons/puzzles.py: the same
 * sentences, the same bounds. The puzzles are mha_lessons/data/puzzles.json; their solutions are not on the page. */

import data from "../../mha_lessons/data/puzzles.json";

export interface Slot {
  readonly title: string;
  /** For each query the keys that should share its attention alike; none where the row is free. */
  readonly goal: readonly (readonly number[])[];
}

/** What the reader sets: rows of w_q and w_k are features, columns the dimensions of all heads; empty means zeros. */
export interface Setting {
  readonly num_heads: number;
  readonly w_q: readonly number[];
  readonly w_k: readonly number[];
}

export interface Puzzle {
  readonly name: string;
  readonly title: string;
  readonly task: string;
  readonly tokens: readonly string[];
  /** A sign under each word, where its features are no words. */
  readonly marks?: readonly string[];
  /** For each feature its number in every word. */
  readonly features: Readonly<Record<string, readonly number[]>>;
  /** Columns of w_q and of w_k, of all heads together. */
  readonly width: number;
  /** The head counts that may be tried; the first one is set at the start. */
  readonly heads: readonly number[];
  readonly slots: readonly Slot[];
  readonly hints: readonly string[];
  /** What to remember, shown once the puzzle is solved. */
  readonly lesson: string;
  /** The best setting a search has found with the head count that cannot do it. */
  readonly nearest?: Setting;
}

/** Entries of w_q and w_k are whole numbers from -LIMIT to LIMIT. */
export const LIMIT = data.limit;
/** The share of a row's attention that may be astray where a puzzle is solved. */
export const TOLERANCE = data.tolerance;

/** All puzzles, from easy to hard. */
export const PUZZLES = data.puzzles as unknown as readonly Puzzle[];
export const PUZZLE_NAMES = PUZZLES.map(({ name }) => name);

export function puzzleOf(name: unknown): Puzzle | undefined {
  return PUZZLES.find((puzzle) => puzzle.name === name);
}

/** How many numbers w_q has, and w_k. */
export function entries({ features, width }: Puzzle): number {
  return Object.keys(features).length * width;
}

/** What the reports should be, [slot, query, key]; a free row is all zeros. */
export function goals({ slots, tokens }: Puzzle): Float32Array {
  const seq = tokens.length;
  const goals = new Float32Array(slots.length * seq * seq);
  slots.forEach(({ goal }, slot) =>
    goal.forEach((keys, query) => {
      for (const key of keys) goals[(slot * seq + query) * seq + key] = 1 / keys.length;
    }),
  );
  return goals;
}

/** null, or one sentence that says what is wrong with an attempt, which may come from a link or a kernel. */
export function checkAttempt(puzzle: unknown, num_heads: unknown, w_q: unknown, w_k: unknown): string | null {
  const found = puzzleOf(puzzle);
  if (!found) return `puzzle should be one of ${PUZZLE_NAMES.join(", ")}.`;
  if (!found.heads.includes(num_heads as number)) {
    const wanted = found.heads.length > 1 ? "1 or 2 heads" : `${found.heads[0]} head`;
    const got = Number.isInteger(num_heads) ? num_heads : "no number";
    return `The puzzle ${found.name} is for ${wanted}, got num_heads=${got}.`;
  }
  for (const [name, weights] of Object.entries({ w_q, w_k })) {
    if (!Array.isArray(weights) || !weights.every(isStep))
      return `${name} should be a list of whole numbers from -${LIMIT} to ${LIMIT}.`;
    if (weights.length !== 0 && weights.length !== entries(found))
      return (
        `${name} should have ${entries(found)} numbers, ${Object.keys(found.features).length} features times width ` +
        `${found.width}, or none for zeros; got ${weights.length}.`
      );
  }
  return null;
}

function isStep(step: unknown): boolean {
  return Number.isInteger(step) && Math.abs(step as number) <= LIMIT;
}

/** Why no setting with this many heads solves a puzzle. */
export interface Reason {
  /** In the row that is farthest off, at least this share of attention is astray, whatever w_q and w_k are. */
  readonly bound: number;
  readonly sentence: string;
}

/** Why this many heads cannot do it, whatever their weights; null where nothing speaks against it.
 *
 * Two reasons are known. A row that fills two slots cannot be near two goals: by the triangle inequality it is at least
 * half their distance from one of them. And a head of width 1 scores by one product, q times k: of three words with
 * different targets, the one whose target has the middle k gives another word as much or more, so it gives its own
 * target at most half. */
export function whyNot(puzzle: Puzzle, num_heads: number): Reason | null {
  const blend = num_heads === 1 ? twoGoals(puzzle) : null;
  if (blend) return blend;
  return puzzle.width === num_heads ? threeTargets(puzzle, num_heads) : null;
}

/** One row in two slots. */
function twoGoals(puzzle: Puzzle): Reason | null {
  const { slots, tokens } = puzzle;
  const seq = tokens.length;
  const all = goals(puzzle);
  const row = (slot: number, query: number) =>
    all.subarray((slot * seq + query) * seq, (slot * seq + query + 1) * seq);
  let worst = 0;
  let found = [0, 0, 0] as [query: number, one: number, other: number];
  for (let one = 0; one < slots.length; one++)
    for (let other = one + 1; other < slots.length; other++)
      for (let query = 0; query < seq; query++) {
        const [near, far] = [row(one, query), row(other, query)];
        if (!near.some(Boolean) || !far.some(Boolean)) continue; // a free row fits anything
        const apart = astray(near, far);
        if (apart / 2 > worst) [worst, found] = [apart / 2, [query, one, other]];
      }
  if (worst <= TOLERANCE) return null;
  const [query, one, other] = found;
  const [first, second] = [one, other].map((slot) => named(puzzle, slots[slot]!.goal[query]!));
  return {
    bound: worst,
    sentence:
      `One head has one row of attention for each word, and both reports are made of it. “${tokens[query]}” should look ` +
      `at ${first} for one report and at ${second} for the other. Whatever its row is, at least ${worst.toFixed(2)} of ` +
      "its attention is astray in one of them: a blend is neither.",
  };
}

/** Three favourites of a head of width 1. */
function threeTargets(puzzle: Puzzle, num_heads: number): Reason | null {
  for (const { goal } of puzzle.slots) {
    const targets = [...new Set(goal.filter((keys) => keys.length === 1).map(([key]) => key!))];
    if (targets.length < 3) continue;
    const bound = 0.5 / (puzzle.slots.length === 1 ? num_heads : 1);
    return {
      bound,
      sentence:
        "A head of width 1 scores by one product. So all words that ask with plus have one favourite, and all that ask " +
        `with minus have one: two at most. Here ${targets.length} are wanted: ${named(puzzle, targets)}. In each head one ` +
        `of them gets half of what it should, or less, so somewhere at least ${bound.toFixed(2)} of the attention is astray.`,
    };
  }
  return null;
}

/** The share of a row that would have to move to make it another: half the sum of absolute differences. */
export function astray(row: ArrayLike<number>, goal: ArrayLike<number>): number {
  let sum = 0;
  for (let key = 0; key < goal.length; key++) sum += Math.abs(row[key]! - goal[key]!);
  return sum / 2;
}

/** Words of a puzzle in quotation marks: “a”, “b” and “c”. */
export function named({ tokens }: Puzzle, keys: readonly number[]): string {
  const words = keys.map((key) => `“${tokens[key]}”`);
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}
