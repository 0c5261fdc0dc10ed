import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cacheGrowth,
  checkStack,
  divisors,
  flopsGrowth,
  meter,
  type Meter,
  type Stack,
} from "../../widgets/core/index";

const good: Stack = {
  d_model: 64,
  num_heads: 4,
  num_kv_heads: null,
  d_head: null,
  latent: false,
  layers: 3,
  context: 1024,
  bits: 16,
  bias: true,
};
const metered = (change: Partial<Stack> = {}) => meter({ ...good, ...change }) as Meter;

test("divisors are all there, once each, in order", () => {
  for (const number of [1, 2, 36, 64, 71, 4544]) {
    const wanted = Array.from({ length: number }, (_, i) => i + 1).filter((i) => number % i === 0);
    assert.deepEqual(divisors(number), wanted);
  }
});

test("the lines of the growth pass through the numbers of the table, at every context", () => {
  for (const context of [1, 64, 5000]) {
    for (const latent of [false, true]) {
      const found = metered({ context, latent });
      const own = found.variants.find(({ name }) => name === found.own)!;
      const { lines } = flopsGrowth(found);
      const together = lines.find(({ own }) => own)!;
      assert.equal(together.flat + together.slope * context, own.flops);
      const cache = cacheGrowth(found).lines.find(({ own }) => own)!;
      assert.equal(cache.flat + cache.slope * context, own.cache * context);
    }
  }
});

test("projections and looking back cost the same at twice the width, and the mark stands there", () => {
  assert.equal(flopsGrowth(metered()).even, 128);
  assert.equal(flopsGrowth(metered({ num_heads: 32, layers: 1 })).even, 128);
});

test("the level to compare the cache with is the bytes of the parameters", () => {
  assert.equal(cacheGrowth(metered({ bits: 4 })).weights, (3 * 16_640) / 2);
});

test("anything at all can be checked", () => {
  for (const junk of [null, undefined, "4", NaN, Infinity, -1, 0, 1.5, [], {}]) {
    for (const name of ["d_model", "num_heads", "layers", "context", "bits", "latent", "bias"]) {
      assert.equal(typeof checkStack({ ...good, [name]: junk }), "string", `${name} ${String(junk)}`);
    }
  }
  assert.equal(checkStack({ ...good }), null);
});

test("a fault gives a sentence and no numbers", () => {
  assert.deepEqual(meter({ ...good, num_heads: 3 }), {
    error: "d_model = 64 cannot be split into 3 equal heads. Try 2 or 4, or give d_head.",
  });
});
