/** Names for the symbols of a task and for what it asks, and where an answer stands. Twin of
 * mha_lessons/widgets/trainer_words.py. */

import { NOT_ASKED } from "./task";

const NOUNS = "dog man cat girl fox boy hen king bear nurse wolf child goat judge crow pilot".split(" ");
const OTHERS = "today there again later then now".split(" ");
const VERBS = ["bites", "bitten by"];
const WORDS = "sun sea sky oak elm fox hen owl cup pen map key jar bag hat box".split(" ");
const SILENCE = "·";

const SYMBOLS: Record<string, readonly string[]> = {
  juggling: Array.from("abcdefghijklmnop"),
  binding: [...NOUNS, ...OTHERS, ...VERBS],
  near_far: [...WORDS, SILENCE],
};

/** The words that stand for a task's symbols. Answers are among the first of them. */
export function symbolWords(task: string): readonly string[] {
  return SYMBOLS[task]!;
}

/** What each answer of a position is about. */
export function answerWords(task: string, answers: number): string[] {
  if (task === "binding") return ["agent", "patient"];
  if (task === "near_far") return ["word before", "first word"];
  return Array.from({ length: answers }, (_, m) => `${m + 1} on`);
}

/** Where the answer `m` of position `t` stands in the sequence, or null where nothing is asked. */
export function answerPlace(
  task: string,
  tokens: readonly number[],
  targets: readonly number[],
  answers: number,
  t: number,
  m: number,
): number | null {
  const target = targets[t * answers + m]!;
  if (target === NOT_ASKED) return null;
  if (task === "binding") return tokens.indexOf(target);
  if (task === "juggling") return (t + m + 1) % tokens.length;
  return m === 0 ? t - 1 : tokens.findIndex((token) => token < WORDS.length);
}

/** How much of a head's attention lies where the answer stands, on average over the positions that are asked,
 * [head, answer]. `attn` is [head, query, key]. */
export function served(
  task: string,
  tokens: readonly number[],
  targets: readonly number[],
  answers: number,
  attn: ArrayLike<number>,
): Float32Array {
  const seq = tokens.length;
  const heads = attn.length / seq ** 2;
  const found = new Float32Array(heads * answers);
  for (let m = 0; m < answers; m++) {
    const looks = tokens
      .map((_, t) => [t, answerPlace(task, tokens, targets, answers, t, m)] as const)
      .filter((look): look is readonly [number, number] => look[1] !== null);
    for (let head = 0; head < heads; head++) {
      const sum = looks.reduce((total, [t, place]) => total + attn[(head * seq + t) * seq + place]!, 0);
      found[head * answers + m] = sum / looks.length;
    }
  }
  return found;
}
