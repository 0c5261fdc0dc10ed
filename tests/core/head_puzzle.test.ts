import assert from "node:assert/strict";
import { test } from "node:test";

import solutions from "../puzzle_solutions.json";
import { attempt, leastKnown, verdict, type Attempt } from "../../widgets/core/head_puzzle";
import {
  astray,
  checkAttempt,
  entries,
  LIMIT,
  PUZZLES,
  puzzleOf,
  TOLERANCE,
  whyNot,
  type Setting,
} from "../../widgets/core/puzzles";

const SOLUTIONS: Record<string, Setting> = solutions;

function tried(puzzle: string, setting: Partial<Setting> = {}): Attempt {
  const found = attempt({ puzzle, num_heads: puzzleOf(puzzle)!.heads[0]!, w_q: [], w_k: [], ...setting });
  if ("error" in found) throw new Error(found.error);
  return found;
}

function said(puzzle: string, setting: Partial<Setting> = {}) {
  return verdict(puzzleOf(puzzle)!, tried(puzzle, setting));
}

test("every puzzle is solved by its solution, and by nothing before it is touched", () => {
  assert.deepEqual(Object.keys(SOLUTIONS), PUZZLES.map(({ name }) => name)); // prettier-ignore
  for (const { name, heads } of PUZZLES) {
    const found = tried(name, SOLUTIONS[name]!);
    assert.ok(found.solved && Math.max(...found.distance) <= TOLERANCE, name);
    for (const num_heads of heads) assert.ok(!tried(name, { num_heads }).solved, name);
  }
});

test("the head count without a solution is refused with a reason, and comes no nearer than its bound", () => {
  for (const puzzle of PUZZLES)
    for (const num_heads of puzzle.heads) {
      const reason = whyNot(puzzle, num_heads);
      const solvable = SOLUTIONS[puzzle.name]!.num_heads === num_heads;
      assert.equal(reason === null, solvable, puzzle.name);
      const known = leastKnown(puzzle, num_heads);
      assert.ok(solvable ? known === 0 : known >= reason!.bound - 1e-6, puzzle.name);
    }
});

test("every row of attention sums to 1, and what is astray is between 0 and 1", () => {
  for (const puzzle of PUZZLES) {
    const steps = (shift: number) =>
      Array.from({ length: entries(puzzle) }, (_, i) => ((i * 3 + shift) % (2 * LIMIT + 1)) - LIMIT);
    const { attn, distance } = tried(puzzle.name, { w_q: steps(1), w_k: steps(4) });
    const seq = puzzle.tokens.length;
    for (let row = 0; row < attn.length; row += seq) {
      const sum = attn.subarray(row, row + seq).reduce((total, share) => total + share, 0);
      assert.ok(Math.abs(sum - 1) < 1e-6);
    }
    assert.ok(distance.every((share) => share >= 0 && share <= 1 + 1e-6));
  }
});

test("a head set by hand looks where the hand worked out", () => {
  const { attn, distance, q, k } = tried("noun", { w_q: [1, 0], w_k: [0, 2] });
  const e2 = Math.exp(2);
  assert.deepEqual([...q], [1, 1, 1, 1]);
  assert.deepEqual([...k], [0, 0, 2, 0]);
  assert.ok(Math.abs(attn[2]! - e2 / (e2 + 3)) < 1e-6);
  assert.ok(Math.abs(distance[0]! - 3 / (e2 + 3)) < 1e-6);
});

test("what is astray is the share that would have to move", () => {
  assert.equal(astray([0.5, 0.5, 0], [1, 0, 0]), 0.5);
  assert.equal(astray([0.25, 0.25, 0.5], [0.5, 0.5, 0]), 0.5);
  assert.equal(astray([0, 1], [0, 1]), 0);
});

test("what is said of an attempt names what is missing", () => {
  assert.equal(said("noun").sentence, "Nobody asks and nobody offers: move a slider.");
  assert.equal(said("noun", { w_q: [1, 0] }).sentence, "Nobody offers anything yet, so every word looks at all alike."); // prettier-ignore
  assert.equal(said("noun", { w_k: [0, 1] }).sentence, "Nobody asks yet, so every word looks at all alike.");
  const wrong = said("noun", { w_q: [2, 0], w_k: [2, -1] });
  assert.equal(wrong.fit, 0);
  assert.match(wrong.sentence, /^Farthest off: “the” gives “cat” only 0\.04; “the” gets 0\.32\.$/);
  assert.match(said("stop", { w_q: [1, 0], w_k: [0, 1] }).sentence, /should share alike among “the”, “cat” and “slept”; “\.” gets 0\.48\.$/); // prettier-ignore
});

test("the row that is said to be farthest off is the one of the largest distance", () => {
  for (const puzzle of PUZZLES) {
    const steps = Array.from({ length: entries(puzzle) }, (_, i) => ((i * 2) % 5) - 2);
    const found = tried(puzzle.name, { w_q: steps, w_k: [...steps].reverse() });
    const { worst, fit, rows } = verdict(puzzle, found);
    const at = worst.slot * puzzle.tokens.length + worst.query;
    assert.equal(found.distance[at], worst.distance);
    assert.ok(Math.max(...found.distance) - worst.distance < 1e-5);
    assert.equal(fit === rows, found.solved);
  }
});

test("rows that fit are counted, and free rows are not", () => {
  const one_sided = { num_heads: 2, w_q: [2, 2, 0, 0, 0, 0], w_k: [0, 0, 2, 0, 0, 0] };
  assert.deepEqual([said("two_reports", one_sided).fit, said("two_reports", one_sided).rows], [4, 8]);
  assert.equal(said("one_back").rows, 4);
  assert.equal(said("both_sides", SOLUTIONS["both_sides"]!).fit, 8);
});

test("the best that is known is recognised, and nothing else is taken for it", () => {
  for (const { name, nearest } of PUZZLES) {
    if (!nearest) continue;
    assert.ok(said(name, nearest).nearest, name);
    assert.ok(!tried(name, nearest).solved, name);
    assert.ok(!said(name, { num_heads: nearest.num_heads }).nearest, name);
    assert.ok(!said(name, SOLUTIONS[name]!).nearest, name);
  }
});

test("anything at all can be refused with a sentence", () => {
  const junk: unknown[] = [null, undefined, NaN, "x", -1, 1.5, {}, [9], [0], ["1", "2"], [NaN, 0]];
  for (const value of junk) {
    assert.equal(typeof checkAttempt(value, 1, [], []), "string");
    assert.equal(typeof checkAttempt("noun", value, [], []), "string");
    assert.equal(typeof checkAttempt("noun", 1, value, []), "string");
    assert.equal(typeof checkAttempt("noun", 1, [], value), "string");
  }
  assert.equal(checkAttempt("noun", 1, [2, -2], [0, 1]), null);
});
