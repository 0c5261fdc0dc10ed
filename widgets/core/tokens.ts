/** A sentence becomes words and punctuation marks. Twin of mha_lessons/tokens.py.
 *
 * The text is put into Unicode's composed form (NFC) and cut by general category:
 * - a word is a run of letters, marks and numbers; an apostrophe or invisible format characters may stand inside it;
 * - a flag is two regional indicators;
 * - any other visible character is a token of its own, with the marks, skin tone and joined emoji that follow it;
 * - spaces, control characters and stray format characters only separate.
 *
 * Characters that this side's Unicode tables do not know yet count as letters, which most of them are: two sides with
 * different tables then disagree on new punctuation and emoji only. */

const WORD = String.raw`[\p{L}\p{M}\p{N}\p{Co}\p{Cn}]+`;
const INSIDE = String.raw`(?:['\u2019]|\p{Cf}+)`;
const SYMBOL = String.raw`[\p{P}\p{S}]`;
const AFTER_SYMBOL = String.raw`[\p{M}\u{1F3FB}-\u{1F3FF}\u{E0020}-\u{E007F}]|\u200D\p{S}`;
const TOKEN = new RegExp(
  `${WORD}(?:${INSIDE}${WORD})*|[\\u{1F1E6}-\\u{1F1FF}]{2}|${SYMBOL}(?:${AFTER_SYMBOL})*`,
  "gu",
);

/** The tokens of `text`, in order; an empty list where there is nothing to see. Case is kept: "The" and "the" differ. */
export function tokenize(text: string): string[] {
  const wellFormed = text.replace(/\p{Cs}/gu, "\uFFFD"); // half of a surrogate pair has no UTF-8 bytes
  return wellFormed.normalize("NFC").match(TOKEN) ?? [];
}
