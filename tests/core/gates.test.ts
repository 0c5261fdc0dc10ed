import assert from "node:assert/strict";
import { test } from "node:test";

import {
  allGates,
  givenSum,
  headSum,
  movement,
  norm,
  partNames,
  shares,
  type Failure,
  type Given,
  type HeadSum,
  type Params,
} from "../../widgets/core/index";

const params: Params = {
  text: "we saw her two ducks",
  num_heads: 3,
  d_model: 12,
  d_head: 2,
  causal: false,
  temperature: 1,
  seed: 1,
  source: "random",
};

function sum(gates: number[], changes: Partial<Params> = {}): HeadSum {
  const answer = headSum({ ...params, ...changes }, gates);
  assert.ok(!("error" in answer), JSON.stringify(answer));
  return answer;
}

function near(one: number, two: number, within = 1e-5): void {
  assert.ok(Math.abs(one - two) <= within, `${one} is not ${two}`);
}

test("a case worked by hand: up against right is √2 times the length, and a right angle", () => {
  const { change, relative, angle } = movement(Float32Array.of(0, 3, 2, 0), Float32Array.of(3, 0, 1, 0), 2);
  near(change[0]!, 3 * Math.SQRT2);
  near(relative[0]!, Math.SQRT2);
  near(angle[0]!, 90);
  near(change[1]!, 1); // twice as long in the same direction
  assert.equal(angle[1], 0);
});

test("opposite vectors are 180 degrees apart, and a zero vector has no direction", () => {
  const { angle, relative } = movement(Float32Array.of(-1, -2, 0, 0), Float32Array.of(1, 2, 1, 2), 2);
  near(angle[0]!, 180);
  assert.ok(Number.isNaN(angle[1]));
  near(relative[1]!, 1);
});

test("a small angle is not lost to rounding", () => {
  const { angle } = movement(Float32Array.of(1, 1e-6), Float32Array.of(1, 0), 2);
  near(angle[0]!, (1e-6 * 180) / Math.PI, 1e-11);
});

test("with all gates at 1 nothing has moved, not by one bit", () => {
  const { change, angle, output, reference } = sum([]);
  assert.deepEqual(output, reference);
  assert.ok([...change, ...angle].every((value) => value === 0));
});

test("closing one gate takes away exactly what its head adds", () => {
  for (const head of [0, 1, 2]) {
    const { output, reference, contributions, change } = sum([0, 1, 2].map((i) => Number(i !== head)));
    const part = contributions.subarray(head * output.length, (head + 1) * output.length);
    part.forEach((value, i) => near(reference[i]! - output[i]!, value));
    for (let query = 0; query < 5; query++)
      near(change[query]!, norm(part.subarray(query * 12, (query + 1) * 12)));
  }
});

test("doubling every head doubles the output and turns nothing", () => {
  const { output, reference, relative, angle } = sum([2, 2, 2]);
  assert.deepEqual(output, reference.map((value) => 2 * value)); // prettier-ignore
  relative.forEach((value) => near(value, 1));
  angle.forEach((value) => near(value, 0));
});

test("contributions are those of gate 1, whatever the gates are", () => {
  assert.deepEqual(sum([0, -3, 0.5]).contributions, sum([]).contributions);
});

test("the shares of the heads add up to the whole output", () => {
  const found = sum([0.5, 2, -1]);
  for (let query = 0; query < 5; query++)
    near(shares(found, query).reduce((all, share) => all + share, 0), 1, 1e-5); // prettier-ignore
});

test("tensors handed in, by hand: two heads of two numbers and a bias, one gate closed", () => {
  const numbers = Float32Array.of(1, 2, 3, 4, 10, 20, 14, 26.5); // contributions, bias, output
  const given: Given = {
    tokens: ["a"],
    num_heads: 2,
    d_model: 2,
    d_head: 1,
    fields: [["contributions", 4], ["bias", 2], ["output", 2]], // prettier-ignore
    data: btoa(String.fromCharCode(...new Uint8Array(numbers.buffer))),
  };
  const found = givenSum(given, [1, 0]) as HeadSum;
  assert.deepEqual([...found.output, ...found.reference], [11, 22, 14, 26]);
  assert.equal(found.gap, 0.5, "the layer's own output is what the sum is held against");
  assert.equal(found.change_gap, 0);
  assert.deepEqual(partNames(found), ["head 0", "head 1", "bias"]);
  near(shares(found, 0).reduce((all, share) => all + share, 0), 1); // prettier-ignore
  assert.match((givenSum(given, [NaN]) as Failure).error, /got NaN for head 0/);
});

test("a short list of gates means 1 for the rest, and what is over is not used", () => {
  assert.deepEqual([...allGates([0.5], 3)], [0.5, 1, 1]);
  assert.deepEqual([...allGates([1, 2, 3, 4], 2)], [1, 2]);
  assert.deepEqual(sum([1, 1, 1, 7]).output, sum([]).output);
});

test("a bad gate or a bad sentence gets one sentence, the layer's fault first", () => {
  assert.deepEqual(headSum({ ...params, text: " " }, [99]), {
    error: "The sentence is empty. Type at least one word.",
  });
  const { error } = headSum(params, [0, NaN]) as { error: string };
  assert.match(error, /^gates should be a list of numbers .* got NaN for head 1\.$/);
});
