/** Heads with hand-set queries and keys, so that their patterns have a meaning. Twin of mha_lessons/designed.py.
 *
 * The token vector x is laid out in channels that can be read (see Layout). A head is a list of columns; each column is a
 * question that a query asks (`asks`) and an answer that a key gives (`answers`), both as weights on channels, and the
 * score is the sum over columns of question times answer. A head of width d_head has room for its first d_head columns:
 * a class head needs few, a position head many, so position heads blur or repeat as heads get thinner. */

import { onGrid, wordRow } from "./embed";
import { WORD_CLASSES, classify, type WordClass } from "./lexicon";
import { PURPOSE, uniform } from "./philox";
import { randomWeights, type Weights } from "./weights";

/** Periods of the position code in tokens, the most useful first: x holds as many as it has room for. */
const PERIODS = [16, 4, 64, 8, 2, 32, 128, 256, 512];
/** A full match scores this much above no match: against 64 keys that do not match, e^12 / (e^12 + 64) = 99.96 %. */
const MATCH = 12;
/** Among the words that match, the weight of a good place. */
const PLACE = 16;
/** Enough to outbid any place, for queries to which the head does not apply. */
const SINK = 2 * PLACE + MATCH / 2;

type Weighted = ReadonlyMap<number, number>;
interface Column {
  readonly asks: Weighted;
  readonly answers: Weighted;
}

/** Where the channels of x stand: one per word class, one that is 1 for the first token only, sin and cos of the place
 * for each period, and the rest +1 or -1 at random, the same for the same word. */
export class Layout {
  readonly first = WORD_CLASSES.length;
  readonly periods: readonly number[];
  readonly identity: number;

  constructor(readonly d_model: number) {
    this.periods = PERIODS.slice(0, Math.floor((d_model - this.first) / 4));
    this.identity = this.first + 1 + 2 * this.periods.length;
  }
  /** The channel that holds sin of this period; cos is the next one. */
  sine(period: number): number {
    return this.first + 1 + 2 * this.periods.indexOf(period);
  }
}

/** Token vectors in readable channels, [seq, d_model]. */
export function designedVectors(tokens: readonly string[], d_model: number, seed: number): Float32Array {
  const layout = new Layout(d_model);
  const classes = classify(tokens);
  const width = d_model - layout.identity;
  const identity = uniform(seed, PURPOSE.identity, tokens.map(wordRow), width);
  const x = new Float32Array(tokens.length * d_model);
  classes.forEach((wordClass, place) => {
    const row = x.subarray(place * d_model, (place + 1) * d_model);
    row[WORD_CLASSES.indexOf(wordClass)] = 1;
    row[layout.first] = place === 0 ? 1 : 0;
    for (const period of layout.periods) row.set(onCircle(place, period), layout.sine(period));
    for (let i = 0; i < width; i++) row[layout.identity + i] = identity[place * width + i]! > 0 ? 1 : -1;
  });
  return x;
}

/** (sin, cos) of a place on a circle of `period` places. */
function onCircle(place: number, period: number): [number, number] {
  const angle = (2 * Math.PI * place) / period;
  return [onGrid(Math.sin(angle)), onGrid(Math.cos(angle))];
}

/** A query of one of the classes `from` finds the keys of the classes `to`, each with its weight. */
function match(from: readonly WordClass[], to: Partial<Record<WordClass, number>>): Column {
  return {
    asks: new Map(from.map((name) => [WORD_CLASSES.indexOf(name), MATCH])),
    answers: new Map(
      Object.entries(to).map(([name, weight]) => [WORD_CLASSES.indexOf(name as WordClass), weight]),
    ),
  };
}

/** Queries of every other class look at the first token, as idle heads of trained models do. */
function sink(layout: Layout, except: readonly WordClass[], weight: number): Column {
  const asking = WORD_CLASSES.map((name, channel) => [name, channel] as const).filter(
    ([name]) => !except.includes(name),
  );
  return {
    asks: new Map(asking.map(([, channel]) => [channel, weight])),
    answers: new Map([[layout.first, 1]]),
  };
}

/** Queries look `shift` places on: the score is `weight` times the mean over periods of cos(2 pi (key - query - shift) /
 * period). A circle takes two columns; of `wanted` those that x has are used, as far as there is `room`. */
