import assert from "node:assert/strict";
import { test } from "node:test";

import { PURPOSE, philox, seeded, uniform } from "../../widgets/core/index";

function words(hex: string): number[] {
  return hex.split(" ").map((word) => parseInt(word, 16));
}

// The known answers of the paper's own library, Random123.
for (const [counter, key, answer] of [
  ["0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"],
  ["ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"],
  ["243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"],
] as const) {
  test(`philox of ${counter} gives the published words`, () => {
    const block = Uint32Array.from(words(counter));
    const [key0, key1] = words(key) as [number, number];
    philox(block, key0, key1);
    assert.deepEqual([...block], words(answer));
  });
}

const rows = [3, 5, 7].map((low) => ({ low, high: 0 }));

test("an entry depends on its own row and column only", () => {
  const wide = uniform(1, PURPOSE.w_q, rows, 6);
  const narrow = uniform(1, PURPOSE.w_q, rows.slice(1), 2);
  assert.deepEqual([...narrow.subarray(0, 2)], [...wide.subarray(6, 8)]);
});

test("another seed, purpose or half of the row's name gives other numbers", () => {
  const base = uniform(1, PURPOSE.w_q, [{ low: 3, high: 0 }], 1)[0];
  const others = [
    uniform(2, PURPOSE.w_q, [{ low: 3, high: 0 }], 1)[0],
    uniform(1, PURPOSE.w_k, [{ low: 3, high: 0 }], 1)[0],
    uniform(1, PURPOSE.w_q, [{ low: 3, high: 1 }], 1)[0],
    uniform(1, PURPOSE.w_q, [{ low: 4, high: 0 }], 1)[0],
  ];
  assert.equal(new Set([base, ...others]).size, 5);
});

test("uniform numbers are odd multiples of 2^-24, never zero, inside (-1, 1)", () => {
  for (const number of uniform(1, PURPOSE.w_q, rows, 50)) {
    assert.equal(Math.abs((number * 2 ** 24) % 2), 1);
    assert.ok(Math.abs(number) < 1);
  }
});

test("seeded numbers have mean 0 and the variance that was asked for", () => {
  const many = Array.from({ length: 100 }, (_, low) => ({ low, high: 0 }));
  const numbers = seeded(1, PURPOSE.w_v, many, 100, 0.25);
  const mean = numbers.reduce((sum, number) => sum + number, 0) / 1e4;
  const variance = numbers.reduce((sum, number) => sum + number ** 2, 0) / 1e4;
  assert.ok(Math.abs(mean) < 0.02, `${mean}`);
  assert.ok(Math.abs(variance - 0.25) < 0.01, `${variance}`);
});
