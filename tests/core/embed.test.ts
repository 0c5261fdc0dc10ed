import assert from "node:assert/strict";
import { test } from "node:test";

import { embed, positionCode, tokenize, wordRow } from "../../widgets/core/index";

test("words and punctuation marks are tokens of their own", () => {
  assert.deepEqual(tokenize("“Don’t!” she said, 3 times."), [
    ..."“ Don’t ! ” she said , 3 times .".split(" "),
  ]);
});

test("what cannot be seen is no token", () => {
  assert.deepEqual(tokenize(" \t\n\u200b\ufeff\u0000\u00ad\u202e"), []);
});

test("a joined emoji, a flag and a keycap are one token each", () => {
  assert.deepEqual(tokenize("👩‍👩‍👧👍🏽🇩🇪🇫🇷1️⃣"), ["👩‍👩‍👧", "👍🏽", "🇩🇪", "🇫🇷", "1️⃣"]);
});

test("one letter written in two ways is the same word", () => {
  assert.deepEqual(tokenize("cafe\u0301"), tokenize("caf\u00e9"));
});

test("half of a surrogate pair becomes the replacement character", () => {
  assert.deepEqual(tokenize("a\ud800b"), ["a", "\ufffd", "b"]);
});

test("a word's row is the published FNV-1a hash", () => {
  const hash = (word: string) => {
    const { low, high } = wordRow(word);
    return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
  };
  assert.equal(hash(""), "cbf29ce484222325");
  assert.equal(hash("a"), "af63dc4c8601ec8c");
  assert.equal(hash("foobar"), "85944171f73967e8");
});

test("a shared word at a shared place has the same vector in two sentences", () => {
  const d_model = 7;
  const one = embed("the cat saw the dog", d_model, 3);
  const two = embed("the fox saw a dog", d_model, 3);
  for (const place of [0, 2, 4]) {
    assert.deepEqual(
      one.subarray(place * d_model, (place + 1) * d_model),
      two.subarray(place * d_model, (place + 1) * d_model),
    );
  }
  for (const place of [1, 3]) assert.notEqual(one[place * d_model], two[place * d_model]);
});

test("one word at two places differs by the position code alone", () => {
  const d_model = 6;
  const x = embed("la la", d_model, 0);
  const code = positionCode(2, d_model);
  for (let i = 0; i < d_model; i++) {
    assert.ok(Math.abs(x[d_model + i]! - x[i]! - (code[d_model + i]! - code[i]!)) < 1e-6);
  }
});

test("the position code is the sinusoid of Vaswani et al.", () => {
  const code = positionCode(6, 5);
  assert.ok(Math.abs(code[5 * 5 + 2]! - Math.sin(5 / 10000 ** (2 / 5))) <= 2 ** -17);
  assert.ok(Math.abs(code[5 * 5 + 3]! - Math.cos(5 / 10000 ** (2 / 5))) <= 2 ** -17);
});
