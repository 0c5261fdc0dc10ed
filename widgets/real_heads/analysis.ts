import { findSink, headMeasures, type HeadMeasures } from "../core/head_measures";
import { weightsOf } from "../core/packed";
import { thumbnails, type Thumbnails } from "../core/thumbnails";
import type { Drawn } from "./answer";

const SIDE = 40; // cells of a small picture; a longer text is made coarser

interface Seen {
  readonly measures: HeadMeasures;
  readonly thumbnails: Thumbnails;
}

/** What is worked out from one answer, each thing once: with all columns, and without the sink's. */
export class Analysis {
  /** The token that takes the attention which has nowhere to go. */
  readonly sink: number;
  #seen = new Map<boolean, Seen>();
  #attn: Float32Array = new Float32Array(0);
  #attnOf = "";

  constructor(readonly drawn: Drawn) {
    this.sink = 0;
    this.sink = findSink(drawn, this.seen(false).measures);
  }

  seen(hide_sink: boolean): Seen {
    let found = this.#seen.get(hide_sink);
    if (!found) {
      const sink = hide_sink ? this.sink : null;
      const small = thumbnails(this.drawn, SIDE, sink);
      found = { thumbnails: small, measures: headMeasures(this.drawn, sink, small.sums) };
      this.#seen.set(hide_sink, found);
    }
    return found;
  }

  /** Share of its attention that a head, counted over all layers, gives to the sink; the sink not hidden. */
  sinkShare(index: number): number {
    const { first, last } = this.seen(false).measures;
    return (this.sink === 0 ? first : last)[index]!;
  }

  /** One head's weights; the same array is filled anew when another head is asked for. */
  attn(index: number, hide_sink: boolean): Float32Array {
    const wanted = `${index} ${hide_sink}`;
    if (wanted !== this.#attnOf) {
      this.#attnOf = wanted;
      this.#attn = weightsOf(this.drawn, index, hide_sink ? this.sink : null, this.#attn);
    }
    return this.#attn;
  }
}
