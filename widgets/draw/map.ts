import { element, type Cleanup } from "./dom";
import { drawLate, fitSoon, follow, whenNear } from "./fit";
import { paintCells } from "./heatmap";
import { Labels, measureAxes, SMALLEST, type Axes, type Box } from "./labels";
import { escapeXml, round, svgPen } from "./pen";
import type { Scale } from "./scales";

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

/** A matrix with words on its axes: cells on one canvas, labels on another, redrawn only when they change. */
export class HeatMap {
  readonly root = element("div", { class: "mha-map", "data-picture": "map" });
  readonly cells = element("canvas", { class: "mha-cells", width: 0, height: 0 });
  #labels: Labels;
  #cursor = element("div", { class: "mha-cursor", hidden: true });
  #axes: Axes = { rows: [], columns: [], columnCount: 0 };
  #box: Box = { left: 0, top: 0, width: 0, height: 0 };
  #roomFor = "";
  #drawn = "";
  #outlined: [row: number | null, column: number | null] = [null, null];

  constructor(
    private readonly options: MapOptions,
    cleanup: Cleanup,
  ) {
    this.#labels = new Labels(options.upright);
    this.root.append(this.#labels.canvas, this.cells, this.#cursor);
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
    this.#labels.recolour();
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
    if (!this.#labels.canvas.hidden) this.#labels.draw(svgPen(parts), this.#axes, this.#box);
    return parts.join("");
  }

  /** Place the cells, unless they are as wanted. */
  room(width: number): void {
    const { rows, columnCount } = this.#axes;
    if (!width || !rows.length || !columnCount) return;
    const { text, widest } = measureAxes(this.#axes);
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
    this.#labels.canvas.hidden = bare;
    this.outline(...this.#outlined); // it may have been asked for before there was any width
  }

  /** Place the cells and draw the labels, unless they are as wanted. */
  fit(width: number): void {
    this.room(width);
    const key = `${devicePixelRatio} ${this.#roomFor}`;
    if (!width || !this.#roomFor || key === this.#drawn) return;
    this.#drawn = key;
    if (this.#labels.canvas.hidden) return;
    this.#labels.show(this.#axes, measureAxes(this.#axes).text, this.#box, width, this.#tall());
  }

  #tall(): number {
    return this.#box.top + this.#box.height + 1;
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
