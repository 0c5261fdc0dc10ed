import assert from "node:assert/strict";
import { test } from "node:test";

import {
  answerPlace,
  answersOf,
  answerWords,
  below,
  checkTrainer,
  countParameters,
  draw,
  FRESH,
  initialWeights,
  juggling,
  mark,
  places,
  readSequence,
  sequences,
  served,
  symbolWords,
  taskOf,
  TASKS,
} from "../../widgets/core/index";

const none = () => ({ right: 0, asked: 0, whole: 0, positions: 0 });

test("a sequence is a pure function of its seed and number, and other numbers give others", () => {
  for (const name of TASKS) {
    const task = taskOf(name, 3);
    const many = sequences(task, 5, 40, 6);
    const alone = sequences(task, 5, 43, 1);
    assert.deepEqual(many.tokens.slice(3 * task.length, 4 * task.length), alone.tokens);
    assert.notDeepEqual(sequences(task, 5, 44, 1).tokens, alone.tokens);
    assert.notDeepEqual(sequences(task, 6, 43, 1).tokens, alone.tokens);
    assert.ok(many.tokens.every((token) => token >= 0 && token < task.symbols));
    assert.ok(many.targets.every((target) => target >= -1 && target < task.classes));
  }
});

test("whole numbers below a limit reach both ends, and places of one sequence differ", () => {
  assert.deepEqual([0, 2 ** 31, 2 ** 32 - 1].map((word) => below(word, 10)), [0, 5, 9]); // prettier-ignore
  assert.deepEqual(places([0, 0, 2 ** 32 - 1], 5), [0, 1, 4]);
  for (let n = 0; n < 50; n++) assert.equal(new Set(places(draw(1, n, 6), 6)).size, 6);
});

test("juggling reports the symbols that follow, around the end", () => {
  const task = juggling(2, 5);
  const { tokens, targets } = sequences(task, 0, 0, 1);
  assert.deepEqual([...targets.subarray(8)], [tokens[0], tokens[1]]);
  assert.deepEqual([...targets.subarray(0, 2)], [tokens[1], tokens[2]]);
});

test("the answer stands where the sequence says so, in every task", () => {
  for (const name of TASKS) {
    const task = taskOf(name, 4);
    for (let n = 0; n < 20; n++) {
      const { tokens, targets } = sequences(task, 2, FRESH + n, 1);
      const words = [...tokens];
      let asked = 0;
      targets.forEach((target, i) => {
        const [t, m] = [Math.floor(i / task.answers), i % task.answers];
        const place = answerPlace(name, words, [...targets], task.answers, t, m);
        assert.equal(place === null, target === -1);
        if (place === null) return;
        assert.equal(words[place], target);
        asked++;
      });
      assert.ok(asked >= task.answers);
    }
  }
});

test("all head counts start from the same numbers, and have the same count of them", () => {
  const task = juggling();
  const weights = initialWeights(task, 64, 3, false);
  const numbers = Object.values(weights).reduce((sum, { length }) => sum + length, 0);
  assert.equal(numbers, 22_592);
  assert.equal(countParameters(task, 64, false), numbers);
  assert.equal(countParameters(task, 64, true), 55_808);
  const { tokens } = sequences(task, 3, FRESH, 1);
  const values = [1, 8].map((heads) => readSequence(task, weights, heads, tokens).v);
  assert.deepEqual(Float32Array.from(values[0]!).sort(), Float32Array.from(values[1]!).sort());
});

test("each query spends exactly one unit of attention, and the answer is the largest logit", () => {
  const task = taskOf("near_far", 1);
  const weights = initialWeights(task, task.d_model, 1, true);
  const { attn, logits } = readSequence(task, weights, 4, sequences(task, 1, 0, 1).tokens);
  for (let row = 0; row < 4 * task.length; row++) {
    const sum = attn.subarray(row * task.length, (row + 1) * task.length).reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - 1) < 1e-6);
  }
  const said = answersOf(task, logits);
  said.forEach((best, place) => {
    const own = logits.subarray(place * task.classes, (place + 1) * task.classes);
    assert.equal(own[best], Math.max(...own));
  });
});

test("right answers are counted where something is asked, and a position counts if all of it is right", () => {
  const task = { ...juggling(2, 3) };
  const score = mark(task, [1, 2, 9, 4, 5, 6], [1, 2, 3, 4, -1, -1], none());
  assert.deepEqual(score, { right: 3, asked: 4, whole: 1, positions: 2 });
});

test("a head that looks at the answer serves it, and no other", () => {
  const tokens = [0, 1, 2, 3];
  const task = juggling(2, 4);
  const targets = tokens.flatMap((_, t) => [1, 2].map((on) => tokens[(t + on) % 4]!));
  const attn = new Float32Array(2 * 16);
  for (let t = 0; t < 4; t++) {
    attn[t * 4 + ((t + 2) % 4)] = 1; // head 0 looks two on
    attn.fill(0.25, 16 + t * 4, 16 + (t + 1) * 4); // head 1 looks everywhere
  }
  assert.deepEqual([...served("juggling", tokens, targets, task.answers, attn)], [0, 1, 0.25, 0.25]);
});

test("each task has a word for each of its symbols and a name for each of its answers", () => {
  for (const name of TASKS) {
    const task = taskOf(name, 5);
    assert.equal(new Set(symbolWords(name)).size, task.symbols);
    assert.equal(answerWords(name, task.answers).length, task.answers);
  }
});

test("settings that cannot be are refused with what would do", () => {
  const fine = {
    task: "juggling",
    k: 4,
    num_heads: 8,
    mlp: false,
    seed: 0,
    learning_rate: 0.003,
    steps: 300,
  };
  assert.equal(checkTrainer(fine), null);
  assert.match(checkTrainer({ ...fine, k: 12 })!, /k should be a whole number from 1 to 11.*got 12/);
  assert.match(
    checkTrainer({ ...fine, num_heads: 0 })!,
    /num_heads should divide d_model = 64, got 0\. Try 1, 2, 4/,
  );
  assert.match(checkTrainer({ ...fine, learning_rate: NaN })!, /learning_rate .* got NaN/);
  assert.match(checkTrainer({})!, /task should be juggling, binding or near_far, got nothing/);
});
