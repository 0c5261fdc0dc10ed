import {
  decimals,
  element,
  HeatMap,
  LinePicture,
  weights,
  write,
  type Cleanup,
  type Theme,
} from "../draw/index";
import type { Picture, Values } from "../frame/index";
import type { Analysis } from "./analysis";
import type { Drawn } from "./answer";
import type { Selection } from "./selection";

const MOST_LINES = 56; // words beside lines; of a longer text those around the chosen one
const NAMED = 4; // tokens that the sentence below the picture names

type Choose = (change: Values) => void;

/** One head large: lines between words, or the matrix in which a cell is chosen by pointer or arrow keys. */
export class OneHead {
  readonly root: HTMLElement;
  #lines: LinePicture;
  #map: HeatMap;
  #linesFigure: HTMLElement;
  #mapFigure: HTMLElement;
  #sum = element("p", { class: "mha-sum" });
  #cut = element("p", { class: "mha-cut" });
  #axes = "";
  #drawn: Drawn | null = null;
  #selection: Selection | null = null;
  #first = 0;
  #window = new Float32Array(0);

  constructor(cleanup: Cleanup, choose: Choose) {
    this.#lines = new LinePicture(cleanup);
    this.#map = new HeatMap({ labelWidth: 110, upright: true, mostCell: 34 }, cleanup);
    this.#map.root.tabIndex = 0;
    this.#map.root.setAttribute("role", "application");
    this.#map.root.dataset["part"] = "cells";
    this.#lines.root.setAttribute("role", "img");
    const sides = (...words: string[]) =>
      element("div", { class: "mha-sides" }, ...words.map((word) => element("span", {}, word)));
    this.#linesFigure = element("figure", {}, sides("looks", "is looked at"), this.#lines.root, this.#cut);
    this.#mapFigure = element("figure", {}, sides("rows look, columns are looked at"), this.#map.root);
    this.root = element("div", { class: "mha-one-head" }, this.#linesFigure, this.#mapFigure, this.#sum);
    const atCell = (event: PointerEvent) => {
      const cell = this.#map.cellAt(event);
      if (cell) choose({ token: cell.row, key: cell.column });
    };
    const atWord = (event: PointerEvent) => {
      const row = this.#lines.wordAt(event);
      if (row !== null) choose({ token: this.#first + row, key: null });
    };
    for (const event of ["pointermove", "pointerdown"] as const) {
      cleanup.listen(this.#map.root, event, atCell);
      cleanup.listen(this.#lines.root, event, atWord);
    }
    cleanup.listen(this.#map.root, "keydown", (event) => {
      const change = this.#moved(event.key);
      if (!change) return;
      event.preventDefault();
      choose(change);
    });
  }

  show(analysis: Analysis, selection: Selection, name: string, theme: Theme): void {
    const { drawn } = analysis;
    const { token, key, view, hide_sink, index } = selection;
    const attn = analysis.attn(index, hide_sink);
    [this.#drawn, this.#selection] = [drawn, selection];
    this.#linesFigure.hidden = view === "matrix";
    this.#mapFigure.hidden = view === "lines";
    if (view !== "matrix") this.#showLines(drawn, attn, token, name);
    if (view !== "lines") this.#showMap(drawn, attn, analysis, selection, name, theme);
    write(this.#sum, inWords(drawn, attn, token, key));
  }

  pictures(): Picture[] {
    return [this.#lines, this.#map];
  }

  recolour(): void {
    this.#map.recolour();
    this.#lines.recolour();
  }

  #showLines({ tokens }: Drawn, attn: Float32Array, token: number, name: string): void {
    const seq = tokens.length;
    const shown = Math.min(MOST_LINES, seq);
    this.#first = Math.max(0, Math.min(token - Math.floor(shown / 2), seq - shown));
    const end = this.#first + shown;
    let part = attn;
    if (shown < seq) {
      if (this.#window.length !== shown * shown) this.#window = new Float32Array(shown * shown);
      for (let row = 0; row < shown; row++) {
        const from = (this.#first + row) * seq;
        this.#window.set(attn.subarray(from + this.#first, from + end), row * shown);
      }
      part = this.#window;
    }
    this.#lines.show(tokens.slice(this.#first, end) as string[], part, token - this.#first);
    this.#lines.root.setAttribute(
      "aria-label",
      `Lines from each word to the words that head ${name} looks at`,
    );
    this.#cut.hidden = shown === seq;
    if (shown === seq) return;
    const row = attn.subarray(token * seq, (token + 1) * seq);
    const inside = row.subarray(this.#first, end).reduce((sum, weight) => sum + weight, 0);
    const all = row.reduce((sum, weight) => sum + weight, 0);
    write(
      this.#cut,
      `Tokens ${this.#first} to ${end - 1} of ${seq}; ${decimals(Math.max(0, all - inside), 2)} of the chosen token's attention goes to others.`,
    );
  }

  #showMap(
    { tokens, causal }: Drawn,
    attn: Float32Array,
    { sink }: Analysis,
    { token, key, hide_sink }: Selection,
    name: string,
    theme: Theme,
  ): void {
    const seq = tokens.length;
    const axes = tokens.join("\u0000");
    if (axes !== this.#axes) {
      this.#axes = axes;
      const columns = tokens.map((label, i) => ({ label, start: i, end: i + 1 }));
      this.#map.setAxes({ rows: [...tokens], columns, columnCount: seq });
    }
    const taken = hide_sink ? sink : -1;
    const unseen = (i: number) => i % seq === taken || (causal && i % seq > Math.floor(i / seq));
    this.#map.paint(attn, weights[theme], [0, 1], causal || hide_sink ? unseen : undefined);
    this.#map.outline(token, key);
    this.#map.root.setAttribute(
      "aria-label",
      `Weights of head ${name}, tokens that look by tokens looked at. Arrow keys move from cell to cell.`,
    );
  }

  #moved(pressed: string): Values | null {
    if (!this.#selection || !this.#drawn) return null;
    const { token, key } = this.#selection;
    const last = this.#drawn.tokens.length - 1;
    const within = (place: number) => Math.max(0, Math.min(last, place));
    const column = key ?? -1;
    const changes: Record<string, Values> = {
      ArrowUp: { token: within(token - 1) },
      ArrowDown: { token: within(token + 1) },
      ArrowLeft: { key: within(column - 1) },
      ArrowRight: { key: within(column + 1) },
      Home: { key: 0 },
      End: { key: last },
    };
    return changes[pressed] ?? null;
  }
}

/** Where a token looks, in a sentence: at the cell chosen, or at what it looks at most. */
export function inWords({ tokens }: Drawn, attn: Float32Array, token: number, key: number | null): string {
  const seq = tokens.length;
  const row = attn.subarray(token * seq, (token + 1) * seq);
  const strongest = [...row.keys()].sort((one, other) => row[other]! - row[one]! || one - other);
  const most = row[strongest[0]!]!;
  const places = most >= 0.1 ? 2 : 4; // in a long text every weight is small
  const said = (place: number) => `“${tokens[place]}” ${decimals(row[place]!, places)}`;
  if (key !== null) return `“${tokens[token]}” looks at ${said(key)}`;
  const named = strongest.slice(0, NAMED).filter((place) => row[place]! > most / 50);
  return named.length === 0
    ? `“${tokens[token]}” looks at nothing else`
    : `“${tokens[token]}” looks at ${named.map(said).join(", ")}`;
}
