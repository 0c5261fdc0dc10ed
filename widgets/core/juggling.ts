/** Juggling: every position reports the k symbols that follow it around the circle, each in its own answer. Twin of
 * mha_lessons/experiments/juggling.py. */

import { below, draw, type Task } from "./task";

export const JUGGLING_LENGTH = 12;

/** The task with k symbols to report, 1 to length - 1. */
export function juggling(k = 4, length = JUGGLING_LENGTH, symbols = 16, d_model = 64): Task {
  return {
    name: "juggling",
    length,
    symbols,
    answers: k,
    classes: symbols,
    looks_by: "position",
    d_model,
    write(seed, n, tokens, targets) {
      draw(seed, n, length).forEach((word, t) => (tokens[t] = below(word, symbols)));
      for (let t = 0; t < length; t++)
        for (let m = 0; m < k; m++) targets[t * k + m] = tokens[(t + m + 1) % length]!;
    },
  };
}
