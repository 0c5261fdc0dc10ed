import { element, short, type Cleanup } from "./dom";
import { follow, whenNear } from "./fit";
import { textWidth } from "./measure";
import { canvasPen, escapeXml, round, svgPen, type Pen } from "./pen";

const MOST_LINES = 900; // more cannot be read
const LEAST_WEIGHT = 0.01;
const LEVELS = 24; // of strength: lines of one level are one path, and no eye sees the steps
const MOST_HEIGHT = 560; // px
const SVG = "http://www.w3.org/2000/svg";

interface Line {
  query: number;
  key: number;
  weight: number;
}

/** Lines of one strength, as the attributes of an SVG path. */
interface Strand {
  d: string;
  "stroke-width": string;
  "stroke-opacity": string;
}

/** Words that look on the left, words looked at on the right, a line for each weight. The words are on a canvas. The
 * lines are a few SVG paths, which the browser draws beside the main thread. */
export class LinePicture {
  readonly root = element("div", { "data-picture": "lines" });
  #canvas = element("canvas", { class: "mha-lines", "aria-hidden": "true" });
  #svg = document.createElementNS(SVG, "svg");
  #words: string[] = [];
  #attn: ArrayLike<number> = [];
  #query: number | null = null;
  #width = 0;
  #room = 0; // px for the words on either side
  #written = "";
  #colours: { accent: string; plain: string } | undefined;

  constructor(cleanup: Cleanup) {
    this.root.style.position = "relative";
    this.#svg.style.cssText =
      "position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none;";
    this.#svg.setAttribute("aria-hidden", "true");
    this.#svg.setAttribute("fill", "none");
    this.root.append(this.#canvas, this.#svg);
    follow(this, cleanup);
  }

  /** `attn` is one head's [query, key]; the lines of `query` stand out. */
  show(words: string[], attn: ArrayLike<number>, query: number | null): void {
    this.#words = words;
    this.#attn = attn;
    this.#query = query;
    const height = `${this.#height()}px`;
    if (this.#canvas.style.height !== height) this.#canvas.style.height = height;
    whenNear(this, "axes", () => this.fit(this.#width));
  }

  /** The word under a pointer. */
  wordAt(event: { clientY: number }): number | null {
    const row = Math.floor((event.clientY - this.root.getBoundingClientRect().top - 4) / this.#rowHeight());
    return row >= 0 && row < this.#words.length ? row : null;
  }

  recolour(): void {
    this.#colours = undefined;
    this.#written = "";
    whenNear(this, "axes", () => this.fit(this.#width));
  }

  fit(width: number): void {
    this.#width = width;
    if (!width || !this.#words.length) return;
    const { accent, plain } = this.#palette();
    const written = JSON.stringify([width, devicePixelRatio, this.#query, this.#words]);
    if (written !== this.#written) {
      this.#written = written;
      this.#room = this.#roomFor(width);
      this.#write(canvasPen(this.#canvas, width, this.#height()), width, accent, plain);
      this.#svg.setAttribute("stroke", accent);
    }
    const paths = this.#strands(width).map((strand, i) => {
      const path = this.#svg.children[i] ?? document.createElementNS(SVG, "path");
      for (const [name, value] of Object.entries(strand)) path.setAttribute(name, value);
      return path;
    });
    while (this.#svg.childElementCount > paths.length) this.#svg.lastElementChild!.remove();
    this.#svg.append(...paths.slice(this.#svg.childElementCount));
  }

  svg(): string {
    const { accent, plain } = this.#palette();
    const width = this.root.clientWidth;
    const paths = this.#strands(width).map((strand) => {
      const written = Object.entries(strand).map(([name, value]) => `${name}="${value}"`);
      return `<path ${written.join(" ")}/>`;
    });
    const parts = [`<g fill="none" stroke="${escapeXml(accent)}">${paths.join("")}</g>`];
    this.#write(svgPen(parts), width, accent, plain);
    return parts.join("");
  }

  #rowHeight(): number {
    return Math.max(4, Math.min(30, MOST_HEIGHT / (this.#words.length || 1)));
  }

  #height(): number {
    return this.#words.length * this.#rowHeight() + 8;
  }

  /** Middle of a row. */
  #y(row: number): number {
    return 4 + (row + 0.5) * this.#rowHeight();
  }

  #size(): number {
    return Math.max(8, Math.min(15, this.#rowHeight() * 0.72));
  }

  #roomFor(width: number): number {
    const widths = this.#words.map((word) => textWidth(short(word, 12), this.#size(), true));
    return Math.min(width * 0.36, Math.max(...widths) + 8);
  }

  #write(pen: Pen, width: number, accent: string, plain: string): void {
    const size = this.#size();
    const room = this.#room;
    const step = Math.ceil(size / this.#rowHeight());
    this.#words.forEach((word, row) => {
      const chosen = row === this.#query;
      if (row % step && !chosen) return;
      const colour = chosen ? accent : plain;
      pen.text(short(word, 12), room - 5, this.#y(row), { size, colour, align: "right", bold: chosen });
      pen.text(short(word, 12), width - room + 5, this.#y(row), { size, colour: plain, align: "left" });
    });
  }

  /** The lines by strength, weakest first; those of the chosen word lie on top. */
  #strands(width: number): Strand[] {
    const room = this.#room;
    const middle = width / 2;
    const rows = this.#words.map((_, row) => round(this.#y(row)));
    const starts = rows.map((y) => `M${round(room)} ${y}C${round(middle)} ${y} ${round(middle)} `);
    const ends = rows.map((y) => `${y} ${round(width - room)} ${y}`);
    const paths: string[] = Array.from({ length: 2 * LEVELS }, () => "");
    for (const { query, key, weight } of this.#strongest()) {
      // The square root, as in the colours of the heat map: in a long sentence every weight is small.
      const level = Math.min(LEVELS, Math.ceil(Math.sqrt(weight) * LEVELS)) - 1;
      paths[level + (query === this.#query ? LEVELS : 0)] += starts[query]! + ends[key]!;
    }
    const thickest = Math.min(7, this.#rowHeight() * 0.4);
    return paths.flatMap((path, i): Strand[] => {
      const root = ((i % LEVELS) + 0.5) / LEVELS;
      const strength = i >= LEVELS ? 1 : this.#query === null ? 0.7 : 0.2;
      const width = String(round(0.5 + root * root * thickest));
      return path
        ? [{ d: path, "stroke-width": width, "stroke-opacity": String(round(root * strength)) }]
        : [];
    });
  }

  #strongest(): Line[] {
    const count = this.#words.length;
    const least = this.#leastWeight();
    const lines: Line[] = [];
    for (let query = 0; query < count; query++) {
      const enough = query === this.#query ? LEAST_WEIGHT : least;
      for (let key = 0; key < count; key++) {
        const weight = this.#attn[query * count + key]!;
        if (weight > enough) lines.push({ query, key, weight });
      }
    }
    return lines;
  }

  /** What a weight has to exceed: at most so many lines do. Only numbers are sorted, which is fast. */
  #leastWeight(): number {
    const visible = Float32Array.from(this.#attn).filter((weight) => weight > LEAST_WEIGHT);
    return visible.length > MOST_LINES ? visible.sort().at(-MOST_LINES)! : LEAST_WEIGHT;
  }

  #palette(): { accent: string; plain: string } {
    if (!this.#colours) {
      const style = getComputedStyle(this.root);
      const read = (name: string) => style.getPropertyValue(name);
      this.#colours = { accent: read("--mha-accent"), plain: read("--mha-fg") };
    }
    return this.#colours;
  }
}
