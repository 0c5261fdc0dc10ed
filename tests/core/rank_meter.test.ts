import assert from "node:assert/strict";
import { test } from "node:test";

import {
  headRanks,
  numericalRank,
  rankTolerance,
  singularValues,
  type HeadRanks,
  type RankParams,
} from "../../widgets/core/index";

const WORDS = Array.from({ length: 32 }, (_, i) => `word${i}`).join(" ");
const params: RankParams = { text: WORDS, num_heads: 8, d_model: 64, seed: 1, source: "random", head: 0 };

function ranks(change: Partial<RankParams> = {}): HeadRanks {
  const found = headRanks({ ...params, ...change });
  if ("error" in found) throw new Error(found.error);
  return found;
}

function near(got: ArrayLike<number>, wanted: number[]): void {
  assert.equal(got.length, wanted.length);
  wanted.forEach((value, i) => assert.ok(Math.abs(got[i]! - value) <= 1e-14 * wanted[0]!, `${i}: ${got[i]}`));
}

test("singular values of matrices worked by hand", () => {
  near(singularValues([3, 0, 0, -4], 2, 2), [4, 3]);
  near(singularValues([1, 1, 1, 1], 2, 2), [2, 0]);
  near(singularValues([3, 4], 1, 2), [5]);
  near(singularValues([3, 4], 2, 1), [5]);
  near(singularValues([1, 2, 3, 4, 5, 6], 2, 3), [9.508032000695724, 0.7728696356734841]);
  near(singularValues([0, 0, 0, 0, 0, 0], 3, 2), [0, 0]);
});

test("a matrix and its transpose have the same singular values", () => {
  const matrix = Float64Array.from({ length: 35 }, (_, i) => Math.sin(i * i));
  const turned = Float64Array.from({ length: 35 }, (_, i) => matrix[(i % 7) * 5 + Math.floor(i / 7)]!);
  near(singularValues(matrix, 7, 5), [...singularValues(turned, 5, 7)]);
});

test("a small singular value beside a large one is not lost", () => {
  near(singularValues([1e-9, 0, 0, 1e6], 2, 2), [1e6, 1e-9]);
  assert.ok(Math.abs(singularValues([1e-9, 0, 0, 1e6], 2, 2)[1]! / 1e-9 - 1) < 1e-12);
});

test("a Hilbert matrix, whose values span many powers of ten, keeps its determinant", () => {
  const hilbert = Array.from({ length: 25 }, (_, i) => 1 / ((i % 5) + Math.floor(i / 5) + 1));
  const product = singularValues(hilbert, 5, 5).reduce((all, value) => all * value, 1);
  assert.ok(Math.abs(product * 266716800000 - 1) < 1e-9, "1 / 266716800000 is the determinant");
});

test("two mirrors around a diagonal matrix leave its singular values", () => {
  const wanted = [90, 7, 5, 5, 3, 0.25, 1e-3, 1e-9];
  const [rows, columns] = [11, wanted.length];
  const mirror = (size: number, phase: number) => {
    const axis = Array.from({ length: size }, (_, i) => Math.sin(phase + 1.7 * i));
    const square = axis.reduce((sum, value) => sum + value * value, 0);
    return (i: number, j: number) => Number(i === j) - (2 * axis[i]! * axis[j]!) / square;
  };
  const [left, right] = [mirror(rows, 1), mirror(columns, 2)];
  const matrix = Array.from({ length: rows * columns }, (_, i) =>
    wanted.reduce(
      (sum, value, k) => sum + left(Math.floor(i / columns), k) * value * right(k, i % columns),
      0,
    ),
  );
  near(singularValues(matrix, rows, columns), wanted);
});

test("NaN does not turn for ever", () => {
  assert.ok(singularValues([NaN, 1, 2, 3], 2, 2).some(Number.isNaN));
});

test("the tolerance is that of torch and numpy: largest value x longest side x epsilon", () => {
  const values = Float64Array.of(2, 7 * 2 * 2 ** -52 * 1.001, 7 * 2 * 2 ** -52 * 0.999);
  assert.equal(rankTolerance(values, 3, 7), 7 * 2 * 2 ** -52);
  assert.equal(numericalRank(values, 3, 7), 2);
  assert.equal(numericalRank(Float64Array.of(0, 0), 2, 2), 0);
});

test("the rank of a head's scores is d_head where that is smaller than the sentence, and the softmax lifts it", () => {
  for (const [num_heads, rank] of [
    [1, 32],
    [2, 32],
    [4, 16],
    [8, 8],
    [16, 4],
    [32, 2],
    [64, 1],
  ] as const) {
    // prettier-ignore
    const found = ranks({ num_heads });
    while (found.more!());
    assert.deepEqual(
      [...found.scores_ranks],
      Array.from({ length: num_heads }, () => rank),
    );
    assert.equal(found.sum_rank, 32);
    if (rank === 1) assert.ok(Math.min(...found.attn_ranks) > 8, `${found.attn_ranks}`);
    else assert.ok(Math.min(...found.attn_ranks) >= 31, `${found.attn_ranks}`);
  }
});

test("the chosen head comes first and the others when they are asked for", () => {
  const found = ranks({ head: 5, seed: 77 });
  assert.equal(found.scores_ranks[5], 8);
  assert.equal(found.scores_ranks[4], -1);
  assert.ok(Number.isNaN(found.scores_values[4 * 32]));
  while (found.more!());
  assert.equal(found.scores_ranks[4], 8);
  assert.ok(!Array.from(found.scores_values).some(Number.isNaN));
});

test("bad input gets one sentence", () => {
  const says = (change: Partial<RankParams>) =>
    (headRanks({ ...params, ...change }) as { error: string }).error;
  assert.match(says({ num_heads: 5 }), /^d_model = 64 cannot be split into 5 equal heads\. Try 4 or 8\.$/);
  assert.match(says({ text: "a ".repeat(65) }), /At most 64 fit in this picture: shorten it\.$/);
  assert.match(says({ text: "" }), /^The sentence is empty/);
  assert.match(says({ head: NaN }), /head should be a whole number/);
});
