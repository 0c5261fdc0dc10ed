/** The loss of a reader without an MLP on a batch, and its slope along every weight, each step of the way back by hand.
 *
 * Rows are positions, sequence after sequence. Where queries and keys see places only, all sequences share one `attn`. */

import { softmax } from "./attention";
import { affine, columns, columnSums, timesTurned, turnedTimes } from "./matrices";
import type { ReaderWeights } from "./reader";
import { NOT_ASKED, type Sequences, type Task } from "./task";

/** What came of a step: the loss of its batch and the share of right answers, both before the step. */
export interface Step {
  readonly loss: number;
  readonly accuracy: number;
}

/** Mean cross entropy over all answers of a batch, and its slope along every weight. */
export function lossAndSlopes(
  task: Task,
  weights: ReaderWeights,
  num_heads: number,
  gates: ArrayLike<number>,
  { tokens, targets }: Sequences,
): Step & { slopes: ReaderWeights } {
  const { d_model, looks_by, classes, answers } = task;
  const rows = tokens.length;
  const alone = looks_by === "position";
  const { shape, concat, places, looking, found, parts, q, k, v, attn, z } = attentionOf(
    task,
    weights,
    num_heads,
    tokens,
  );
  const gated = scaled(z, gates, shape);
  const out = affine(gated, weights["w_o"]!, weights["b_o"]!);
  const logits = affine(out, weights["w_read"]!, weights["b_read"]!);
  const { loss, accuracy, slope: d_logits } = crossEntropy(logits, targets, classes);

  const wide = answers * classes;
  const d_out = timesTurned(d_logits, weights["w_read"]!, wide);
  const d_z = scaled(timesTurned(d_out, weights["w_o"]!, d_model), gates, shape);
  const { d_q, d_k, d_v } = attendBack(d_z, q, k, v, attn, shape);
  const slopes: ReaderWeights = {
    w_read: turnedTimes(out, d_logits, rows),
    b_read: columnSums(d_logits, wide),
    w_o: turnedTimes(gated, d_out, rows),
    b_o: columnSums(d_out, d_model),
    w_qkv: new Float32Array(3 * d_model * concat),
    b_qkv: new Float32Array(3 * concat),
    tokens: new Float32Array(weights["tokens"]!.length),
    positions: new Float32Array(places.length),
  };
  const d_x = [d_q, d_k, d_v].map((slope, part) => {
    const x = part < 2 ? looking : found;
    const d_w = turnedTimes(x, slope, x.length / d_model);
    for (let row = 0; row < d_model; row++) {
      slopes["w_qkv"]!.set(d_w.subarray(row * concat, (row + 1) * concat), row * 3 * concat + part * concat);
    }
    slopes["b_qkv"]!.set(columnSums(slope, concat), part * concat);
    return timesTurned(slope, parts[part]!, concat);
  });
  d_x.forEach((slope, part) => {
    if (part < 2 || !alone) slope.forEach((value, i) => (slopes["positions"]![i % places.length]! += value));
    if (part < 2 && alone) return;
    slope.forEach((value, i) => {
      slopes["tokens"]![tokens[Math.floor(i / d_model)]! * d_model + (i % d_model)]! += value;
    });
  });
  return { loss, accuracy, slopes };
}

/** The attention layer on a batch, up to what each head finds: `z` is [row, head · d_head]. */
export function attentionOf(task: Task, weights: ReaderWeights, num_heads: number, tokens: Int32Array) {
  const { length: seq, d_model, looks_by } = task;
  const concat = weights["w_o"]!.length / d_model;
  const shape: Shape = { seq, num_heads, d_head: concat / num_heads, batch: tokens.length / seq };
  const symbols = new Float32Array(tokens.length * d_model);
  tokens.forEach((token, row) =>
    symbols.set(weights["tokens"]!.subarray(token * d_model, (token + 1) * d_model), row * d_model),
  );
  const places = weights["positions"]!;
  const alone = looks_by === "position";
  const found = alone ? symbols : symbols.map((value, i) => value + places[i % places.length]!);
  const looking = alone ? places : found;
  const parts = [0, 1, 2].map((part) =>
    columns(weights["w_qkv"]!, d_model, 3 * concat, part * concat, concat),
  );
  const project = (x: Float32Array, part: number) =>
    affine(x, parts[part]!, weights["b_qkv"]!.subarray(part * concat, (part + 1) * concat));
  const [q, k, v] = [project(looking, 0), project(looking, 1), project(found, 2)];
  const attn = attend(q, k, shape);
  const z = mix(attn, v, shape);
  return { shape, concat, places, looking, found, parts, q, k, v, attn, z };
}

interface Shape {
  readonly seq: number;
  readonly num_heads: number;
  readonly d_head: number;
  readonly batch: number;
}

