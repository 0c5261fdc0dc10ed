import assert from "node:assert/strict";
import { test } from "node:test";

import { readings, type Followed, type Params, type Readings } from "../../widgets/core/index";

const params: Params = {
  text: "she read the old book",
  num_heads: 3,
  d_model: 6,
  d_head: null,
  causal: false,
  temperature: 1,
  seed: 2,
  source: "random",
};

function pass(changes: Partial<Params> = {}, followed: Followed = "q"): Readings {
  const answer = readings({ ...params, ...changes }, followed);
  assert.ok(!("error" in answer), JSON.stringify(answer));
  return answer;
}

test("a small matrix for each head gives the numbers of one big matrix, to the last bit", () => {
  for (const followed of ["q", "k", "v"] as const) {
    const { projected, sliced, sliced_gap } = pass({}, followed);
    assert.deepEqual(sliced, projected);
    assert.equal(sliced_gap, 0);
  }
});

test("the heads of the layer are the columns of the big product", () => {
  for (const followed of ["q", "k", "v"] as const) {
    const found = pass({}, followed);
    for (let head = 0; head < 3; head++) {
      for (let token = 0; token < 5; token++) {
        const own = found[followed].subarray((head * 5 + token) * 2, (head * 5 + token + 1) * 2);
        assert.deepEqual(own, found.projected.subarray(token * 6 + head * 2, token * 6 + head * 2 + 2));
      }
    }
  }
});

test("cutting x first sums over a slice alone: one number by hand", () => {
  const { x, w, cut_first } = pass();
  const [token, column] = [4, 3]; // the second column of head 1, whose slice is 2, 3
  const byHand = x[token * 6 + 2]! * w[2 * 6 + column]! + x[token * 6 + 3]! * w[3 * 6 + column]!;
  assert.ok(Math.abs(cut_first[token * 6 + column]! - byHand) < 1e-6);
});

test("cutting x first is another function, in the projection and in the output", () => {
  const { cut_gap, output_gap, cut_first, projected } = pass();
  const apart = cut_first.map((value, i) => Math.abs(value - projected[i]!));
  assert.ok(Math.abs(cut_gap - Math.max(...apart)) < 1e-6);
  assert.ok(cut_gap > 0.5 && output_gap > 0.1, `${cut_gap} ${output_gap}`);
});

test("with one head there is nothing to cut", () => {
  const { cut_gap, output_gap } = pass({ num_heads: 1 });
  assert.deepEqual([cut_gap, output_gap], [0, 0]);
});

test("a head count that does not divide d_model gets the sentence of the layer", () => {
  const answer = readings({ ...params, num_heads: 4 }, "q");
  assert.deepEqual(answer, {
    error: "d_model = 6 cannot be split into 4 equal heads. Try 3 or 6.",
  });
});
