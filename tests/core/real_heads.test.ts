import assert from "node:assert/strict";
import { test } from "node:test";

import { endToken, findSink, headMeasures, MEASURES, ranked, rankOf } from "../../widgets/core/head_measures";
import {
  checkPacked,
  fromBase64,
  fromText,
  headSize,
  rowSums,
  weightsOf,
  type Packed,
} from "../../widgets/core/packed";
import { thumbnails } from "../../widgets/core/thumbnails";

const FULL = 255;
const NO_LOSS = { max_abs: 0, mean_abs: 0, max_tv: 0, mean_tv: 0 };

function packed(seq: number, heads: number[][], more: Partial<Packed> = {}): Packed {
  const tokens = Array.from({ length: seq }, (_, i) => `t${i}`);
  const codes = Uint8Array.from(heads.flat());
  return { tokens, special: [], words: null, layers: [0], num_heads: heads.length, causal: false, codes, loss: NO_LOSS, ...more }; // prettier-ignore
}

/** One head whose query i looks at nothing but key `at[i]`. */
function pointing(at: number[]): number[] {
  return at.flatMap((key) => at.map((_, place) => (place === key ? FULL : 0)));
}

function near(one: number | undefined, two: number, within = 1e-12): void {
  assert.ok(Math.abs(one! - two) <= within, `${one} is not ${two}`);
}

test("a code stands for its square, and each row is divided by its sum", () => {
  const attn = weightsOf(packed(2, [[30, 40, 0, 100]]), 0, null);
  assert.deepEqual([...attn], [Math.fround(900 / 2500), Math.fround(1600 / 2500), 0, 1]);
});

test("without the sink's column the rest of each row sums to 1, and a row that has no rest to 0", () => {
  const attn = weightsOf(packed(3, [[30, 10, 10, FULL, 0, 0, 3, 4, 0]]), 0, 0);
  assert.deepEqual([...attn], [0, 0.5, 0.5, 0, 0, 0, 0, 1, 0]);
});

test("causal heads are read as lower triangles, one after the other", () => {
  const two = packed(2, [[9, 3, 4], [9, 4, 3]], { causal: true }); // prettier-ignore
  assert.equal(headSize(two), 3);
  const first = [1, 0, 9 / 25, 16 / 25].map(Math.fround);
  assert.deepEqual([...weightsOf(two, 0, null)], first);
  assert.deepEqual([...weightsOf(two, 1, null)], [first[0], first[1], first[3], first[2]]);
});

test("an array that is handed in is used again, with nothing of the last head left in it", () => {
  const two = packed(2, [[9, 9, 9, 9], [9, 0, 9, 0]]); // prettier-ignore
  const into = weightsOf(two, 0, null);
  assert.equal(weightsOf(two, 1, null, into), into);
  assert.deepEqual([...into], [1, 0, 1, 0]);
});

test("what each measure says of heads that look at one token only", () => {
  const [back, self, on] = [pointing([0, 0, 1, 2]), pointing([0, 1, 2, 3]), pointing([1, 2, 3, 3])];
  const found = headMeasures(packed(4, [back, self, on]), null);
  assert.deepEqual([...found.previous], [1, 0, 0]);
  assert.deepEqual([...found.self], [1 / 4, 1, 1 / 4]);
  assert.deepEqual([...found.next], [0, 0, 1]);
  assert.deepEqual([...found.distance], [3 / 4, 0, 3 / 4]);
  assert.deepEqual([...found.first], [2 / 4, 1 / 4, 0]);
  assert.deepEqual([...found.entropy], [0, 0, 0]);
});

test("even attention on n tokens has log2 n bits", () => {
  const { entropy } = headMeasures(packed(8, [new Array(64).fill(77)]), null);
  near(entropy[0], 3);
});

test("special tokens are looked at but asked nothing, and only an end token has a share of its own", () => {
  const head = pointing([1, 3, 3, 0]);
  const framed = packed(4, [head], { special: [0, 3] });
  assert.equal(headMeasures(framed, null).last[0], 1);
  assert.equal(endToken(framed), 3);
  assert.ok(Number.isNaN(headMeasures(packed(4, [head], { special: [0] }), null).last[0]));
});

test("far counts words, not pieces, and leaves out queries with no word so far away", () => {
  const seq = 8;
  const rows = Array.from({ length: seq }, () => new Array<number>(seq).fill(0));
  rows[1]![7] = 3; // from word 0 to word 6: far
  rows[1]![3] = 4; // and to word 2
  const words = [null, 0, 1, 2, 3, 4, 5, 6];
  const one = packed(seq, [rows.flat()], { words, special: [0] });
  near(headMeasures(one, null).far[0], 9 / 25);
  const inPieces = packed(seq, [rows.flat()], {
    words: [null, 0, 0, 1, 1, 2, 2, 3],
    special: [0],
  });
  assert.ok(Number.isNaN(headMeasures(inPieces, null).far[0]), "no two of four words are so far apart");
});

