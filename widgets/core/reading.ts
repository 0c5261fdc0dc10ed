/** What the reader makes of a sequence, and how much of it is right. Twin of mha_lessons/experiments/model.py and
 * evaluation.py, without torch. */

import { concatenate, mix, scoreHeads, softmax, type Shape } from "./attention";
import { affine, columns } from "./matrices";
import type { ReaderWeights } from "./reader";
import { NOT_ASKED, type Task } from "./task";

export const NORM_EPSILON = 1e-5;

/** What the reader computes on one sequence. */
export interface Reading {
  /** [head, query, d_head], as `k`, `v` and `z` */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [head, query, key] */
  readonly scores: Float32Array;
  /** [head, query, key] */
  readonly attn: Float32Array;
  readonly z: Float32Array;
  /** [query, d_model], before the MLP */
  readonly output: Float32Array;
  /** [query, answer, class] */
  readonly logits: Float32Array;
}

/** The reader on one sequence `tokens` [length]. */
export function readSequence(
  task: Task,
  weights: ReaderWeights,
  num_heads: number,
  tokens: ArrayLike<number>,
): Reading {
  const { length, d_model, looks_by } = task;
  const symbols = new Float32Array(length * d_model);
  for (let t = 0; t < length; t++) {
    symbols.set(weights["tokens"]!.subarray(tokens[t]! * d_model, (tokens[t]! + 1) * d_model), t * d_model);
  }
  const places = weights["positions"]!;
  const both = () => symbols.map((value, i) => value + places[i]!);
  const [looking, found] = looks_by === "position" ? [places, symbols] : Array<Float32Array>(2).fill(both());
  const concat = weights["w_o"]!.length / d_model;
  const shape: Shape = { seq: length, d_model, num_heads, d_head: concat / num_heads };
  const project = (x: Float32Array, part: number) => {
    const matrix = columns(weights["w_qkv"]!, d_model, 3 * concat, part * concat, concat);
    const bias = weights["b_qkv"]!.subarray(part * concat, (part + 1) * concat);
    return cutHeads(affine(x, matrix, bias), shape);
  };
  const [q, k, v] = [project(looking!, 0), project(looking!, 1), project(found!, 2)];
  const scores = scoreHeads(q, k, shape);
  const attn = softmax(scores, length);
  const z = mix(attn, v, shape);
  const output = affine(concatenate(z, shape), weights["w_o"]!, weights["b_o"]!);
  const read = "w_in" in weights ? addMlp(output, weights, length) : output;
  const logits = affine(read, weights["w_read"]!, weights["b_read"]!);
  return { q, k, v, scores, attn, z, output, logits };
}

/** The class that each answer takes, [query, answer]: the largest logit, the first of equal ones. */
export function answersOf(task: Task, logits: Float32Array): Int32Array {
  const { classes } = task;
  return Int32Array.from({ length: logits.length / classes }, (_, place) => {
    let best = 0;
    for (let i = 1; i < classes; i++)
      if (logits[place * classes + i]! > logits[place * classes + best]!) best = i;
    return best;
  });
}

/** Right look-ups, asked look-ups, and the same of positions with all their answers right. */
export interface Score {
  right: number;
  asked: number;
  whole: number;
  positions: number;
}

/** Add to `score` what these answers are worth. */
export function mark(task: Task, said: ArrayLike<number>, targets: ArrayLike<number>, score: Score): Score {
  const { answers } = task;
  for (let place = 0; place < targets.length; place += answers) {
    let [asked, right] = [0, 0];
    for (let m = 0; m < answers; m++) {
      if (targets[place + m] === NOT_ASKED) continue;
      asked++;
      if (said[place + m] === targets[place + m]) right++;
    }
    score.asked += asked;
    score.right += right;
    score.positions += Number(asked > 0);
    score.whole += Number(asked > 0 && right === asked);
  }
  return score;
}

/** [seq, head · d_head] as [head, seq, d_head]. */
function cutHeads(x: Float32Array, { seq, num_heads, d_head }: Shape): Float32Array {
  const cut = new Float32Array(x.length);
  for (let head = 0; head < num_heads; head++) {
    for (let t = 0; t < seq; t++) {
      const start = (t * num_heads + head) * d_head;
      cut.set(x.subarray(start, start + d_head), (head * seq + t) * d_head);
    }
  }
  return cut;
}

/** out + gelu(norm(out) w_in + b_in) w_out + b_out. */
function addMlp(out: Float32Array, weights: ReaderWeights, n: number): Float32Array {
  const d_model = out.length / n;
  const normed = new Float32Array(out.length);
  for (let row = 0; row < n; row++) {
    const values = out.subarray(row * d_model, (row + 1) * d_model);
    const mean = values.reduce((sum, value) => sum + value, 0) / d_model;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / d_model;
    const scale = 1 / Math.sqrt(variance + NORM_EPSILON);
    values.forEach((value, i) => {
      normed[row * d_model + i] = (value - mean) * scale * weights["norm_w"]![i]! + weights["norm_b"]![i]!;
    });
  }
  const hidden = affine(normed, weights["w_in"]!, weights["b_in"]!).map(gelu);
  return affine(hidden, weights["w_out"]!, weights["b_out"]!).map((value, i) => value + out[i]!);
}

function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}
