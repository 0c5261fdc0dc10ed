/** A guess at each word's class, from a short English word list and endings. Twin of mha_lessons/lexicon.py.
 *
 * It looks at single words, so it is often wrong where one word has two classes ("play", "saw"); the designed heads need
 * no more. The list is mha_lessons/data/word_classes.json. */

import data from "../../mha_lessons/data/word_classes.json";

export type WordClass =
  "pronoun" | "name" | "noun" | "verb" | "determiner" | "adjective" | "other" | "punctuation";
export const WORD_CLASSES = data.classes as readonly WordClass[];

const CLOSED = wordTable(data.closed);
const OPEN = wordTable(data.open);
const NAMES = new Set(data.names.split(" "));
const SUFFIXES = data.suffixes as [string, WordClass][];

function wordTable(lists: Record<string, string>): Map<string, WordClass> {
  return new Map(
    Object.entries(lists).flatMap(([name, words]) => words.split(" ").map((w) => [w, name as WordClass])),
  );
}

/** One class per token. A capital marks a name, except where a sentence starts. */
export function classify(tokens: readonly string[]): WordClass[] {
  let starts = true;
  return tokens.map((token) => {
    const found = classifyWord(token, starts);
    starts = /^[.!?…:]$/.test(token) || (starts && found === "punctuation");
    return found;
  });
}

function classifyWord(token: string, starts: boolean): WordClass {
  if (!/^[\p{L}\p{M}\p{N}\p{Co}\p{Cn}]/u.test(token)) return "punctuation";
  if (/^\p{N}/u.test(token)) return "determiner"; // "3 cats"
  const straight = token.replaceAll("\u2019", "'");
  const base = straight.replace(/'(?:s|S|m|re|ll|ve|d)?$/, ""); // the boy's, it's, I'm
  const word = lower(base);
  const closed = CLOSED.get(word);
  if (closed) return closed;
  if (NAMES.has(base) || (!starts && /^\p{Lu}/u.test(base))) return "name";
  return OPEN.get(word) ?? inflected(word) ?? bySuffix(word) ?? "noun";
}

/** The class of the listed word that this one is a form of: keys, watches, carries. */
function inflected(word: string): WordClass | undefined {
  for (const [ending, base] of [
    ["ies", "y"],
    ["es", ""],
    ["s", ""],
  ] as const) {
    const found = word.endsWith(ending) ? OPEN.get(word.slice(0, -ending.length) + base) : undefined;
    if (found === "noun" || found === "verb") return found;
  }
  return undefined;
}

function bySuffix(word: string): WordClass | null {
  for (const [ending, found] of SUFFIXES)
    if (word.length > ending.length + 1 && word.endsWith(ending)) return found;
  return null;
}

/** Lower case for A to Z only: further letters are not in the list, and tables of case differ between versions. */
function lower(word: string): string {
  return word.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}
