/** One number for each head, from the weights as they are shown. Names and definitions are those of
 * mha_lessons/heads (measures.py and survey.py): a number for each query that is no special token, and its mean. */

import { headSize, SQUARES, type Packed } from "./packed";

export const MEASURES = ["first", "last", "entropy", "distance", "previous", "self", "next", "far"] as const;
export type Measure = (typeof MEASURES)[number];
type Near = Exclude<Measure, "far">;

/** For each measure a number for each head, counted over all layers; NaN where no query has one. */
export type HeadMeasures = Record<Measure, Float64Array>;

/** From this many words on, a word is far away. Twin of FAR in measures.py. */
export const FAR = 5;

const LOGS = SQUARES.map((square) => (square > 0 ? square * Math.log2(square) : 0));

/** The end token, such as [SEP], if the tokenizer added one. */
export function endToken({ special, tokens }: Pick<Packed, "special" | "tokens">): number | null {
  const last = tokens.length - 1;
  return last > 0 && special.includes(last) ? last : null;
}

/** Every measure of every head. With `sink`, that key is taken out first, as in `weightsOf`. */
export function headMeasures(packed: Packed, sink: number | null): HeadMeasures {
  const count = packed.layers.length * packed.num_heads;
  const own = () => new Float64Array(count);
  const found = {
    first: own(),
    last: own(),
    entropy: own(),
    distance: own(),
    previous: own(),
    self: own(),
    next: own(),
  };
  for (let index = 0; index < count; index++) measureHead(packed, index, sink, found);
  let far: Float64Array | undefined; // a second look at every weight, and only if it is asked for
  return Object.defineProperty(found, "far", {
    get: () => (far ??= Float64Array.from({ length: count }, (_, index) => farShare(packed, index, sink))),
  }) as HeadMeasures;
}

function measureHead(
  packed: Packed,
  index: number,
  sink: number | null,
  into: Record<Near, Float64Array>,
): void {
  const { tokens, causal, codes, special } = packed;
  const seq = tokens.length;
  const last = endToken(packed);
  const sums: Record<string, number> = {};
  const counts: Record<string, number> = {};
  const add = (measure: Near, value: number) => {
    sums[measure] = (sums[measure] ?? 0) + value;
    counts[measure] = (counts[measure] ?? 0) + 1;
  };
  const asked = Uint8Array.from({ length: seq }, (_, query) => Number(!special.includes(query)));
  let end = index * headSize(packed);
  for (let query = 0; query < seq; query++) {
    const width = causal ? query + 1 : seq;
    const row = end;
    end += width;
    if (!asked[query]) continue;
    let sum = 0;
    let logs = 0;
    let steps = 0;
    for (let key = 0; key < width; key++) {
      const code = codes[row + key]!;
      const square = SQUARES[code]!;
      sum += square;
      logs += LOGS[code]!;
      steps += square * Math.abs(key - query);
    }
    if (sink !== null && sink < width) {
      const code = codes[row + sink]!;
      sum -= SQUARES[code]!;
      logs -= LOGS[code]!;
      steps -= SQUARES[code]! * Math.abs(query - sink);
    }
    if (sum <= 0) continue; // all of it went to the sink
    const share = (key: number) => (key < width && key !== sink ? SQUARES[codes[row + key]!]! / sum : 0);
    add("first", share(0));
    if (last !== null) add("last", share(last));
    add("entropy", Math.max(0, Math.log2(sum) - logs / sum));
    add("distance", steps / sum);
    if (query > 0) add("previous", share(query - 1));
    add("self", share(query));
    if (query < seq - 1) add("next", share(query + 1));
  }
  for (const [name, values] of Object.entries(into))
    values[index] = counts[name] ? sums[name]! / counts[name] : NaN;
}

/** Attention between words on those at least FAR words away, over attention on all other words. The pieces of a word that
 * looks count as its mean, those of one that is looked at as their sum; queries with no word so far away are left out. */
function farShare(packed: Packed, index: number, sink: number | null): number {
  const { tokens, causal, codes } = packed;
  const seq = tokens.length;
  const word = wordsOf(packed);
  const pieces = new Map<number, number>();
  for (const own of word) pieces.set(own, (pieces.get(own) ?? 0) + 1);
  const most = Math.max(...word);
  let far = 0;
  let other = 0;
  let end = index * headSize(packed);
  for (let query = 0; query < seq; query++) {
    const width = causal ? query + 1 : seq;
    const row = end;
    end += width;
    const own = word[query]!;
    if (own < 0 || (own < FAR && (causal || own > most - FAR))) continue;
    let sum = 0;
    let near = 0;
    let away = 0;
    for (let key = 0; key < width; key++) {
      const square = key === sink ? 0 : SQUARES[codes[row + key]!]!;
      sum += square;
      const steps = Math.abs(word[key]! - own);
      if (word[key]! < 0 || steps === 0) continue;
      if (steps >= FAR) away += square;
      else near += square;
    }
    if (sum <= 0) continue;
    const share = 1 / (sum * pieces.get(own)!);
    far += away * share;
    other += (near + away) * share;
  }
  return other > 0 ? far / other : NaN;
}

/** For each token its word, counted from 0; -1 for special tokens. */
function wordsOf({ words, special, tokens }: Packed): Int16Array {
  if (words) return Int16Array.from(words, (word) => word ?? -1);
  let count = 0;
  return Int16Array.from({ length: tokens.length }, (_, token) => (special.includes(token) ? -1 : count++));
}

/** Where attention goes that has nowhere to go: the first token, or the end token if it takes more on average. */
export function findSink(packed: Packed, { first, last }: HeadMeasures): number {
  const end = endToken(packed);
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return end !== null && mean(last) > mean(first) ? end : 0;
}

/** The heads by this measure; those without a number come last. */
export function ranked(values: Float64Array, order: "highest" | "lowest"): number[] {
  const sign = order === "highest" ? -1 : 1;
  const place = (head: number) => (Number.isNaN(values[head]) ? Infinity : sign * values[head]!);
  return [...values.keys()].sort((one, other) => place(one) - place(other) || one - other);
}

/** The place of a head from the top, counted from 1; heads that are equal share it. */
export function rankOf(values: Float64Array, head: number): number {
  let above = 0;
  for (const value of values) if (value > values[head]!) above++;
  return above + 1;
}
