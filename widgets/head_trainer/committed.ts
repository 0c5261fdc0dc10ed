import curves from "committed:curves";

import { juggling, type TrainerSettings } from "../core/index";
import { heads, percent } from "./phrases";

/** What our own runs of the same task gave, for a page that cannot train. */
export interface Committed {
  /** of every step, of one head and of several */
  readonly losses: readonly number[][];
  readonly sentence: string;
}

/** Null where we have no such run. */
export function committedRuns({ task, k, mlp, num_heads }: TrainerSettings): Committed | null {
  const found = curves[task];
  const [alone, others] = [found?.runs["1"], found?.runs[num_heads]];
  const ours = task !== "juggling" || k === juggling().answers;
  if (!found || !alone || !others || !ours || mlp) return null;
  const each = (losses: readonly number[]) =>
    losses.flatMap((loss) => Array<number>(found.steps / losses.length).fill(loss));
  return {
    losses: [each(alone.losses), each(others.losses)],
    sentence:
      `The curves are of our own runs, ${found.steps} steps of ${found.batch} sequences: after them one head had ${percent(alone.accuracy)} of ` +
      `the look-ups right, ${heads(num_heads)} ${percent(others.accuracy)}.`,
  };
}
