/** The tasks by name, and what is wrong with a trainer's settings. Twin of mha_lessons/widgets/trainer_settings.py: the
 * same sentences, word for word. */

import { binding } from "./binding";
import { headCounts } from "./cost";
import { juggling, JUGGLING_LENGTH } from "./juggling";
import { nearFar } from "./near_far";
import { describe, MAX_SEED } from "./params";
import type { Task } from "./task";

export const TASKS = ["juggling", "binding", "near_far"] as const;
export const MAX_STEPS = 2000;
export const MAX_LEARNING_RATE = 1000;

/** What a reader sets before training. */
export interface TrainerSettings {
  readonly task: (typeof TASKS)[number];
  /** of juggling: how many look-ups each position makes */
  readonly k: number;
  readonly num_heads: number;
  readonly mlp: boolean;
  readonly seed: number;
  readonly learning_rate: number;
  readonly steps: number;
}

/** The task of this name; `k` is juggling's alone. */
export function taskOf(name: string, k: number): Task {
  if (name === "juggling") return juggling(k);
  if (name === "binding") return binding();
  if (name === "near_far") return nearFar();
  throw new Error(`no task named ${name}`);
}

/** null, or one sentence that says what is wrong and what would work. */
export function checkTrainer(settings: unknown): string | null {
  const { task, k, num_heads, mlp, seed, learning_rate, steps } = settings as Record<string, unknown>;
  if (!(TASKS as readonly unknown[]).includes(task))
    return `task should be ${TASKS.slice(0, -1).join(", ")} or ${TASKS.at(-1)}, got ${describe(task)}.`;
  const most = JUGGLING_LENGTH - 1;
  if (!isWhole(k, 1, most))
    return `k should be a whole number from 1 to ${most}, the other places in a sequence of ${JUGGLING_LENGTH}, got ${describe(k)}.`;
  const { d_model } = taskOf(task as string, k);
  const divisors = headCounts(d_model);
  if (!divisors.includes(num_heads as number))
    return `num_heads should divide d_model = ${d_model}, got ${describe(num_heads)}. Try ${divisors.slice(0, -1).join(", ")} or ${d_model}.`;
  if (typeof mlp !== "boolean") return `mlp should be true or false, got ${describe(mlp)}.`;
  if (!isWhole(seed, 0, MAX_SEED))
    return `seed should be a whole number from 0 to ${MAX_SEED}, got ${describe(seed)}.`;
  if (typeof learning_rate !== "number" || !(learning_rate > 0 && learning_rate <= MAX_LEARNING_RATE))
    return `learning_rate should be a number above 0 and at most ${MAX_LEARNING_RATE}, got ${describe(learning_rate)}.`;
  if (!isWhole(steps, 1, MAX_STEPS))
    return `steps should be a whole number from 1 to ${MAX_STEPS}, got ${describe(steps)}.`;
  return null;
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}
