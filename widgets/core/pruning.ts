/** Heads taken out of a trained reader one by one: in which order, and what is left of its accuracy. Twin of
 * mha_lessons/experiments/pruning.py, for a reader without an MLP: its logits are a sum over heads, so what each head
 * adds is worked out once, and any gates are then a weighted sum. */

import { matmul } from "./matrices";
import type { ReaderWeights } from "./reader";
import { attentionOf } from "./reader_slopes";
import { FRESH, NOT_ASKED, sequences, type Task } from "./task";

/** The sequences that an order is made of lie so far beyond those that it is judged on. */
export const ORDERING = 1_000_000;
/** Sequences that an order is made of, and that it is judged on. */
export const ORDER_COUNT = 200;
export const JUDGE_COUNT = 500;

/** A trained reader, and the seed that its sequences are drawn with. */
export interface TrainedReader {
  readonly task: Task;
  readonly weights: ReaderWeights;
  readonly num_heads: number;
  readonly seed: number;
}

/** What each head adds to the logits at every position that is asked, in some sequences. */
export interface HeadLogits {
  readonly classes: number;
  readonly sequences: number;
  /** [place]: in which sequence it is */
  readonly sequenceOf: Int32Array;
  /** [place, answer], classes */
  readonly targets: Int32Array;
  /** of each head, [place, answer, class] */
  readonly heads: readonly Float32Array[];
  /** [answer, class]: what is there without any head, b_o w_read + b_read */
  readonly rest: Float32Array;
}

/** Share of right answers, and of positions whose answers are all right. */
export interface Shares {
  readonly accuracy: number;
  readonly all_right: number;
}

/** What the heads add to the logits in `count` sequences from `first` on. */
export function headLogits(reader: TrainedReader, first: number, count: number): HeadLogits {
  const { task, weights, num_heads, seed } = reader;
  const { length, answers, classes } = task;
  if ("w_in" in weights) throw new Error("an MLP mixes the heads: this model is pruned in JupyterLab only");
  const columns = answers * classes;
  const w_read = weights["w_read"]!;
  const drawn = sequences(task, seed, first, count);
  const asked = Array.from({ length: count * length }, (_, place) => place).filter(
    (place) => drawn.targets[place * answers] !== NOT_ASKED,
  );
  const { z, concat } = attentionOf(task, weights, num_heads, drawn.tokens);
  const d_head = concat / num_heads;
  const found = Array.from({ length: num_heads }, (_, head) => {
    const rows = new Float32Array(asked.length * d_head);
    asked.forEach((place, row) => {
      const start = place * concat + head * d_head;
      rows.set(z.subarray(start, start + d_head), row * d_head);
    });
    return rows;
  });
  const through = matmul(weights["w_o"]!, w_read, num_heads * d_head, columns);
  const rest = matmul(weights["b_o"]!, w_read, 1, columns).map((value, i) => value + weights["b_read"]![i]!);
  return {
    classes,
    sequences: count,
    sequenceOf: Int32Array.from(asked, (place) => Math.floor(place / length)),
    targets: Int32Array.from(asked.flatMap((place) => [...drawn.targets.subarray(place * answers, (place + 1) * answers)])), // prettier-ignore
    heads: found.map(
      (rows, head) =>
      matmul(rows, through.subarray(head * d_head * columns, (head + 1) * d_head * columns), asked.length, columns), // prettier-ignore
    ),
    rest,
  };
}

/** A gate for each head: 0 for those removed, 1 for the others. */
export function gatesWithout(num_heads: number, removed: readonly number[]): Float32Array {
  return Float32Array.from({ length: num_heads }, (_, head) => Number(!removed.includes(head)));
}

/** The logits at these gates, [place, answer, class]. */
export function logitsAt({ heads, rest }: HeadLogits, gates: ArrayLike<number>): Float64Array {
  const logits = new Float64Array(heads[0]!.length);
  for (let i = 0; i < logits.length; i++) logits[i] = rest[i % rest.length]!;
  heads.forEach((added, head) => {
    const gate = gates[head]!;
    if (gate) for (let i = 0; i < logits.length; i++) logits[i]! += gate * added[i]!;
  });
  return logits;
}

/** How often the reader is right at these gates. */
export function sharesAt(found: HeadLogits, gates: ArrayLike<number>): Shares {
  return sharesOf(found, logitsAt(found, gates));
}

function sharesOf({ classes, targets, rest }: HeadLogits, logits: Float64Array): Shares {
  const answers = rest.length / classes;
  let [right, whole] = [0, 0];
  for (let place = 0; place < targets.length; place += answers) {
    let here = 0;
    for (let m = 0; m < answers; m++) {
      const start = (place + m) * classes;
      let best = 0;
      for (let i = 1; i < classes; i++) if (logits[start + i]! > logits[start + best]!) best = i;
      here += Number(best === targets[place + m]);
    }
    right += here;
    whole += Number(here === answers);
  }
  return { accuracy: right / targets.length, all_right: whole / (targets.length / answers) };
}

