import { element, short, type Cleanup } from "./dom";
import { canvasPen, FONT, svgPen, type Pen } from "./pen";

const MOST_LINES = 900; // more cannot be drawn within a frame, nor be read
const MOST_HEIGHT = 560; // px

/** Words that look on the left, words looked at on the right, a line for each weight. */
export class LinePicture {
  readonly root = element("canvas", { class: "mha-lines", "data-picture": "lines" });
  #words: string[] = [];
  #attn: ArrayLike<number> = [];
  #query: number | null = null;

  constructor(cleanup: Cleanup) {
    const observer = new ResizeObserver(() => this.recolour());
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  /** `attn` is one head's [query, key]; the lines of `query` stand out. */
  show(words: string[], attn: ArrayLike<number>, query: number | null): void {
    this.#words = words;
    this.#attn = attn;
    this.#query = query;
    const height = `${this.#height()}px`;
    if (this.root.style.height !== height) this.root.style.height = height;
    this.recolour();
  }

  /** The word under a pointer. */
  wordAt(event: { clientY: number }): number | null {
    const row = Math.floor((event.clientY - this.root.getBoundingClientRect().top - 4) / this.#rowHeight());
    return row >= 0 && row < this.#words.length ? row : null;
  }

  recolour(): void {
    const width = this.root.clientWidth;
    if (width && this.#words.length) this.#draw(canvasPen(this.root, width, this.#height()), width);
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts), this.root.clientWidth);
    return parts.join("");
  }

  #rowHeight(): number {
    return Math.max(4, Math.min(30, MOST_HEIGHT / (this.#words.length || 1)));
  }

  #height(): number {
    return this.#words.length * this.#rowHeight() + 8;
  }

  #draw(pen: Pen, width: number): void {
    const style = getComputedStyle(this.root);
    const [accent, plain] = [style.getPropertyValue("--mha-accent"), style.getPropertyValue("--mha-fg")];
    const rowHeight = this.#rowHeight();
    const y = (row: number) => 4 + (row + 0.5) * rowHeight;
    const size = Math.max(8, Math.min(15, rowHeight * 0.72));
    const words = this.#words.map((word) => short(word, 12));
    const context = this.root.getContext("2d")!;
    context.font = `bold ${size}px ${FONT}`;
    const room = Math.min(
      width * 0.36,
      Math.max(...words.map((word) => context.measureText(word).width)) + 8,
    );
    for (const { query, key, weight } of this.#strongest()) {
      // The square root, as in the colours of the heat map: in a long sentence every weight is small.
      const opacity = Math.sqrt(weight) * (query === this.#query ? 1 : this.#query === null ? 0.7 : 0.2);
      const thickness = 0.5 + weight * Math.min(7, rowHeight * 0.4);
      pen.curve(room, y(query), width - room, y(key), { colour: accent, width: thickness, opacity });
    }
    const step = Math.ceil(size / rowHeight);
    words.forEach((word, row) => {
      const chosen = row === this.#query;
      if (row % step && !chosen) return;
      const colour = chosen ? accent : plain;
      pen.text(word, room - 5, y(row), { size, colour, align: "right", bold: chosen });
      pen.text(word, width - room + 5, y(row), { size, colour: plain, align: "left" });
    });
  }

  /** The strongest weights, weakest first, so that strong lines are drawn last and lie on top. */
  #strongest(): { query: number; key: number; weight: number }[] {
    const count = this.#words.length;
    const lines: { query: number; key: number; weight: number }[] = [];
    for (let i = 0; i < count * count; i++) {
      const weight = this.#attn[i]!;
      if (weight > 0.01) lines.push({ query: Math.floor(i / count), key: i % count, weight });
    }
    const rank = (line: (typeof lines)[number]) => line.weight + (line.query === this.#query ? 1 : 0);
    return lines.sort((a, b) => rank(a) - rank(b)).slice(-MOST_LINES);
  }
}
