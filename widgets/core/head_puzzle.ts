/** What an attempt at a puzzle gives, and what to say about it. Twin of mha_lessons/head_puzzle.py. */

import { softmax } from "./attention";
import {
  astray,
  checkAttempt,
  entries,
  goals,
  named,
  puzzleOf,
  TOLERANCE,
  type Puzzle,
  type Setting,
} from "./puzzles";

export interface Attempt {
  readonly puzzle: string;
  readonly num_heads: number;
  /** What each word asks, [seq, width], the columns of all heads side by side. */
  readonly q: Float32Array;
  /** What each word offers. */
  readonly k: Float32Array;
  /** [head, query, key] */
  readonly scores: Float32Array;
  readonly attn: Float32Array;
  /** What fills each slot, [slot, query, key]: the attention of its head, or the mean of all heads in a single slot. */
  readonly report: Float32Array;
  /** The share of attention that is astray, [slot, query]; 0 where a row is free. */
  readonly distance: Float32Array;
  /** No row has more than TOLERANCE astray. */
  readonly solved: boolean;
}

/** Every number of the picture, or what is wrong with the attempt. */
export function attempt(setting: Setting & { readonly puzzle: string }): Attempt | { error: string } {
  const { num_heads, w_q, w_k } = setting;
  const error = checkAttempt(setting.puzzle, num_heads, w_q, w_k);
  if (error) return { error };
  const puzzle = puzzleOf(setting.puzzle)!;
  const { tokens, width, slots } = puzzle;
  const seq = tokens.length;
  const d_head = width / num_heads;
  const [q, k] = [project(puzzle, w_q), project(puzzle, w_k)];
  const scores = new Float32Array(num_heads * seq * seq);
  for (let head = 0; head < num_heads; head++)
    for (let query = 0; query < seq; query++)
      for (let key = 0; key < seq; key++) {
        let score = 0;
        for (let column = head * d_head; column < (head + 1) * d_head; column++)
          score += q[query * width + column]! * k[key * width + column]!;
        scores[(head * seq + query) * seq + key] = score / Math.sqrt(d_head);
      }
  const attn = softmax(scores, seq);
  const report = fill(attn, seq * seq, slots.length, num_heads);
  const wanted = goals(puzzle);
  const row = (of: Float32Array, i: number) => of.subarray(i * seq, (i + 1) * seq);
  const distance = Float32Array.from({ length: slots.length * seq }, (_, i) =>
    row(wanted, i).some(Boolean) ? astray(row(report, i), row(wanted, i)) : 0,
  );
  const solved = distance.every((share) => share <= TOLERANCE);
  return { puzzle: puzzle.name, num_heads, q, k, scores, attn, report, distance, solved };
}

/** x @ w, [seq, width]. */
function project(puzzle: Puzzle, w: readonly number[]): Float32Array {
  const { tokens, features, width } = puzzle;
  const projected = new Float32Array(tokens.length * width);
  if (w.length !== entries(puzzle)) return projected; // none are given: zeros
  Object.values(features).forEach((numbers, feature) =>
    numbers.forEach((x, word) => {
      for (let column = 0; column < width; column++)
        projected[word * width + column]! += x * w[feature * width + column]!;
    }),
  );
  return projected;
}

function fill(attn: Float32Array, size: number, slots: number, num_heads: number): Float32Array {
  return Float32Array.from({ length: slots * size }, (_, i) => {
    if (slots > 1) return attn[num_heads > 1 ? i : i % size]!;
    let sum = 0;
    for (let head = 0; head < num_heads; head++) sum += attn[head * size + i]!;
    return sum / num_heads;
  });
}

/** The row that is farthest off. */
export interface Worst {
  readonly slot: number;
  readonly query: number;
  readonly distance: number;
}

export interface Verdict {
  /** Rows that have a goal, and how many of them fit. */
  readonly rows: number;
  readonly fit: number;
  readonly worst: Worst;
  /** This head count cannot do it, and the attempt is as near as the best that is known. */
  readonly nearest: boolean;
  /** What to know about it now, in words. */
  readonly sentence: string;
}

const NEAR = 0.01; // as good as the best attempt that is known

/** How far the row that is farthest off must be with a head count that cannot do it, by the best attempt that is known;
 * 0 where nothing speaks against the head count. */
export function leastKnown(puzzle: Puzzle, num_heads: number): number {
  const { nearest } = puzzle;
  if (nearest?.num_heads !== num_heads) return 0;
  const best = attempt({ ...nearest, puzzle: puzzle.name });
  return "error" in best ? 0 : Math.max(...best.distance);
}

/** How far an attempt is, and what is wrong in the row that is farthest off. */
export function verdict(puzzle: Puzzle, found: Attempt): Verdict {
  const { report, distance, num_heads, q, k } = found;
  const seq = puzzle.tokens.length;
  const wanted = puzzle.slots.flatMap(({ goal }) => goal);
  let at = 0;
  distance.forEach((share, i) => {
    if (share > distance[at]! + 1e-6) at = i; // of rows that are off alike, the first
  });
  const rows = wanted.filter((keys) => keys.length).length;
  const fit = wanted.filter((keys, i) => keys.length && distance[i]! <= TOLERANCE).length;
  const worst = { slot: Math.floor(at / seq), query: at % seq, distance: distance[at]! };
  const nearest = worst.distance > TOLERANCE && worst.distance <= leastKnown(puzzle, num_heads) + NEAR;
  const own = report.subarray(at * seq, (at + 1) * seq);
  return { rows, fit, worst, nearest, sentence: idle(q, k) ?? complaint(puzzle, worst, own) };
}

/** Without a question or an answer there is nothing to tell one word from another. */
function idle(q: Float32Array, k: Float32Array): string | null {
  const [asked, offered] = [q.some(Boolean), k.some(Boolean)];
  if (asked && offered) return null;
  if (asked) return "Nobody offers anything yet, so every word looks at all alike.";
  return offered
    ? "Nobody asks yet, so every word looks at all alike."
    : "Nobody asks and nobody offers: move a slider.";
}

function complaint(puzzle: Puzzle, { slot, query, distance }: Worst, row: Float32Array): string {
  const { tokens, slots } = puzzle;
  const keys = slots[slot]!.goal[query]!;
  const where = slots.length > 1 ? ` (${slots[slot]!.title})` : "";
  if (distance <= TOLERANCE) return "Every row fits.";
  const goal = named(puzzle, keys);
  const who = `“${tokens[query]}”${where}`;
  if (Math.max(...row) - Math.min(...row) < 1e-4)
    return `Farthest off: ${who} looks at all words alike, and should look at ${goal}.`;
  const only =
    keys.length === 1
      ? `gives ${goal} only ${row[keys[0]!]!.toFixed(2)}`
      : `should share alike among ${goal}`;
  const excess = Array.from(row, (share, key) => share - (keys.includes(key) ? 1 / keys.length : 0));
  const thief = excess.indexOf(Math.max(...excess));
  return `Farthest off: ${who} ${only}; “${tokens[thief]}” gets ${row[thief]!.toFixed(2)}.`;
}
