import assert from "node:assert/strict";
import { test } from "node:test";

import {
  causalMask,
  compute,
  concatenate,
  embed,
  randomWeights,
  softmax,
  traceAttention,
  type Params,
  type Trace,
} from "../../widgets/core/index";

const shape = { seq: 5, d_model: 6, num_heads: 2, d_head: 3 };
const x = embed("we saw her two ducks", 6, 1);
const weights = randomWeights(6, 6, 1);
const params: Params = {
  text: "we saw her two ducks",
  num_heads: 2,
  d_model: 12,
  d_head: null,
  causal: false,
  temperature: 1,
  seed: 1,
  source: "random",
};

function mustCompute(changes: Partial<Params> = {}): Trace {
  const answer = compute({ ...params, ...changes });
  assert.ok(!("error" in answer), JSON.stringify(answer));
  return answer;
}

function rowSums(array: Float32Array, length: number): number[] {
  return Array.from({ length: array.length / length }, (_, row) =>
    array.subarray(row * length, (row + 1) * length).reduce((sum, value) => sum + value, 0),
  );
}

function near(one: number, two: number): void {
  assert.ok(Math.abs(one - two) < 1e-5, `${one} is not ${two}`);
}

test("a case worked by hand: two tokens, one head of width 1", () => {
  const identity = { w_q: [2], w_k: [1], w_v: [10], w_o: [3] };
  const hand = traceAttention(
    Float32Array.of(1, 0),
    {
      w_q: Float32Array.from(identity.w_q),
      w_k: Float32Array.from(identity.w_k),
      w_v: Float32Array.from(identity.w_v),
      w_o: Float32Array.from(identity.w_o),
    },
    { seq: 2, d_model: 1, num_heads: 1, d_head: 1 },
    { temperature: 2 },
  );
  assert.deepEqual([...hand.scores], [1, 0, 0, 0]); // 2·1 / (√1 · 2)
  const share = Math.E / (Math.E + 1);
  near(hand.attn[0]!, share);
  near(hand.z[0]!, 10 * share);
  near(hand.output[0]!, 30 * share);
  near(hand.output[1]!, 15);
});

test("scores are dot products over the root of d_head, times the temperature", () => {
  const { q, k, scores } = traceAttention(x, weights, shape, { temperature: 0.7 });
  const [head, query, key] = [1, 4, 2];
  let dot = 0;
  for (let i = 0; i < 3; i++) dot += q[(head * 5 + query) * 3 + i]! * k[(head * 5 + key) * 3 + i]!;
  near(scores[(head * 5 + query) * 5 + key]!, dot / (Math.sqrt(3) * 0.7));
});

test("each query spends exactly one unit of attention", () => {
  for (const sum of rowSums(traceAttention(x, weights, shape).attn, 5)) near(sum, 1);
});

test("a query that may look at nothing gets zeros everywhere", () => {
  const mask = new Uint8Array(25).fill(1).fill(0, 10, 15); // the third token
  const masked = traceAttention(x, weights, shape, { mask });
  for (const head of [0, 1]) {
    const row = head * 5 + 2;
    assert.deepEqual([...masked.scores.subarray(row * 5, row * 5 + 5)], Array(5).fill(-Infinity));
    assert.deepEqual([...masked.attn.subarray(row * 5, row * 5 + 5)], Array(5).fill(0));
    assert.deepEqual([...masked.z.subarray(row * 3, row * 3 + 3)], Array(3).fill(0));
    assert.deepEqual([...masked.contributions.subarray(row * 6, row * 6 + 6)], Array(6).fill(0));
  }
  assert.deepEqual([...masked.output.subarray(12, 18)], Array(6).fill(0));
});

test("under the causal mask a change of a later word leaves earlier outputs as they were", () => {
  const one = mustCompute({ causal: true });
  const two = mustCompute({ causal: true, text: "we saw her two cats" });
  assert.deepEqual(one.output.subarray(0, 4 * 12), two.output.subarray(0, 4 * 12));
  assert.notDeepEqual(one.output.subarray(4 * 12), two.output.subarray(4 * 12));
  assert.deepEqual([...causalMask(3)], [1, 0, 0, 1, 1, 0, 1, 1, 1]);
});

test("the contributions of the heads add up to the output", () => {
  const { contributions, output } = traceAttention(x, weights, shape, {
    gates: Float32Array.of(0.5, 2),
  });
  for (let i = 0; i < 30; i++) near(contributions[i]! + contributions[30 + i]!, output[i]!);
});

test("a gate scales what its head adds, and leaves z and the other head alone", () => {
  const open = traceAttention(x, weights, shape);
  const gated = traceAttention(x, weights, shape, {
    gates: Float32Array.of(0, 3),
  });
  assert.deepEqual(gated.z, open.z);
  assert.ok(gated.contributions.subarray(0, 30).every((number) => number === 0));
  for (let i = 30; i < 60; i++) near(gated.contributions[i]!, 3 * open.contributions[i]!);
});

test("head i is columns i·d_head to (i+1)·d_head of the concatenation", () => {
  const { z } = traceAttention(x, weights, shape);
  const concat = concatenate(z, shape);
  assert.equal(concat[4 * 6 + 5], z[(1 * 5 + 4) * 3 + 2]);
  assert.equal(concat[4 * 6 + 1], z[(0 * 5 + 4) * 3 + 1]);
});

test("changing num_heads at fixed d_model leaves q, k, v side by side unchanged", () => {
  const sideBySide = (num_heads: number) => {
    const trace = mustCompute({ num_heads });
    const size = { seq: 5, d_model: 12, num_heads, d_head: 12 / num_heads };
    return [trace.q, trace.k, trace.v].map((heads) => concatenate(heads, size));
  };
  for (const num_heads of [2, 3, 4, 6, 12]) assert.deepEqual(sideBySide(num_heads), sideBySide(1));
});

test("more heads of the same width leave the first heads' contributions unchanged", () => {
  const few = mustCompute({ num_heads: 2, d_head: 5 });
  const more = mustCompute({ num_heads: 3, d_head: 5 });
  assert.deepEqual(more.contributions.subarray(0, few.contributions.length), few.contributions);
});

test("a low temperature sharpens and a high one flattens", () => {
  const peak = (temperature: number) => Math.max(...mustCompute({ temperature }).attn);
  assert.ok(peak(0.05) > 0.99 && peak(20) < 0.25, `${peak(0.05)} ${peak(20)}`);
});

test("softmax does not overflow", () => {
  assert.deepEqual([...softmax(Float32Array.of(3e38, 3e38, -3e38), 3)], [0.5, 0.5, 0]);
});

test("an answer does not change when other answers are computed in between", () => {
  const before = mustCompute();
  const copy = before.output.slice();
  for (let seed = 2; seed < 9; seed++) mustCompute({ seed });
  assert.deepEqual(before.output, copy);
  assert.deepEqual(mustCompute().output, copy);
});

test("bad parameters give a sentence, not an exception", () => {
  assert.deepEqual(compute({ ...params, num_heads: 5 }), {
    error: "d_model = 12 cannot be split into 5 equal heads. Try 4 or 6.",
  });
});
