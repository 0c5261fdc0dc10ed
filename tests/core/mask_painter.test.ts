import assert from "node:assert/strict";
import { test } from "node:test";

import {
  checkChoice,
  chosenMask,
  fitMask,
  maskedHead,
  plainSoftmax,
  PRESETS,
  readMask,
  writeMask,
  type MaskedParams,
  type MaskedHead,
  type Preset,
} from "../../widgets/core/index";

const params: MaskedParams = {
  text: "one two three four five",
  num_heads: 2,
  d_model: 16,
  seed: 3,
  source: "random",
  head: 1,
  preset: "painted",
  size: 2,
  mask: "10110 00000 11111 00001 01010",
};

function computed(change: Partial<MaskedParams> = {}): MaskedHead {
  const found = maskedHead({ ...params, ...change });
  if ("error" in found) throw new Error(found.error);
  return found;
}

test("each preset is the mask its name says", () => {
  const written: [Preset, number, string][] = [
    ["everyone", 2, "1111 1111 1111 1111"],
    ["causal", 2, "1000 1100 1110 1111"],
    ["padding", 1, "1110 1110 1110 1110"],
    ["padding", 9, "0000 0000 0000 0000"],
    ["window", 1, "1100 1110 0111 0011"],
    ["prefix", 2, "1100 1100 1110 1111"],
    ["block", 3, "1110 1110 1110 0001"],
  ];
  for (const [preset, size, mask] of written)
    assert.equal(writeMask(chosenMask({ preset, size, mask: "" }, 4)), mask, preset);
});

test("a painted mask goes on along its diagonals and is cut at its end", () => {
  for (const preset of ["everyone", "causal", "window"] as const) {
    const mask = (seq: number) => chosenMask({ preset, size: 1, mask: "" }, seq);
    assert.deepEqual(fitMask(mask(4), 7), mask(7), preset);
    assert.deepEqual(fitMask(mask(4), 3), mask(3), preset);
  }
  assert.equal(writeMask(fitMask(readMask(""), 2)), "11 11");
});

test("writing and reading a mask give it back", () => {
  const mask = "0110 0000 1111 1010";
  assert.equal(writeMask(readMask(mask)), mask);
});

test("masked weights are zero, rows that may look somewhere sum to 1, and a row that may not is all zeros", () => {
  const { after, mask, tokens } = computed();
  const seq = tokens.length;
  for (let query = 0; query < seq; query++) {
    const row = after.subarray(query * seq, (query + 1) * seq);
    const sum = row.reduce((total, weight) => total + weight, 0);
    assert.ok(Math.abs(sum - (query === 1 ? 0 : 1)) < 1e-6, `row ${query} sums to ${sum}`);
    row.forEach((weight, key) => assert.equal(weight > 0, Boolean(mask[query * seq + key])));
  }
});

test("the softmax as the formula gives NaN for a row of -inf, and there alone", () => {
  const { plain, after, plain_z, d_head } = computed();
  for (let i = 0; i < plain.length; i++) {
    if (Math.floor(i / 5) === 1) assert.ok(Number.isNaN(plain[i]));
    else assert.ok(Math.abs(plain[i]! - after[i]!) < 1e-6);
  }
  plain_z.forEach((value, i) => assert.equal(Number.isNaN(value), Math.floor(i / d_head) === 1));
  assert.deepEqual([...plainSoftmax(Float32Array.of(0, -Infinity), 2)], [1, 0]);
});

test("the wrong convention gives weight to exactly what the mask forbids", () => {
  const { wrong, mask } = computed();
  wrong.forEach((weight, i) => assert.equal(weight > 0, !mask[i] && Math.floor(i / 5) !== 2, `cell ${i}`));
});

test("a head that is not there becomes the last one", () => {
  assert.equal(computed({ head: 900 }).head, 1);
});

test("anything at all can be refused with a sentence", () => {
  const junk: unknown[] = [null, undefined, NaN, "x", -1, 1.5, {}, [], "10 1", "1".repeat(9999)];
  for (const preset of [...PRESETS, ...junk])
    for (const value of junk) {
      const error = checkChoice({ preset, size: value, mask: value });
      assert.equal(typeof error, "string", `${String(preset)} ${String(value)}`);
    }
  assert.equal(typeof checkChoice({ preset: "painted", size: 2, mask: "10 1" }), "string");
  assert.equal(checkChoice({ preset: "causal", size: 2, mask: "10 1" }), null, "nothing is made of it");
  const long = maskedHead({
    ...params,
    preset: "causal",
    text: "a ".repeat(65),
  });
  assert.match((long as { error: string }).error, /^The sentence has 65 words .* At most 64 fit/);
  const head = maskedHead({ ...params, head: NaN });
  assert.match((head as { error: string }).error, /head should be a whole number/);
});
