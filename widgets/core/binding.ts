/** Binding: who did what to whom. At the verb the model reports agent and patient. Twin of
 * mha_lessons/experiments/binding.py. */

import { below, draw, NOT_ASKED, places, type Task } from "./task";

const OTHER_WORDS = 6;
const DRAWN = 6; // three places, two nouns and the voice are drawn before the other words

/** Symbols: the nouns, then the other words, then the active verb, then the passive verb. */
export function binding(length = 12, nouns = 16, d_model = 48): Task {
  return {
    name: "binding",
    length,
    symbols: nouns + OTHER_WORDS + 2,
    answers: 2,
    classes: nouns,
    looks_by: "content",
    d_model,
    write(seed, n, tokens, targets) {
      const words = draw(seed, n, DRAWN + length);
      const [before, verb, after] = places(words.subarray(0, 3), length).sort((a, b) => a - b) as [
        number,
        number,
        number,
      ];
      const one = below(words[3]!, nouns);
      const other = (one + 1 + below(words[4]!, nouns - 1)) % nouns;
      const passive = below(words[5]!, 2);
      for (let t = 0; t < length; t++) tokens[t] = nouns + below(words[DRAWN + t]!, OTHER_WORDS);
      tokens[before] = one;
      tokens[after] = other;
      tokens[verb] = nouns + OTHER_WORDS + passive;
      targets.fill(NOT_ASKED);
      targets.set(passive ? [other, one] : [one, other], 2 * verb);
    },
  };
}
