/** One number for each head, from the weights as they are shown. Names and definitions are those of
 * mha_lessons/heads (measures.py and survey.py): a number for each query that is no special token, and its mean. */

import { headSize, rowSums, SQUARES, type Packed } from "./packed";

export const MEASURES = ["first", "last", "entropy", "distance", "previous", "self", "next", "far"] as const;
export type Measure = (typeof MEASURES)[number];
/** For each measure a number for each head, counted over all layers; NaN where no query has one. */
export type HeadMeasures = Readonly<Record<Measure, Float64Array>>;

/** From this many words on, a word is far away. Twin of FAR in measures.py. */
export const FAR = 5;

const LOGS = Float64Array.from(SQUARES, (square) => (square > 0 ? square * Math.log2(square) : 0));

/** The end token, such as [SEP], if the tokenizer added one. */
export function endToken({ special, tokens }: Pick<Packed, "special" | "tokens">): number | null {
  const last = tokens.length - 1;
  return last > 0 && special.includes(last) ? last : null;
}

/** Every measure of every head. With `sink`, that key is taken out first, as in `weightsOf`. Each is worked out when it is
 * asked for: some need a few weights of each row, others all of them. `sums` are those of all rows, if they are known. */
export function headMeasures(packed: Packed, sink: number | null, sums?: Float64Array): HeadMeasures {
  const known = new Map<Measure, Float64Array>();
  const work = (name: Measure): Float64Array => {
    if (name === "far") return known.set(name, farShares(packed, sink)).get(name)!;
    const found =
      name === "entropy" || name === "distance" ? spreads(packed, sink) : shares(packed, sink, sums);
    for (const [own, values] of Object.entries(found)) known.set(own as Measure, values);
    return known.get(name)!;
  };
  const measures = {} as HeadMeasures;
  for (const name of MEASURES)
    Object.defineProperty(measures, name, { get: () => known.get(name) ?? work(name) });
  return measures;
}

/** Mean share of its attention that a query gives to the first token, the end, the one before it, itself, the one after. */
function shares(packed: Packed, sink: number | null, known?: Float64Array) {
  const { tokens, causal, codes } = packed;
  const seq = tokens.length;
  const keys = [0, endToken(packed) ?? -1, 0, 0, 0]; // looked at by the query at hand; -1 and seq: there is no such one
  const found = keys.map(() => new Float64Array(packed.layers.length * packed.num_heads));
  const asked = queriesOf(packed);
  for (let index = 0; index < found[0]!.length; index++) {
    const sums = known?.subarray(index * seq, (index + 1) * seq) ?? rowSums(packed, index, sink);
    const total = [0, 0, 0, 0, 0];
    const count = [0, 0, 0, 0, 0];
    let end = index * headSize(packed);
    for (let query = 0; query < seq; query++) {
      const width = causal ? query + 1 : seq;
      const row = end;
      end += width;
      const sum = sums[query]!;
      if (!asked[query] || sum <= 0) continue; // at 0, all of it went to the sink
      [keys[2], keys[3], keys[4]] = [query - 1, query, query + 1];
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i]!;
        if (key < 0 || key >= seq) continue;
        count[i]!++;
        if (key < width && key !== sink) total[i]! += SQUARES[codes[row + key]!]! / sum;
      }
    }
    found.forEach((values, i) => (values[index] = total[i]! / count[i]!)); // NaN where no query has one
  }
  return { first: found[0]!, last: found[1]!, previous: found[2]!, self: found[3]!, next: found[4]! };
}

/** Mean entropy of the rows, and mean distance of what is looked at. */
function spreads(packed: Packed, sink: number | null) {
  const { tokens, causal, codes } = packed;
  const seq = tokens.length;
  const asked = queriesOf(packed);
  const entropy = new Float64Array(packed.layers.length * packed.num_heads);
  const distance = entropy.slice();
  for (let index = 0; index < entropy.length; index++) {
    const sums = rowSums(packed, index, sink);
    let count = 0;
    let bits = 0;
    let far = 0;
    let end = index * headSize(packed);
    for (let query = 0; query < seq; query++) {
      const width = causal ? query + 1 : seq;
      const row = end;
      end += width;
      const sum = sums[query]!;
      if (!asked[query] || sum <= 0) continue;
      let logs = 0;
      let steps = 0;
      for (let key = 0; key < width; key++) {
        if (key === sink) continue;
        const code = codes[row + key]!;
        logs += LOGS[code]!;
        steps += SQUARES[code]! * Math.abs(key - query);
      }
      count++;
      bits += Math.max(0, Math.log2(sum) - logs / sum);
      far += steps / sum;
    }
    [entropy[index], distance[index]] = [bits / count, far / count]; // NaN where no query has one
  }
  return { entropy, distance };
}

/** For each token whether it is asked, as special ones are not. */
function queriesOf({ tokens, special }: Packed): Uint8Array {
  return Uint8Array.from(tokens, (_, query) => Number(!special.includes(query)));
}

function farShares(packed: Packed, sink: number | null): Float64Array {
  const count = packed.layers.length * packed.num_heads;
  return Float64Array.from({ length: count }, (_, index) => farShare(packed, index, sink));
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
