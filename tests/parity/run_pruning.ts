/** The page's side of test_pruning.py: orders, curves, slopes and retraining of trained readers.
 *
 *     node run_pruning.mjs questions.json answers.json arrays.bin */

import { readFileSync, writeFileSync } from "node:fs";

import {
  accuracyCurve,
  checkOrder,
  gatesWithout,
  headLogits,
  importanceOf,
  judged,
  logitsAt,
  type TrainedReader,
} from "../../widgets/core/pruning";
import { lossAndSlopes } from "../../widgets/core/reader_slopes";
import { Retraining } from "../../widgets/core/retraining";
import { sequences } from "../../widgets/core/task";
import { readerOf } from "../../widgets/core/trained_reader";

const [questionsFile, answersFile, arraysFile] = process.argv.slice(2) as [string, string, string];

interface Asked {
  file: string;
  order: number[];
  gates: number[];
  first: number;
  count: number;
  steps: number;
  num_heads: number;
}
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

const read = (file: string): TrainedReader => readerOf(readFileSync(file));

const answer: Record<string, (asked: Asked) => unknown> = {
  weights: ({ file }) => kept(read(file).weights),
  importance({ file }) {
    const { gradients, without, ...rest } = importanceOf(read(file));
    return { ...rest, ...kept({ gradients, without }) };
  },
  curve: ({ file, order }) => accuracyCurve(judged(read(file)), order),
  logits: ({ file, gates, first, count }) =>
    kept({ logits: logitsAt(headLogits(read(file), first, count), gates) }),
  slopes({ file, gates, first, count }) {
    const { task, weights, num_heads, seed } = read(file);
    const { slopes, loss, accuracy } = lossAndSlopes(
      task,
      weights,
      num_heads,
      gates,
      sequences(task, seed, first, count),
    );
    return { loss, accuracy, ...kept(slopes) };
  },
  retrain({ file, order, steps }) {
    const reader = read(file);
    const training = new Retraining(reader, gatesWithout(reader.num_heads, order));
    const losses = Array.from({ length: steps }, () => training.next()!.loss);
    return { losses, ...kept(training.weights) };
  },
  check: ({ order, num_heads }) => checkOrder(order, num_heads),
  refused({ file }) {
    try {
      return headLogits(read(file), 0, 1) && null;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

const questions: [string, Asked][] = JSON.parse(readFileSync(questionsFile, "utf-8"));
const answers = questions.map(([kind, asked]) => answer[kind]!(asked));
writeFileSync(answersFile, JSON.stringify(answers));
writeFileSync(arraysFile, Buffer.from(Float32Array.from(arrays.flat()).buffer));
