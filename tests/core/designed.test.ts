import assert from "node:assert/strict";
import { test } from "node:test";

import { classify, compute, designedRoles, tokenize, type Params } from "../../widgets/core/index";

/** Where each word of `text` looks most, for the designed head of this role. */
function looksAt(text: string, role: string, changes: Partial<Params> = {}): Record<string, string> {
  const trace = compute({
    ...{
      text,
      num_heads: 8,
      d_model: 64,
      d_head: 16,
      causal: false,
      temperature: 1,
      seed: 0,
    },
    source: "designed",
    ...changes,
  });
  assert.ok(!("error" in trace), JSON.stringify(trace));
  const { tokens, attn } = trace;
  const head = trace.roles!.indexOf(role);
  const seq = tokens.length;
  return Object.fromEntries(
    tokens.map((token, query) => {
      const row = attn.subarray((head * seq + query) * seq, (head * seq + query + 1) * seq);
      return [token, tokens[row.indexOf(Math.max(...row))]!];
    }),
  );
}

const doctor = "The doctor thanked Mary because she helped him";
const john = "John lost his keys and he found them in the old house";

test("a pronoun looks at the name", () => {
  const { she, him } = looksAt(doctor, "pronoun → name");
  assert.deepEqual([she, him], ["Mary", "Mary"]);
  const { his, he } = looksAt(john, "pronoun → name");
  assert.deepEqual([his, he], ["John", "John"]);
});

test("a verb looks at its object", () => {
  const { thanked, helped } = looksAt(doctor, "verb → object");
  assert.deepEqual([thanked, helped], ["Mary", "him"]);
  const { lost, found } = looksAt(john, "verb → object");
  assert.deepEqual([lost, found], ["keys", "them"]);
});

test("a determiner and an adjective look at their noun", () => {
  const { the, old } = looksAt(john, "next noun");
  assert.deepEqual([the, old], ["house", "house"]);
  const { small, a } = looksAt("Mary gave the small dog a bone", "next noun");
  assert.deepEqual([small, a], ["dog", "bone"]);
});

test("a word to which a relation does not apply looks at the first word", () => {
  assert.equal(looksAt(john, "pronoun → name")["keys"], "John");
  assert.equal(looksAt(doctor, "verb → object")["because"], "The");
});

test("every word looks at the one before it, the first at itself", () => {
  const words = Array.from({ length: 64 }, (_, i) => `word${i}`);
  const found = looksAt(words.join(" "), "previous word");
  words.forEach((word, i) => assert.equal(found[word], words[Math.max(0, i - 1)]));
});

test("every word looks at its own copies", () => {
  const text = "to be or not to be that is";
  const trace = compute({
    ...{
      text,
      num_heads: 2,
      d_model: 64,
      d_head: 16,
      causal: false,
      temperature: 1,
      seed: 0,
    },
    source: "designed",
  });
  assert.ok(!("error" in trace));
  const [head, query] = [1, 0];
  const row = trace.attn.subarray((head * 8 + query) * 8, (head * 8 + query + 1) * 8);
  assert.ok(row[0]! > 0.49 && row[4]! > 0.49, `${row}`);
});

test("one head looks near, one far, one at the first word", () => {
  const words = tokenize(john);
  words.forEach((word, i) => {
    assert.equal(looksAt(john, "nearby words")[word], word);
    assert.equal(looksAt(john, "first word")[word], "John");
    const away = Math.abs(words.indexOf(looksAt(john, "far-away words")[word]!) - i);
    assert.ok(away >= 6, `${word} looks ${away} places away`);
  });
});

test("class heads still work at width 1, where position heads know nothing", () => {
  const thin = { d_head: 1 };
  assert.equal(looksAt(doctor, "pronoun → name", thin)["she"], "Mary");
  const trace = compute({
    ...{
      text: doctor,
      num_heads: 1,
      d_model: 64,
      d_head: 1,
      causal: false,
      temperature: 1,
      seed: 0,
    },
    source: "designed",
  });
  assert.ok(!("error" in trace));
  assert.deepEqual([...trace.attn], Array(64).fill(1 / 8)); // "previous word": uniform
});

test("position heads repeat themselves when they get thinner", () => {
  // Two circles, of 16 and 4 places, cannot tell a word from the one 16 places on.
  const text = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
  const weight = (d_head: number) => {
    const trace = compute({
      ...{
        text,
        num_heads: 1,
        d_model: 64,
        d_head,
        causal: false,
        temperature: 1,
        seed: 0,
      },
      source: "designed",
    });
    assert.ok(!("error" in trace));
    return trace.attn[20 * 40 + 19]!;
  };
  assert.ok(weight(16) > 0.9, `${weight(16)}`);
  assert.ok(weight(4) < 0.5, `${weight(4)}`);
});

test("head i takes design i modulo 8", () => {
  const roles = designedRoles(11);
  assert.equal(new Set(roles).size, 8);
  assert.deepEqual(roles.slice(8), roles.slice(0, 3));
});

test("words get their classes from the list, their form, a capital or their ending", () => {
  const cases: Record<string, string> = {
    "She didn't see Zürich yesterday .": "pronoun verb verb name other punctuation",
    "The cities lost 3 keys , glowing quickly .":
      "determiner noun verb determiner noun punctuation verb other punctuation",
    "Mary's dreadful jump ! Rain fell": "name adjective verb punctuation noun verb",
  };
  for (const [text, classes] of Object.entries(cases)) {
    assert.equal(classify(tokenize(text.replaceAll(" .", ".").replaceAll(" ,", ","))).join(" "), classes);
  }
});