test("with the sink hidden, measures are those of the weights without it", () => {
  const codes = Array.from({ length: 2 * 81 }, (_, i) => (i * 37) % 101);
  const without = codes.map((code, i) => (i % 9 === 2 ? 0 : code));
  const heads = (own: number[]) => packed(9, [own.slice(0, 81), own.slice(81)]);
  const [hidden, taken] = [headMeasures(heads(codes), 2), headMeasures(heads(without), null)];
  for (const name of MEASURES)
    hidden[name].forEach((value, head) =>
      Number.isNaN(value)
        ? assert.ok(Number.isNaN(taken[name][head]))
        : near(value, taken[name][head]!, 1e-9),
    );
});

test("the sink is the first token, or the end token if that takes more", () => {
  const first = packed(3, [pointing([0, 0, 0])], { special: [0, 2] });
  const end = packed(3, [pointing([2, 2, 2])], { special: [0, 2] });
  assert.equal(findSink(first, headMeasures(first, null)), 0);
  assert.equal(findSink(end, headMeasures(end, null)), 2);
});

test("heads are ranked both ways, and those without a number come last", () => {
  const values = Float64Array.of(0.2, NaN, 0.9, 0.2);
  assert.deepEqual(ranked(values, "highest"), [2, 0, 3, 1]);
  assert.deepEqual(ranked(values, "lowest"), [0, 3, 2, 1]);
  assert.deepEqual([2, 0, 3].map((head) => rankOf(values, head)), [1, 2, 2]); // prettier-ignore
});

test("a small picture of a short text is the weights, and of a long one the largest of each block", () => {
  const exact = thumbnails(packed(2, [[30, 40, 0, 100]]), 40, null);
  assert.deepEqual([...exact.weights], [...weightsOf(packed(2, [[30, 40, 0, 100]]), 0, null)]);
  const back = thumbnails(packed(6, [pointing([0, 0, 1, 2, 3, 4])]), 3, null);
  assert.equal(back.side, 3);
  assert.deepEqual([...back.weights], [1, 0, 0, 1, 1, 0, 0, 1, 1]);
  const causal = thumbnails(packed(3, [[9, 0, 9, 9, 0, 0]], { causal: true }), 3, null);
  assert.deepEqual([...causal.weights], [1, 0, 0, 0, 1, 0, 1, 0, 0]);
  assert.deepEqual([...thumbnails(packed(2, [[9, 9, 9, 0]]), 2, 0).weights], [0, 1, 0, 0]);
});

test("the sums found beside the small pictures are those of the rows, and give the same measures", () => {
  const codes = Array.from({ length: 2 * 25 }, (_, i) => (i * 37) % 101);
  for (const sink of [null, 3]) {
    const two = packed(5, [codes.slice(0, 25), codes.slice(25)]);
    const { sums } = thumbnails(two, 4, sink);
    assert.deepEqual(
      [...sums],
      [0, 1].flatMap((head) => [...rowSums(two, head, sink)]),
    );
    const [known, worked] = [headMeasures(two, sink, sums), headMeasures(two, sink)];
    for (const name of MEASURES) assert.deepEqual(known[name], worked[name]);
  }
});

test("data that does not fill its heads is refused with what was wanted and what came", () => {
  const good = packed(2, [[1, 2, 3, 4]]);
  assert.equal(checkPacked(good), null);
  assert.equal(
    checkPacked({ ...good, codes: Uint8Array.of(1) }),
    "1 layers of 1 heads on 2 tokens need 4 codes, got 1",
  );
  assert.equal(checkPacked({}), "it is not whole");
});

test("codes are read from deflated text, and text that was spoilt says so", async () => {
  assert.deepEqual([...(await fromText("eAFjAAImAAAHAAM="))], [0, 0, 0, 0, 2]); // what Python made
  for (const text of ["eAFjAAIm", "eAFjAAImAAAHAAQ="])
    // cut off; another sum
    await assert.rejects(fromText(text), /^Error: the codes are damaged$/);
  await assert.rejects(fromText("%"), /^Error: the codes are no base64$/);
});

test("base64 is read byte by byte", () => {
  assert.deepEqual([...fromBase64(btoa("\x00\xff\x80"))], [0, 255, 128]);
});
