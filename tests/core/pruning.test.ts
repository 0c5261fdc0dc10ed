import assert from "node:assert/strict";
import { test } from "node:test";

import { FRESH, initialWeights, juggling, nearFar, sequences } from "../../widgets/core/index";
import {
  accuracyCurve,
  checkOrder,
  gateGradients,
  gatesWithout,
  headLogits,
  logitsAt,
  lossAt,
  lossWithoutEach,
  orderByAblation,
  orderByGradient,
  sharesAt,
  type TrainedReader,
} from "../../widgets/core/pruning";
import { lossAndSlopes } from "../../widgets/core/reader_slopes";
import { Retraining } from "../../widgets/core/retraining";
import { half, readSafetensors } from "../../widgets/core/safetensors";
import { readerOf } from "../../widgets/core/trained_reader";

const task = juggling(2, 5, 3, 12);
const reader: TrainedReader = {
  task,
  weights: initialWeights(task, 12, 4, false),
  num_heads: 3,
  seed: 9,
};
const found = headLogits(reader, FRESH, 7);

/** A safetensors file of these tensors of one dimension. */
function file(tensors: Record<string, [dtype: string, bytes: number[]]>, metadata = {}): Uint8Array {
  let end = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, bytes]]) => {
    const start = end;
    return [name, { dtype, shape: [], data_offsets: [start, (end += bytes.length)] }];
  });
  const header = new TextEncoder().encode(
    JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }),
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true);
  return Uint8Array.from([...length, ...header, ...Object.values(tensors).flatMap(([, bytes]) => bytes)]);
}

test("a float16 is read as IEEE 754 has it, down to the smallest", () => {
  const bits = [0x0000, 0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x8400, 0x7c00, 0xfc00];
  const wanted = [0, 1, -2, 0.333251953125, 65504, 2 ** -24, -(2 ** -14), Infinity, -Infinity];
  assert.deepEqual(bits.map(half), wanted);
  assert.ok(Number.isNaN(half(0x7e00)));
});

test("a file of weights gives its tensors and what it says of itself, wherever its bytes lie", () => {
  const bytes = file({ a: ["F16", [0x00, 0x3c, 0x00, 0xc0]], b: ["F32", [0, 0, 0x80, 0x3f]] }, { seed: "7" });
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  const { tensors, metadata } = readSafetensors(moved.subarray(3));
  assert.deepEqual([...tensors["a"]!], [1, -2]);
  assert.deepEqual([...tensors["b"]!], [1]);
  assert.deepEqual(metadata, { seed: "7" });
});

test("a file that is cut off, of another type or of no task gets a sentence", () => {
  const whole = file({ a: ["F32", [0, 0, 0, 0]] });
  assert.throws(() => readSafetensors(whole.subarray(0, whole.length - 1)), /cut off/);
  assert.throws(() => readSafetensors(whole.subarray(0, 5)), /cut off/);
  assert.throws(() => readSafetensors(file({ a: ["I64", [0]] })), /should be F16 or F32, got I64/);
  assert.throws(() => readerOf(whole), /names no task of the page/);
  const settings = { settings: JSON.stringify({ experiment: "binding" }) };
  assert.throws(
    () => readerOf(file({ w_o: ["F16", [0, 0]] }, settings)),
    /should hold tokens with 1152 numbers/,
  );
});

test("with all gates at 0 every position gives the same logits", () => {
  const logits = logitsAt(found, [0, 0, 0]);
  assert.deepEqual([...logits.subarray(0, found.rest.length)], [...found.rest]);
  assert.deepEqual(new Set(logits).size, new Set(found.rest).size);
});

test("only positions that are asked are kept, in their sequences", () => {
  const far = nearFar(9, 4, 12, [3]);
  const other = {
    task: far,
    weights: initialWeights(far, 12, 1, false),
    num_heads: 2,
    seed: 3,
  };
  const { targets } = sequences(far, 3, FRESH, 4);
  const asked = Array.from(targets, (target, i) => [target, Math.floor(i / 18)] as const).filter(
    ([t]) => t >= 0,
  );
  const kept = headLogits(other, FRESH, 4);
  assert.deepEqual([...kept.targets], asked.map(([target]) => target)); // prettier-ignore
  assert.deepEqual([...kept.sequenceOf], asked.filter((_, i) => i % 2 === 0).map(([, n]) => n)); // prettier-ignore
});

test("a gate's importance is the mean size of the slope of each sequence's loss there", () => {
  const step = 1e-3;
  gateGradients(found).forEach((gradient, head) => {
    let sum = 0;
    for (let n = 0; n < 7; n++) {
      const one = headLogits(reader, FRESH + n, 1);
      const at = (gate: number) => lossAt(one, [0, 1, 2].map((each) => (each === head ? gate : 1))); // prettier-ignore
      sum += Math.abs(at(1 + step) - at(1 - step)) / (2 * step);
    }
    assert.ok(Math.abs(gradient - sum / 7) < 1e-5 * (1 + gradient), `head ${head}`);
  });
});

test("the order by gradient starts with the gate that is felt least", () => {
  assert.deepEqual(orderByGradient([3, 1, 2]), [1, 2, 0]);
});

test("the order by ablation takes, at each turn, the head whose going leaves the smallest loss", () => {
  const order = orderByAblation(found);
  assert.deepEqual([...order].sort(), [0, 1, 2]);
  for (let turn = 0; turn < 3; turn++) {
    const gone = order.slice(0, turn);
    const loss = (head: number) => lossAt(found, gatesWithout(3, [...gone, head]));
    for (const other of order.slice(turn)) assert.ok(loss(order[turn]!) <= loss(other) + 1e-9);
  }
  assert.deepEqual(lossWithoutEach(found).map((loss) => loss.toFixed(9)), [0, 1, 2].map((head) => lossAt(found, gatesWithout(3, [head])).toFixed(9))); // prettier-ignore
});

test("a curve has the shares of the whole model first, then those without each next head", () => {
  const curve = accuracyCurve(found, [2, 0]);
  const wanted = [[], [2], [2, 0]].map((removed) => sharesAt(found, gatesWithout(3, removed)));
  assert.deepEqual(curve, wanted);
  assert.ok(new Set(curve.map(({ accuracy }) => accuracy)).size > 1, "the heads differ");
});

test("retraining leaves the reader it began with alone, and lowers the loss of what is left", () => {
  const before = reader.weights["w_o"]!.slice();
  const gates = gatesWithout(3, [1]);
  const training = new Retraining(reader, gates);
  const batch = sequences(task, 77, 0, 40);
  const loss = () => lossAndSlopes(task, training.weights, 3, gates, batch).loss;
  const start = loss();
  for (let step = 0; step < 30; step++) training.next();
  assert.ok(loss() < 0.8 * start, `${start} to ${loss()}`);
  assert.deepEqual(reader.weights["w_o"], before);
  assert.equal(training.steps, 30);
});

test("a loss out of bounds ends the retraining and changes nothing", () => {
  const wild = {
    ...reader,
    weights: {
      ...reader.weights,
      w_read: reader.weights["w_read"]!.map((w) => w * 1e9),
    },
  };
  const training = new Retraining(wild, gatesWithout(3, []));
  assert.equal(training.next(), null);
  assert.deepEqual(training.weights, wild.weights);
});

test("an order that is none gets a sentence", () => {
  assert.equal(checkOrder([2, 0], 3), null);
  assert.equal(checkOrder([1, 1], 3), "by_hand should hold heads 0 to 2, each once at most, got [1, 1].");
  for (const bad of [[3], [-1], [0.5], ["0"], null]) assert.ok(checkOrder(bad, 3), String(bad));
});