function atPlace(
  layout: Layout,
  room: number,
  shift: number,
  weight: number,
  wanted: readonly number[],
): Column[] {
  const periods = wanted.filter((period) => layout.periods.includes(period)).slice(0, Math.floor(room / 2));
  return periods.flatMap((period) => {
    const sine = layout.sine(period);
    const cosine = sine + 1;
    const share = weight / periods.length;
    const [s, c] = onCircle(shift, period);
    // The first token has nothing before it: its flag turns its query back to itself.
    const [backS, backC] = shift < 0 ? [-s, 1 - c] : [0, 0];
    const column = (ofSine: number, ofCosine: number, ofFirst: number, answer: number): Column => ({
      asks: new Map([
        [sine, share * ofSine],
        [cosine, share * ofCosine],
        [layout.first, share * ofFirst],
      ]),
      answers: new Map([[answer, 1]]),
    });
    return [column(c, s, backS, sine), column(-s, c, backC, cosine)]; // sin and cos of a sum of angles
  });
}

/** Queries look at copies of their own word; with few channels, at words that happen to share them. */
function sameWord(layout: Layout, room: number): Column[] {
  const count = Math.min(room, layout.d_model - layout.identity);
  return Array.from({ length: count }, (_, i) => ({
    asks: new Map([[layout.identity + i, MATCH / count]]),
    answers: new Map([[layout.identity + i, 1]]),
  }));
}

interface Design {
  readonly role: string;
  /** The columns of a head that has room for `room` of them. */
  readonly columns: (layout: Layout, room: number) => Column[];
}

/** A head that goes from words of some classes to words of others, the best place first; all else goes to the sink. */
function relation(
  role: string,
  from: readonly WordClass[],
  to: Partial<Record<WordClass, number>>,
  shift: number,
  periods: readonly number[],
): Design {
  const columns = (layout: Layout, room: number) => [
    match(from, to),
    sink(layout, from, SINK),
    ...atPlace(layout, room - 2, shift, PLACE, periods),
  ];
  return { role, columns };
}

/** Head i takes design i modulo 8. */
export const DESIGNS: readonly Design[] = [
  { role: "previous word", columns: (layout, room) => atPlace(layout, room, -1, MATCH, PERIODS) },
  { role: "same word", columns: sameWord },
  relation("pronoun → name", ["pronoun"], { name: 1, noun: 0.75 }, -6, [64]),
  relation("verb → object", ["verb"], { noun: 1, name: 1, pronoun: 0.8 }, 2, [16, 64, 32]),
  relation("next noun", ["determiner", "adjective"], { noun: 1, name: 0.75 }, 1.5, [16, 64, 32]),
  { role: "first word", columns: (layout) => [sink(layout, [], MATCH)] },
  { role: "nearby words", columns: (layout, room) => atPlace(layout, room, 0, MATCH, [32, 16]) },
  { role: "far-away words", columns: (layout, room) => atPlace(layout, room, 0, -MATCH, [64, 128, 16]) },
];

/** What each head was designed to do. */
export function designedRoles(num_heads: number): string[] {
  return Array.from({ length: num_heads }, (_, head) => DESIGNS[head % DESIGNS.length]!.role);
}

/** Hand-set w_q and w_k, seeded w_v and w_o, in the shapes of `randomWeights`. */
export function designedWeights(d_model: number, num_heads: number, d_head: number, seed: number): Weights {
  const layout = new Layout(d_model);
  const width = num_heads * d_head;
  const w_q = new Float32Array(d_model * width);
  const w_k = new Float32Array(d_model * width);
  for (let head = 0; head < num_heads; head++) {
    const columns = DESIGNS[head % DESIGNS.length]!.columns(layout, d_head).slice(0, d_head);
    columns.forEach(({ asks, answers }, i) => {
      const column = head * d_head + i;
      // The layer divides scores by sqrt(d_head): taken back here, so that MATCH means the same at every width.
      for (const [channel, weight] of asks) w_q[channel * width + column] = weight * Math.sqrt(d_head);
      for (const [channel, weight] of answers) w_k[channel * width + column] = weight;
    });
  }
  return { ...randomWeights(d_model, width, seed), w_q, w_k };
}