/** Softmax of scaled scores, [group, head, query, key]; a group is a sequence, or all of them together. */
function attend(q: Float32Array, k: Float32Array, { seq, num_heads, d_head }: Shape): Float32Array {
  const concat = num_heads * d_head;
  const scores = new Float32Array((q.length / concat) * num_heads * seq);
  const scale = 1 / Math.sqrt(d_head);
  eachPair(scores.length, seq, concat, d_head, (i, query, key) => {
    let sum = 0;
    for (let j = 0; j < d_head; j++) sum += q[query + j]! * k[key + j]!;
    scores[i] = sum * scale;
  });
  return softmax(scores, seq);
}

/** attn v, [row, head · d_head]. */
function mix(attn: Float32Array, v: Float32Array, shape: Shape): Float32Array {
  const { seq, num_heads, d_head, batch } = shape;
  const concat = num_heads * d_head;
  const z = new Float32Array(v.length);
  eachPair(batch * num_heads * seq * seq, seq, concat, d_head, (i, query, key) => {
    const weight = attn[i % attn.length]!;
    for (let j = 0; j < d_head; j++) z[query + j]! += weight * v[key + j]!;
  });
  return z;
}

/** Slopes along q, k and v from those along z. */
function attendBack(
  d_z: Float32Array,
  q: Float32Array,
  k: Float32Array,
  v: Float32Array,
  attn: Float32Array,
  { seq, num_heads, d_head, batch }: Shape,
) {
  const concat = num_heads * d_head;
  const d_v = new Float32Array(v.length);
  const d_attn = new Float32Array(attn.length);
  eachPair(batch * num_heads * seq * seq, seq, concat, d_head, (i, query, key) => {
    const weight = attn[i % attn.length]!;
    let sum = 0;
    for (let j = 0; j < d_head; j++) {
      d_v[key + j]! += weight * d_z[query + j]!;
      sum += d_z[query + j]! * v[key + j]!;
    }
    d_attn[i % attn.length]! += sum;
  });
  const [d_q, d_k] = [new Float32Array(q.length), new Float32Array(k.length)];
  const scale = 1 / Math.sqrt(d_head);
  for (let row = 0; row < attn.length; row += seq) {
    let mean = 0;
    for (let key = 0; key < seq; key++) mean += attn[row + key]! * d_attn[row + key]!;
    for (let key = 0; key < seq; key++)
      d_attn[row + key] = attn[row + key]! * (d_attn[row + key]! - mean) * scale;
  }
  eachPair(attn.length, seq, concat, d_head, (i, query, key) => {
    const slope = d_attn[i]!;
    for (let j = 0; j < d_head; j++) {
      d_q[query + j]! += slope * k[key + j]!;
      d_k[key + j]! += slope * q[query + j]!;
    }
  });
  return { d_q, d_k, d_v };
}

/** Every pair of places of every head: its index in [group, head, query, key], and where query and key begin in rows of
 * `concat` numbers. */
function eachPair(
  count: number,
  seq: number,
  concat: number,
  d_head: number,
  visit: (i: number, query: number, key: number) => void,
): void {
  let i = 0;
  for (let first = 0; i < count; first += seq * concat) {
    for (let start = first; start < first + concat; start += d_head) {
      for (let query = 0; query < seq; query++) {
        for (let key = 0; key < seq; key++) visit(i++, start + query * concat, start + key * concat);
      }
    }
  }
}

/** Each head's part of the rows times its gate. */
function scaled(rows: Float32Array, gates: ArrayLike<number>, { num_heads, d_head }: Shape): Float32Array {
  return rows.map((value, i) => value * gates[Math.floor((i % (num_heads * d_head)) / d_head)]!);
}

function crossEntropy(logits: Float32Array, targets: Int32Array, classes: number) {
  const slope = new Float32Array(logits.length);
  const asked = targets.reduce((sum, target) => sum + Number(target !== NOT_ASKED), 0);
  let [loss, right] = [0, 0];
  targets.forEach((target, place) => {
    if (target === NOT_ASKED) return;
    const start = place * classes;
    let best = 0;
    for (let i = 1; i < classes; i++) if (logits[start + i]! > logits[start + best]!) best = i;
    let sum = 0;
    for (let i = 0; i < classes; i++) sum += Math.exp(logits[start + i]! - logits[start + best]!);
    loss += Math.log(sum) + logits[start + best]! - logits[start + target]!;
    right += Number(best === target);
    for (let i = 0; i < classes; i++) {
      const share = Math.exp(logits[start + i]! - logits[start + best]!) / sum;
      slope[start + i] = (share - Number(i === target)) / asked;
    }
  });
  return { loss: loss / asked, accuracy: right / asked, slope };
}
