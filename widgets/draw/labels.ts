import { element, short } from "./dom";
import { textWidth } from "./measure";
import { canvasPen, type Pen } from "./pen";

/** What stands along an axis: a word a row, and a label over a range of columns. */
export interface Axes {
  rows: string[];
  columns: { label: string; start: number; end: number }[];
  columnCount: number;
}

/** Where the cells are, in px from the picture's corner: labels stand left of them and over them. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const SMALLEST = 8; // px of a letter that can be read

/** Maps of one sentence are given the same axes, which are read once. */
const known = new WeakMap<Axes, { text: string; widest: number }>();

/** Axes as one text, to compare them by, and the width in px of the widest word of their rows. */
export function measureAxes(axes: Axes): { text: string; widest: number } {
  let found = known.get(axes);
  if (!found) {
    const widest = Math.max(...axes.rows.map((word) => textWidth(short(word, 14), 13)));
    found = { text: JSON.stringify(axes), widest };
    known.set(axes, found);
  }
  return found;
}

/** The labels drawn last. The canvas is in no document: to write on one that is, the browser works out styles first. */
const sheet: { look: string; canvas?: HTMLCanvasElement } = { look: "" };

/** The words beside and over the cells of a map, on a canvas that lies over all of it. */
export class Labels {
  readonly canvas = element("canvas", { class: "mha-labels", "aria-hidden": "true" });
  #colours: { text: string; line: string } | undefined;

  /** `upright`: labels over the columns stand (words) or lie flat (names of ranges). */
  constructor(private readonly upright: boolean) {}

  /** Maps of one sentence have the same labels: they are drawn once and copied. `text` is that of the axes. */
  show(axes: Axes, text: string, box: Box, width: number, tall: number): void {
    const look = JSON.stringify([devicePixelRatio, width, tall, text, this.upright, box, this.#palette()]);
    if (look !== sheet.look) {
      sheet.look = look;
      sheet.canvas ??= element("canvas");
      this.draw(canvasPen(sheet.canvas, width, tall), axes, box);
    }
    const from = sheet.canvas!;
    const { canvas } = this;
    if (canvas.width !== from.width) canvas.width = from.width;
    if (canvas.height !== from.height) canvas.height = from.height;
    const context = canvas.getContext("2d")!;
    context.globalCompositeOperation = "copy";
    context.drawImage(from, 0, 0);
  }

  draw(pen: Pen, axes: Axes, box: Box): void {
    this.#drawRows(pen, axes, box);
    if (this.upright) this.#drawColumns(pen, axes, box);
    else this.#drawRanges(pen, axes, box);
  }

  /** Forget the colours of a theme that has changed. */
  recolour(): void {
    this.#colours = undefined;
  }

  #drawRows(pen: Pen, { rows }: Axes, { left, top, height }: Box): void {
    const { text: colour } = this.#palette();
    const room = height / rows.length;
    const size = sizeIn(room);
    rows.forEach((word, i) => {
      if (i % stepIn(room)) return;
      const words = fitted(word, left - 6, size);
      pen.text(words, left - 4, top + (i + 0.5) * room, { size, colour, align: "right" });
    });
  }

  #drawColumns(pen: Pen, { columns, columnCount }: Axes, { left, top, width }: Box): void {
    const { text: colour } = this.#palette();
    const room = width / columnCount;
    const size = sizeIn(room);
    columns.forEach(({ label }, i) => {
      if (i % stepIn(room)) return;
      const words = fitted(label, top - 6, size);
      const [x, y] = [left + (i + 0.5) * room, top - 4];
      // A letter alone needs no turning.
      if (words.length === 1) pen.text(words, x, y - 3, { size, colour, align: "center" });
      else pen.text(words, x, y, { size, colour, align: "left", upright: true });
    });
  }

  #drawRanges(pen: Pen, { columns, columnCount }: Axes, { left, top, width, height }: Box): void {
    const { text: colour, line } = this.#palette();
    const cell = width / columnCount;
    for (const { label, start, end } of columns) {
      const room = (end - start) * cell - 2;
      // Where "head 3" is too long, "3" says as much.
      const words = textWidth(label, 11) <= room ? label : label.split(" ").at(-1)!;
      const middle = left + ((start + end) / 2) * cell;
      pen.text(fitted(words, room, 11), middle, top - 9, { size: 11, colour, align: "center" });
      const x = left + start * cell;
      if (start > 0) pen.line([[x, top - 14], [x, top + height]], { colour: line, width: 1 }); // prettier-ignore
    }
  }

  /** Read once a theme: the browser works out the whole page's style for it. */
  #palette(): { text: string; line: string } {
    if (!this.#colours) {
      const style = getComputedStyle(this.canvas);
      const read = (name: string) => style.getPropertyValue(name);
      this.#colours = { text: read("--mha-fg"), line: read("--mha-strong-line") };
    }
    return this.#colours;
  }
}

/** Letters for so much room a word, in px. */
function sizeIn(room: number): number {
  return Math.max(SMALLEST, Math.min(13, room * 0.85));
}

/** Where rows are thinner than letters, every n-th word is written. */
function stepIn(room: number): number {
  return Math.ceil(sizeIn(room) / room);
}

/** The word, or as much of it as there is room for. */
function fitted(word: string, room: number, size: number): string {
  let words = word;
  for (let most = 13; textWidth(words, size) > room && most > 0; most--) words = short(word, most);
  return words;
}
