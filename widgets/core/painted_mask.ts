/** Masks a reader can choose or paint. Twin of mha_lessons/painted_mask.py: the same masks, the same sentences.
 *
 * A mask is [query, key], 1 = may look. Written, it is a row of 0 and 1 for each word: "100 110 111". */

import { causalMask } from "./masks";

export const PRESETS = ["everyone", "causal", "padding", "window", "prefix", "block", "painted"] as const;
export type Preset = (typeof PRESETS)[number];

/** Rows of a painted mask, and words of the picture: beyond that a cell is too small to be hit. */
export const MOST_PAINTED = 64;

export interface MaskChoice {
  readonly preset: Preset;
  /** How many words of padding, how wide the window, the prefix, a block; the other presets leave it. */
  readonly size: number;
  /** The painted mask in writing; used where the preset is "painted". */
  readonly mask: string;
}

/** For each preset with a size: whether this query may look at this key. */
const RULES: Record<Exclude<Preset, "everyone" | "causal" | "painted">, Rule> = {
  padding: (_query, key, size, seq) => key < seq - size, // the last `size` words are padding
  window: (query, key, size) => Math.abs(query - key) <= size, // as far as `size` words on each side
  prefix: (query, key, size) => key < size || key <= query, // all see the first `size` words; the rest is causal
  block: (query, key, size) => Math.floor(query / size) === Math.floor(key / size), // blocks of `size` words
};
type Rule = (query: number, key: number, size: number, seq: number) => boolean;

/** The mask of a choice for a sentence of `seq` words, [query, key]. */
export function chosenMask({ preset, size, mask }: MaskChoice, seq: number): Uint8Array {
  if (preset === "everyone") return new Uint8Array(seq * seq).fill(1);
  if (preset === "causal") return causalMask(seq);
  if (preset === "painted") return fitMask(readMask(mask), seq);
  const rule = RULES[preset];
  return Uint8Array.from({ length: seq * seq }, (_, i) =>
    Number(rule(Math.floor(i / seq), i % seq, size, seq)),
  );
}

/** A mask for another count of words. Fewer words cut it; for more, each diagonal goes on as it ended, so that a causal
 * mask stays causal and a window stays a window. A mask of no words lets everyone look. */
export function fitMask(mask: Uint8Array, seq: number): Uint8Array {
  const old = Math.sqrt(mask.length);
  const last = old - 1;
  return Uint8Array.from({ length: seq * seq }, (_, i) => {
    const [query, key] = [Math.floor(i / seq), i % seq];
    if (old === 0) return 1;
    if (query < old && key < old) return mask[query * old + key]!;
    const offset = Math.max(-last, Math.min(last, query - key));
    return offset >= 0 ? mask[last * old + last - offset]! : mask[(last + offset) * old + last]!;
  });
}

/** From writing to numbers. */
export function readMask(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(" ", ""), Number);
}

/** From numbers to writing: a row of 0 and 1 for each query. */
export function writeMask(mask: ArrayLike<number>): string {
  const seq = Math.sqrt(mask.length);
  const row = (query: number) =>
    Array.from({ length: seq }, (_, key) => (mask[query * seq + key] ? "1" : "0"));
  return Array.from({ length: seq }, (_, query) => row(query).join("")).join(" ");
}

/** null, or one sentence that says what is wrong with a choice, which may come from a link or a kernel. A mask that
 * nothing is made of may be anything: choosing a preset leaves a bad one behind. */
export function checkChoice(choice: Record<keyof MaskChoice, unknown>): string | null {
  const { preset, size, mask } = choice;
  if (!PRESETS.includes(preset as Preset)) return `preset should be one of ${PRESETS.join(", ")}.`;
  if (!Number.isInteger(size) || (size as number) < 0 || (size as number) > MOST_PAINTED)
    return `size should be a whole number from 0 to ${MOST_PAINTED}.`;
  if (preset === "block" && size === 0) return "A block needs at least one word: set size to 1 or more.";
  if (preset !== "painted") return null;
  if (typeof mask !== "string" || mask.length > MOST_PAINTED * (MOST_PAINTED + 1) || !/^[01 ]*$/.test(mask))
    return `mask should be rows of 0 and 1 with a space between them, such as "10 11", of at most ${MOST_PAINTED} words.`;
  const rows = mask === "" ? [] : mask.split(" ");
  const odd = rows.findIndex((row) => row.length !== rows.length);
  if (odd >= 0)
    return `mask has ${rows.length} rows, and its row ${odd} has ${rows[odd]!.length} cells: give each row ${rows.length}.`;
  if (rows.length > MOST_PAINTED)
    return `mask is for ${rows.length} words. At most ${MOST_PAINTED} fit: cut it.`;
  return null;
}
