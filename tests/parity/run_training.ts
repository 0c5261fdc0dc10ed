/** The page's side of test_training.py: sequences, initial weights, readings, losses and sentences.
 *
 *     node run_training.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  answerPlace,
  checkTrainer,
  initialWeights,
  readSequence,
  sequences,
  symbolWords,
  taskOf,
} from "../../widgets/core/index";
import { Training, type Setting } from "../../widgets/head_trainer/worker/step";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

type Asked = Omit<Setting, "task"> & { task: string; k: number; first: number; count: number; steps: number };
const arrays: number[][] = [];
let length = 0;

/** Where each array lies in the file of arrays. */
function kept(named: Record<string, ArrayLike<number>>) {
  const places = Object.entries(named).map(([name, values]) => {
    const place = { start: length, length: values.length };
    arrays.push(Array.from(values));
    length += values.length;
    return [name, place];
  });
  return { arrays: Object.fromEntries(places) };
}

const answer: Record<string, (asked: Asked) => unknown> = {
  sequences({ task: name, k, seed, first, count }) {
    const task = taskOf(name, k);
    const { tokens, targets } = sequences(task, seed, first, count);
    const sources: (number | null)[] = [];
    for (let i = 0; i < count; i++) {
      const own = [...tokens.subarray(i * task.length, (i + 1) * task.length)];
      const wanted = [
        ...targets.subarray(i * task.length * task.answers, (i + 1) * task.length * task.answers),
      ];
      for (let t = 0; t < task.length; t++)
        for (let m = 0; m < task.answers; m++)
          sources.push(answerPlace(name, own, wanted, task.answers, t, m));
    }
    return { tokens: [...tokens], targets: [...targets], sources };
  },
  weights: ({ task, k, seed, mlp }) =>
    kept(initialWeights(taskOf(task, k), taskOf(task, k).d_model, seed, mlp)),
  reading({ task: name, k, seed, mlp, num_heads, first }) {
    const task = taskOf(name, k);
    const weights = initialWeights(task, task.d_model, seed, mlp);
    return kept({ ...readSequence(task, weights, num_heads, sequences(task, seed, first, 1).tokens) });
  },
  words: ({ task }) => symbolWords(task),
  check: (settings) => checkTrainer(revived(settings)),
};

/** What JSON does not have travels as a word. */
function revived(settings: object): object {
  const special: Record<string, number> = { "#nan": NaN, "#inf": Infinity };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, special[value as string] ?? value]),
  );
}

async function losses({ task, k, steps, ...rest }: Asked) {
  const training = await Training.start({ ...rest, task: taskOf(task, k) });
  const found: number[] = [];
  let diverged = false;
  for (let i = 0; i < steps && !diverged; i++) {
    const step = training.next();
    if (step) found.push(step.loss);
    else diverged = true;
  }
  return { losses: found, diverged, steps: training.steps, ...kept(training.weights()) };
}

const questions: [string, Asked][] = JSON.parse(readFileSync(questionsFile, "utf-8"));
const answers: unknown[] = [];
for (const [kind, asked] of questions) {
  answers.push(kind === "losses" ? await losses(asked) : answer[kind]!(asked));
}
writeFileSync(answersFile, JSON.stringify(answers));
writeFileSync(arraysFile, Buffer.from(Float32Array.from(arrays.flat()).buffer));
