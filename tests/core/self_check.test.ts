import assert from "node:assert/strict";
import { test } from "node:test";

import { matching, type Option } from "../../widgets/self_check/matching";

const means = (texts: string[], answer: string) =>
  matching(
    texts.map((text): Option => ({ text, why: "" })),
    answer,
  )?.text;

test("words match whatever their case, spaces, marks and full stop", () => {
  for (const answer of ["the first word", "  The  first word. ", "THE FIRST\tWORD", "the *first* `word`"]) {
    assert.equal(means(["nowhere", "the first word"], answer), "the first word");
  }
  assert.equal(means(["the first word"], "the first"), undefined);
  assert.equal(means(["the first word"], ""), undefined);
});

test("a composed and a decomposed letter are one", () => {
  assert.equal(means(["caf\u00e9"], "cafe\u0301"), "caf\u00e9");
});

test("a number may be written as a decimal, a fraction or a share", () => {
  for (const answer of ["0.5", ".5", "0,5", "1/2", "1 / 2", "50 %", "50%", "0.500"]) {
    assert.equal(means(["1", "0.5"], answer), "0.5", answer);
  }
  assert.equal(means(["-2", "2"], "\u22122"), "-2");
  assert.equal(means(["1,024"], "1024"), "1,024");
});

test("a number must round to the digits that the answer has, and a whole one must be it", () => {
  for (const answer of ["0.67", "0.665", "0.6652", "2/3"])
    assert.equal(means(["0.67"], answer), "0.67", answer);
  for (const answer of ["0.7", "0.66", "0.68", "67"])
    assert.equal(means(["0.67"], answer), undefined, answer);
  for (const answer of ["16.2", "15", "-16", "1.6e1"]) assert.equal(means(["16"], answer), undefined, answer);
});

test("what is no number matches none", () => {
  for (const answer of ["NaN", "Infinity", "1/0", "..", "-", "4 heads", "1/2/3", "%"]) {
    assert.equal(means(["0", "4", "0.5"], answer), undefined, answer);
  }
});

test("the same words go before the same number", () => {
  assert.equal(means(["0.5", "1/2"], "1/2"), "1/2");
});
