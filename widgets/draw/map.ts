import { element, short, type Cleanup } from "./dom";
import { drawLate, fitSoon, follow, whenNear } from "./fit";
import { paintCells } from "./heatmap";
import { textWidth } from "./measure";
import { canvasPen, escapeXml, round, svgPen, type Pen } from "./pen";
import type { Scale } from "./scales";

/** What stands along an axis: a word a row, and a label over a range of columns. */
export interface Axes {
  rows: string[];
  columns: { label: string; start: number; end: number }[];
  columnCount: number;
}

export interface MapOptions {
  /** Height of a row in px for this count of rows; square cells if it is not given. */
  rowHeight?: (rows: number) => number;
  /** Widest label, in px. */
  labelWidth: number;
  /** Largest side of a cell, in px: a short sentence should not fill the screen. */
  mostCell?: number;
  /** Labels over the columns stand upright (words) or lie flat (names of ranges). */
  upright: boolean;
  /** "room": only where there is room for each word, since a small picture needs it for its cells; "none": never. */
  labels?: "room" | "none";
}

const SMALLEST = 8; // px of a letter that can be read

/** Maps of one sentence are given the same axes, which are read once. */
const known = new WeakMap<Axes, { text: string; widest: number }>();

function measure(axes: Axes): { text: string; widest: number } {
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

/** A matrix with words on its axes: cells on one canvas, labels on another, redrawn only when they change. */
export class HeatMap {
  readonly root = element("div", { class: "mha-map", "data-picture": "map" });
  readonly cells = element("canvas", { class: "mha-cells", width: 0, height: 0 });
  #labels = element("canvas", { class: "mha-labels", "aria-hidden": "true" });
  #cursor = element("div", { class: "mha-cursor", hidden: true });
  #axes: Axes = { rows: [], columns: [], columnCount: 0 };
  #box = { left: 0, top: 0, width: 0, height: 0 };
  #roomFor = "";
  #drawn = "";
  #colours: { text: string; line: string } | undefined;
  #outlined: [row: number | null, column: number | null] = [null, null];

  constructor(
    private readonly options: MapOptions,
    cleanup: Cleanup,
  ) {
    this.root.append(this.#labels, this.cells, this.#cursor);
    follow(this, cleanup);
  }

  /** Axes are not written to afterwards: another sentence comes with others. */
  setAxes(axes: Axes): void {
    this.#axes = axes;
    fitSoon(this);
  }

  paint(
    values: ArrayLike<number>,
    scale: Scale,
    range: [number, number],
    masked?: (i: number) => boolean,
  ): void {
    const { rows, columnCount } = this.#axes;
    whenNear(this, "cells", () => {
      paintCells(this.cells, values, rows.length, columnCount, scale, range, masked);
    });
  }

  /** Outline one cell, or a whole row if no column is given; nothing if `row` is null. */
  outline(row: number | null, column: number | null = null): void {
    this.#outlined = [row, column];
    const { rows, columnCount } = this.#axes;
    this.#cursor.hidden = row === null || row >= rows.length;
    if (row === null) return;
    const width = this.#box.width / (columnCount || 1);
    const height = this.#box.height / (rows.length || 1);
    const [left, top] = [this.#box.left + (column ?? 0) * width, this.#box.top + row * height];
    place(this.#cursor, left, top, column === null ? this.#box.width : width, height);
  }

  /** The cell under a pointer, or null beside the cells. */
  cellAt(event: { clientX: number; clientY: number }): { row: number; column: number } | null {
    const box = this.cells.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.#axes.rows.length);
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.#axes.columnCount);
    const inside = row >= 0 && row < this.#axes.rows.length && column >= 0 && column < this.#axes.columnCount;
    return inside ? { row, column } : null;
  }

  /** Draw the labels again, in the colours of a theme that has changed. */
  recolour(): void {
    this.#drawn = "";
    this.#colours = undefined;
    fitSoon(this);
  }

  /** The picture as SVG elements, its corner at 0, 0; cells as one image, so that a long sentence stays a small file. */
  svg(): string {
    drawLate(this.root);
    const { left, top, width, height } = this.#box;
    const parts = [
      `<image x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" ` +
        `preserveAspectRatio="none" style="image-rendering:pixelated" href="${escapeXml(this.cells.toDataURL())}"/>`,
      `<rect x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" fill="none" ` +
        `stroke="${escapeXml(getComputedStyle(this.root).getPropertyValue("--mha-line"))}"/>`,
    ];
    if (!this.#labels.hidden) this.#drawLabels(svgPen(parts));
    return parts.join("");
  }

  /** Place the cells, unless they are as wanted. */
  room(width: number): void {
    const { rows, columnCount } = this.#axes;
    if (!width || !rows.length || !columnCount) return;
    const { text, widest } = measure(this.#axes);
    const key = `${width} ${text}`;
    if (key === this.#roomFor) return;
    this.#roomFor = key;
    const { options } = this;
    const cellBeside = (left: number) =>
      Math.min(options.mostCell ?? Infinity, (width - left - 1) / columnCount);
    let left = Math.ceil(Math.min(options.labelWidth, width * 0.36, widest + 8));
    const crowded = options.labels === "room" && cellBeside(left) < SMALLEST;
    const bare = crowded || options.labels === "none";
    if (bare) left = 1;
    const cell = cellBeside(left);
    const height = options.rowHeight?.(rows.length) ?? cell;
    const top = options.upright || bare ? left : 18;
    this.#box = { left, top, width: cell * columnCount, height: height * rows.length };
    place(this.cells, left, top, this.#box.width, this.#box.height);
    this.root.style.height = `${this.#tall()}px`;
    this.#labels.hidden = bare;
    this.outline(...this.#outlined); // it may have been asked for before there was any width
  }

  /** Place the cells and draw the labels, unless they are as wanted. */
  fit(width: number): void {
    this.room(width);
    const key = `${devicePixelRatio} ${this.#roomFor}`;
    if (!width || !this.#roomFor || key === this.#drawn) return;
    this.#drawn = key;
    if (!this.#labels.hidden) this.#showLabels(width, this.#tall());
  }

  #tall(): number {
    return this.#box.top + this.#box.height + 1;
  }

  /** Maps of one sentence have the same labels: they are drawn once and copied. */
  #showLabels(width: number, tall: number): void {
    const look = JSON.stringify([this.#drawn, tall, this.options.upright, this.#box, this.#palette()]);
    if (look !== sheet.look) {
      sheet.look = look;
      sheet.canvas ??= element("canvas");
      this.#drawLabels(canvasPen(sheet.canvas, width, tall));
    }
    const from = sheet.canvas!;
    const labels = this.#labels;
    if (labels.width !== from.width) labels.width = from.width;
    if (labels.height !== from.height) labels.height = from.height;
    const context = labels.getContext("2d")!;
    context.globalCompositeOperation = "copy";
    context.drawImage(from, 0, 0);
  }

  /** The word, or as much of it as there is room for. */
  #fit(word: string, room: number, size: number): string {
    let words = word;
    for (let most = 13; textWidth(words, size) > room && most > 0; most--) words = short(word, most);
    return words;
  }

  #drawLabels(pen: Pen): void {
    const { left, top, width, height } = this.#box;
    const { rows, columns, columnCount } = this.#axes;
    const { text: colour } = this.#palette();
    const rowHeight = height / rows.length;
    const cell = width / columnCount;
    const size = (room: number) => Math.max(SMALLEST, Math.min(13, room * 0.85));
    // Where rows are thinner than letters, every n-th word is written.
    const step = (room: number) => Math.ceil(size(room) / room);
    rows.forEach((word, i) => {
      if (i % step(rowHeight)) return;
      const words = this.#fit(word, left - 6, size(rowHeight));
      pen.text(words, left - 4, top + (i + 0.5) * rowHeight, {
        size: size(rowHeight),
        colour,
        align: "right",
      });
    });
    if (!this.options.upright) return this.#drawRanges(pen, colour, cell);
    columns.forEach(({ label }, i) => {
      if (i % step(cell)) return;
      const words = this.#fit(label, top - 6, size(cell));
      const [x, y] = [left + (i + 0.5) * cell, top - 4];
      // A letter alone needs no turning.
      if (words.length === 1) pen.text(words, x, y - 3, { size: size(cell), colour, align: "center" });
      else pen.text(words, x, y, { size: size(cell), colour, align: "left", upright: true });
    });
  }

  /** Read once a theme: the browser works out the whole page's style for it. */
  #palette(): { text: string; line: string } {
    if (!this.#colours) {
      const style = getComputedStyle(this.root);
      const read = (name: string) => style.getPropertyValue(name);
      this.#colours = { text: read("--mha-fg"), line: read("--mha-strong-line") };
    }
    return this.#colours;
  }

  #drawRanges(pen: Pen, colour: string, cell: number): void {
    const { left, top, height } = this.#box;
    const { line } = this.#palette();
    for (const { label, start, end } of this.#axes.columns) {
      const room = (end - start) * cell - 2;
      // Where "head 3" is too long, "3" says as much.
      const words = textWidth(label, 11) <= room ? label : label.split(" ").at(-1)!;
      const middle = left + ((start + end) / 2) * cell;
      pen.text(this.#fit(words, room, 11), middle, top - 9, { size: 11, colour, align: "center" });
      const x = left + start * cell;
      if (start > 0) pen.line([[x, top - 14], [x, top + height]], { colour: line, width: 1 }); // prettier-ignore
    }
  }
}

const placed = new WeakMap<HTMLElement, string>();

/** Lay an element over a part of its parent, in px. */
function place(part: HTMLElement, left: number, top: number, width: number, height: number): void {
  const style = `left: ${left}px; top: ${top}px; width: ${width}px; height: ${height}px;`;
  // What stands there already is not written: a style makes the browser lay the page out again, even the same one.
  if (placed.get(part) === style) return;
  placed.set(part, style);
  part.style.cssText = style;
}
