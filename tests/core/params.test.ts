import assert from "node:assert/strict";
import { test } from "node:test";

import { check, type Params } from "../../widgets/core/index";

const good: Params = {
  text: "She left",
  num_heads: 4,
  d_model: 64,
  d_head: null,
  causal: true,
  temperature: 1,
  seed: 0,
  source: "random",
};

test("good parameters pass, at both ends of every range", () => {
  const limits: Partial<Params>[] = [
    {},
    { d_model: 4 },
    { d_model: 256, num_heads: 256 },
    { num_heads: 3, d_head: 341 },
    { temperature: 0.05 },
    { temperature: 20 },
    { seed: 2 ** 32 - 1 },
    { source: "designed", d_model: 16 },
    { text: "a ".repeat(256) },
  ];
  for (const change of limits) assert.equal(check({ ...good, ...change }), null);
});

test("anything at all can be checked", () => {
  for (const junk of [null, undefined, 3, "text", [], {}, { ...good, text: null }, { ...good, seed: {} }]) {
    assert.equal(typeof check(junk), "string");
  }
});

test("a text of megabytes is refused by its length, before it is cut into tokens", () => {
  assert.equal(
    check({ ...good, text: "a".repeat(5_000_000) }),
    "The sentence has 5000000 characters. At most 10000 fit: shorten it.",
  );
});

test("characters are counted as Unicode does", () => {
  assert.equal(check({ ...good, text: "😀".repeat(256) }), null);
  assert.match(check({ ...good, text: "😀".repeat(10_001) })!, /^The sentence has 10001 characters\./);
});

// Every sentence is compared with Python's in tests/parity.
test("a fault is named in one sentence, with what would work", () => {
  assert.equal(check({ ...good, text: " " }), "The sentence is empty. Type at least one word.");
  assert.equal(
    check({ ...good, num_heads: 3 }),
    "d_model = 64 cannot be split into 3 equal heads. Try 2 or 4.",
  );
  assert.equal(
    check({ ...good, num_heads: 65 }),
    "d_model = 64 cannot be split into 65 equal heads. Try 64.",
  );
});
