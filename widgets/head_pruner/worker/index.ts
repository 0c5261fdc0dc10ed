/** The worker: trains a model on without some of its heads. It has no network and no DOM. */

import { FRESH, readSequence, sequences, taskOf } from "../../core/index";
import { gatesWithout, judged, sharesAt } from "../../core/pruning";
import { Retraining } from "../../core/retraining";
import type { Begin, News } from "./protocol";

const SLICE = 100; // ms of training between two messages

const post = (news: News) => (self as unknown as Worker).postMessage(news);

self.addEventListener("message", ({ data }: MessageEvent<Begin>) => {
  try {
    work(data);
  } catch (error) {
    post({ kind: "failed", error: error instanceof Error ? error.message : String(error) });
  }
});

function work({ task: name, k, num_heads, seed, weights, off, steps }: Begin): void {
  const task = taskOf(name, k);
  const gates = gatesWithout(num_heads, off);
  const training = new Retraining({ task, weights, num_heads, seed }, gates);
  let told = performance.now();
  while (training.steps < steps) {
    if (!training.next()) throw new Error(`the loss went out of bounds after step ${training.steps + 1}`);
    if (performance.now() - told < SLICE) continue;
    told = performance.now();
    post({ kind: "going", steps: training.steps });
  }
  const trained = { task, weights: training.weights, num_heads, seed };
  const { tokens } = sequences(task, seed, FRESH, 1);
  const { attn } = readSequence(task, training.weights, num_heads, tokens);
  post({ kind: "done", steps, ...sharesAt(judged(trained), gates), attn });
}
