/** The worker: trains one run, a few steps between two looks at its messages. It has no network and no DOM. */

import { answersOf, FRESH, mark, readSequence, sequences, taskOf, TESTS, type Score } from "../../core/index";
import type { News, Order, Progress } from "./protocol";
import { Training, type Setting } from "./step";

const SLICE = 80; // ms of training between two messages

const post = (news: News) => (self as unknown as Worker).postMessage(news);
const none = (): Score => ({ right: 0, asked: 0, whole: 0, positions: 0 });

let setting: Setting | undefined;
let training: Training | undefined;
let until = 0;
let underway = false;
let worked = 0; // ms

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if ("begin" in data) {
    const { task, k, ...rest } = data.begin;
    setting = { task: taskOf(task, k), ...rest };
    return;
  }
  until = data.until;
  if (!underway) void work();
});

async function work(): Promise<void> {
  underway = true;
  try {
    if (!training) {
      post({ kind: "compiling" });
      training = await Training.start(setting!);
    }
    for (;;) {
      const { losses, accuracies, diverged } = slice(training);
      const progress = {
        steps: training.steps,
        losses,
        accuracies,
        weights: training.weights(),
        cpu_ms: worked,
      };
      if (diverged || training.steps >= until) {
        post({ kind: diverged ? "diverged" : "resting", ...tested(progress), ...progress });
        if (diverged) until = 0;
        if (training.steps >= until) break;
      }
      post({ kind: "going", ...progress });
      await new Promise((heard) => setTimeout(heard)); // messages come in between
    }
  } catch (error) {
    post({ kind: "failed", error: error instanceof Error ? error.message : String(error) });
  }
  underway = false;
}

/** Some steps, and what each of them showed. */
function slice(run: Training): { losses: Float32Array; accuracies: Float32Array; diverged: boolean } {
  const [losses, accuracies]: number[][] = [[], []];
  const started = performance.now();
  let diverged = false;
  while (run.steps < until && performance.now() - started < SLICE) {
    const step = run.next();
    diverged = !step;
    if (!step) break;
    const { right, asked } = mark(setting!.task, step.said, step.targets, none());
    losses!.push(step.loss);
    accuracies!.push(right / asked);
  }
  worked += performance.now() - started;
  return { losses: Float32Array.from(losses!), accuracies: Float32Array.from(accuracies!), diverged };
}

/** Accuracy on sequences that no training reaches. */
function tested({ weights }: Pick<Progress, "weights">): { accuracy: number; all_right: number } {
  const { task, num_heads, seed } = setting!;
  const { length, answers } = task;
  const { tokens, targets } = sequences(task, seed, FRESH, TESTS);
  const score = none();
  for (let i = 0; i < TESTS; i++) {
    const { logits } = readSequence(task, weights, num_heads, tokens.subarray(i * length, (i + 1) * length));
    mark(
      task,
      answersOf(task, logits),
      targets.subarray(i * length * answers, (i + 1) * length * answers),
      score,
    );
  }
  return { accuracy: score.right / score.asked, all_right: score.whole / score.positions };
}