/** Probabilities of the classes of each answer, in place of its logits. */
function probabilities(logits: Float64Array, classes: number): Float64Array {
  for (let start = 0; start < logits.length; start += classes) {
    let top = -Infinity;
    for (let i = 0; i < classes; i++) top = Math.max(top, logits[start + i]!);
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += logits[start + i] = Math.exp(logits[start + i]! - top);
    for (let i = 0; i < classes; i++) logits[start + i]! /= sum;
  }
  return logits;
}

/** The logits once a head that was on is off. */
function without(logits: Float64Array, added: Float32Array): Float64Array {
  const left = new Float64Array(logits.length);
  for (let i = 0; i < left.length; i++) left[i] = logits[i]! - added[i]!;
  return left;
}

/** Mean cross entropy over all answers, in nats. */
export function lossAt(found: HeadLogits, gates: ArrayLike<number>): number {
  return lossOf(found, logitsAt(found, gates));
}

function lossOf({ classes, targets }: HeadLogits, logits: Float64Array): number {
  let sum = 0;
  targets.forEach((target, place) => {
    const start = place * classes;
    let top = -Infinity;
    for (let i = 0; i < classes; i++) top = Math.max(top, logits[start + i]!);
    let powers = 0;
    for (let i = 0; i < classes; i++) powers += Math.exp(logits[start + i]! - top);
    sum += Math.log(powers) + top - logits[start + target]!;
  });
  return sum / targets.length;
}

/** Mean over sequences of |dL / dgate| at gates of 1, in nats, [head] (Michel, Levy and Neubig 2019, equation 2): the
 * slope along a gate is the product of dL / dlogits with what the head adds to them. */
export function gateGradients(found: HeadLogits): Float64Array {
  const { classes, sequences, sequenceOf, targets, heads, rest } = found;
  const slope = probabilities(logitsAt(found, heads.map(() => 1)), classes); // prettier-ignore
  targets.forEach((target, place) => (slope[place * classes + target]! -= 1));
  return Float64Array.from(heads, (added) => {
    const sums = new Float64Array(sequences);
    for (let i = 0; i < added.length; i++) {
      sums[sequenceOf[Math.floor(i / rest.length)]!]! += slope[i]! * added[i]!;
    }
    // the loss is a mean over all answers; here each sequence's is counted as if it stood for all of them
    return sums.reduce((sum, value) => sum + Math.abs(value), 0) / targets.length;
  });
}

/** Heads from the one whose gate the loss feels least to the one that it feels most. */
export function orderByGradient(gradients: ArrayLike<number>): number[] {
  return Array.from(gradients, (_, head) => head).sort((a, b) => gradients[a]! - gradients[b]!);
}

/** The loss without each head alone, [head]. */
export function lossWithoutEach(found: HeadLogits): number[] {
  const logits = logitsAt(found, gatesWithout(found.heads.length, []));
  return found.heads.map((added) => lossOf(found, without(logits, added)));
}

/** Heads in a greedy order: at each turn the head goes without which the loss is smallest. */
export function orderByAblation(found: HeadLogits): number[] {
  const left = found.heads.map((_, head) => head);
  const removed: number[] = [];
  let logits = logitsAt(found, gatesWithout(left.length, []));
  while (left.length) {
    const losses = left.map((head) => lossOf(found, without(logits, found.heads[head]!)));
    const [head] = left.splice(losses.indexOf(Math.min(...losses)), 1);
    removed.push(head!);
    logits = without(logits, found.heads[head!]!);
  }
  return removed;
}

/** Shares as heads go in this order: of the whole model first, then after each removal. */
export function accuracyCurve(found: HeadLogits, order: readonly number[]): Shares[] {
  let logits = logitsAt(found, gatesWithout(found.heads.length, []));
  const shares = [sharesOf(found, logits)];
  for (const head of order) {
    logits = without(logits, found.heads[head]!);
    shares.push(sharesOf(found, logits));
  }
  return shares;
}

/** All that does not depend on which heads are off. */
export interface Importance {
  readonly gradients: Float64Array;
  /** the loss of the whole model, and without each head alone, in nats */
  readonly loss: number;
  readonly without: readonly number[];
  readonly by_gradient: readonly number[];
  readonly by_ablation: readonly number[];
}

/** How much each head matters, measured on sequences of their own. */
export function importanceOf(reader: TrainedReader): Importance {
  const found = headLogits(reader, FRESH + ORDERING, ORDER_COUNT);
  const gradients = gateGradients(found);
  return {
    gradients,
    loss: lossAt(found, gatesWithout(reader.num_heads, [])),
    without: lossWithoutEach(found),
    by_gradient: orderByGradient(gradients),
    by_ablation: orderByAblation(found),
  };
}

/** The sequences that orders are judged on. */
export function judged(reader: TrainedReader): HeadLogits {
  return headLogits(reader, FRESH, JUDGE_COUNT);
}

/** null, or one sentence that says why these heads are no order. */
export function checkOrder(order: unknown, num_heads: number): string | null {
  const heads = Array.isArray(order) ? (order as unknown[]) : [NaN];
  const fits = (head: unknown) =>
    Number.isInteger(head) && (head as number) >= 0 && (head as number) < num_heads;
  if (heads.every(fits) && new Set(heads).size === heads.length) return null;
  return `by_hand should hold heads 0 to ${num_heads - 1}, each once at most, got [${heads.join(", ")}].`;
}
