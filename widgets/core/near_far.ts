/** Near and far: a word reports the one just before it, and the one that opened the sentence. Twin of
 * mha_lessons/experiments/near_far.py. */

import { below, draw, NOT_ASKED, type Task } from "./task";

const NEAREST = 2; // from here on, the word before and the first word are two different ones
const UNSEEN = [4, 8, 12];

/** A silence of random length, then a sentence; the last symbol is silence. Words at the distances `unseen` from the
 * first one are never asked about. */
export function nearFar(length = 20, words = 16, d_model = 64, unseen: readonly number[] = UNSEEN): Task {
  return {
    name: "near_far",
    length,
    symbols: words + 1,
    answers: 2,
    classes: words,
    looks_by: "content",
    d_model,
    write(seed, n, tokens, targets) {
      const drawn = draw(seed, n, 1 + length);
      const start = below(drawn[0]!, Math.floor(length / 2));
      for (let t = 0; t < length; t++) tokens[t] = t < start ? words : below(drawn[1 + t]!, words);
      targets.fill(NOT_ASKED);
      for (let t = start + NEAREST; t < length; t++) {
        if (!unseen.includes(t - start)) targets.set([tokens[t - 1]!, tokens[start]!], 2 * t);
      }
    },
  };
}
