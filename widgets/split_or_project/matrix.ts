import {
  canvasPen,
  decimals,
  element,
  escapeXml,
  paintCells,
  round,
  short,
  svgPen,
  write,
} from "../draw/index";
import type { Pen, Scale, Theme } from "../draw/index";

/** What one matrix shows. */
export interface Drawing {
  /** Its name, and what stands above it, as the T of a transpose. */
  name: string;
  above?: string;
  /** Axis names with their sizes. */
  shape: string;
  /** A word a row, or nothing. */
  rows: string[] | number;
  columns: number;
  values: ArrayLike<number>;
  scale: Scale;
  range: [low: number, high: number];
  /** Columns of one head: a line divides them, or a gap where the matrix is in pieces. */
  band?: number;
  rowBand?: number;
  apart?: boolean;
  /** The number written over each band, for the first one. */
  firstHead?: number;
  /** Room for the words beside the rows, in px, where another matrix gives it. */
  left?: number;
  /** Cells that are not there. */
  absent?: (row: number, column: number) => boolean;
  /** A row, or a part of one, that goes into the sum. */
  row?: [row: number, from: number, to: number];
  column?: [column: number, from: number, to: number];
  cell?: [row: number, column: number];
  /** What a reader may point at to choose: the row and the column of the result, or nothing. */
  pick?: (row: number, column: number) => { row?: number; column?: number };
}

const GAP = 8; // px between pieces
const LETTER = 7.4; // px, about
const TOP = 15; // px for the names of the heads
const LABEL = 12; // px, letters of a word

/** One matrix with its name and shape: colours, numbers where there is room, outlines for what makes the chosen cell. */
export class Matrix {
  readonly canvas = element("canvas", {
    class: "mha-matrix",
    "data-picture": "matrix",
    "aria-hidden": "true",
  });
  readonly root: HTMLElement;
  #name = element("b", {});
  #above = element("sup", {});
  #shape = element("span", {});
  #cells = element("canvas", {});
  #drawing: Drawing | null = null;
  #size = { cell: 10, height: 10, left: 0, top: 0 };
  #styled = "";
  #theme: Theme = "light";

  constructor() {
    const caption = element("figcaption", {}, element("b", {}, this.#name, this.#above), this.#shape);
    this.root = element("figure", {}, caption, this.canvas);
  }

  /** Room for the words beside the rows, in px. */
  static labelWidth(drawing: Pick<Drawing, "rows" | "left">): number {
    if (drawing.left !== undefined) return drawing.left;
    if (typeof drawing.rows === "number") return 0;
    return Math.min(72, Math.max(...drawing.rows.map((word) => [...short(word, 10)].length)) * LETTER + 8);
  }

  /** What a matrix needs beside its cells, in px. */
  static margin(drawing: Drawing): number {
    return Matrix.labelWidth(drawing) + (drawing.apart ? (bands(drawing) - 1) * GAP : 0) + 2;
  }

  show(drawing: Drawing, cell: number, theme: Theme): void {
    this.#drawing = drawing;
    this.#theme = theme;
    const top = drawing.band ? TOP : 1;
    this.#size = { cell, height: Math.max(5, Math.min(24, cell)), left: Matrix.labelWidth(drawing), top };
    write(this.#name, drawing.name);
    write(this.#above, drawing.above ?? "");
    write(this.#shape, drawing.shape);
    paintCells(this.#cells, drawing.values, rowCount(drawing), drawing.columns, drawing.scale, drawing.range, absent(drawing)); // prettier-ignore
    const { width, height } = this.#box();
    const size = `${width}px ${height}px`;
    if (size !== this.#styled) {
      this.#styled = size;
      Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    this.#draw(canvasPen(this.canvas, width, height), true);
  }

  cellAt(event: { clientX: number; clientY: number }): { row?: number; column?: number } | null {
    const drawing = this.#drawing!;
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top - this.#size.top) / this.#size.height);
    const x = event.clientX - box.left;
    if (row < 0 || row >= rowCount(drawing)) return null;
    for (let column = 0; column < drawing.columns; column++) {
      const left = this.#x(column);
      if (x >= left && x < left + this.#size.cell) return drawing.pick?.(row, column) ?? null;
    }
    return null;
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts), false, parts);
    return parts.join("");
  }

  #box(): { width: number; height: number } {
    const { columns } = this.#drawing!;
    const { cell, height, top } = this.#size;
    return {
      width: Math.ceil(this.#x(columns - 1) + cell + 1),
      height: top + rowCount(this.#drawing!) * height + 1,
    };
  }

  #x(column: number): number {
    const { band, apart } = this.#drawing!;
    return this.#size.left + column * this.#size.cell + (apart && band ? Math.floor(column / band) * GAP : 0);
  }

  /** The cells of each piece, as one image: a rectangle a cell would be slow for a large matrix. */
  #drawCells(onScreen: boolean, parts: string[]): void {
    const { columns, band, apart } = this.#drawing!;
    const { cell, height, top } = this.#size;
    const rows = rowCount(this.#drawing!);
    const wide = apart && band ? band : columns;
    const context = this.canvas.getContext("2d")!;
    if (onScreen) context.imageSmoothingEnabled = false;
    const image = onScreen ? "" : escapeXml(this.#cells.toDataURL());
    for (let from = 0; from < columns; from += wide) {
      const count = Math.min(wide, columns - from);
      const [x, tall] = [this.#x(from), rows * height];
      if (onScreen) context.drawImage(this.#cells, from, 0, count, rows, x, top, count * cell, tall);
      else
        parts.push(
          `<svg x="${round(x)}" y="${top}" width="${round(count * cell)}" height="${round(tall)}" ` +
            `viewBox="${from} 0 ${count} ${rows}" preserveAspectRatio="none"><image width="${columns}" ` +
            `height="${rows}" preserveAspectRatio="none" style="image-rendering:pixelated" href="${image}"/></svg>`,
        );
    }
  }

  #draw(pen: Pen, onScreen: boolean, parts: string[] = []): void {
    const drawing = this.#drawing!;
    const { cell, height, left, top } = this.#size;
    const { columns, values, band = columns, rowBand } = drawing;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    const rows = rowCount(drawing);
    const bottom = top + rows * height;
    for (let from = 0; from < columns; from += band) {
      const width = Math.min(band, columns - from) * cell;
      pen.box(this.#x(from), top, width, rows * height, { colour: colour("--mha-surface") });
    }
    this.#drawCells(onScreen, parts);
    this.#drawNumbers(pen, values);

    const line = { colour: colour("--mha-strong-line"), width: 1 };
    for (let from = 0; from < columns; from += band) {
      const [x, end] = [this.#x(from), this.#x(Math.min(from + band, columns) - 1) + cell];
      pen.line([[x, top], [end, top], [end, bottom], [x, bottom], [x, top]], line); // prettier-ignore
      if (!drawing.band) continue;
      const head = (drawing.firstHead ?? 0) + from / band;
      const name = band * cell >= 44 ? `head ${head}` : String(head);
      if (band * cell >= 8)
        pen.text(name, (x + end) / 2, top / 2, { size: 11, colour: colour("--mha-muted"), align: "center" });
    }
    if (rowBand) {
      for (let row = rowBand; row < rows; row += rowBand) {
        const y = top + row * height;
        pen.line([[left, y], [this.#x(columns - 1) + cell, y]], line); // prettier-ignore
      }
    }
    if (typeof drawing.rows !== "number" && height >= 9) {
      drawing.rows.forEach((word, row) => {
        const chosen = row === drawing.row?.[0] || row === drawing.cell?.[0];
        pen.text(short(word, Math.max(10, Math.floor(left / LETTER))), left - 5, top + (row + 0.5) * height, {
          size: Math.min(LABEL, height),
          colour: colour(chosen ? "--mha-mark" : "--mha-fg"),
          align: "right",
          bold: chosen,
        });
      });
    }
    const mark = { colour: colour("--mha-mark"), width: 2.5 };
    const outline = (row: number, column: number, down: number, across: number) => {
      const [x, y] = [this.#x(column), top + row * height];
      const [end, low] = [this.#x(column + across - 1) + cell, y + down * height];
      pen.line([[x, y], [end, y], [end, low], [x, low], [x, y], [end, y]], mark); // prettier-ignore
    };
    if (drawing.row) outline(drawing.row[0], drawing.row[1], 1, drawing.row[2] - drawing.row[1]);
    if (drawing.column)
      outline(drawing.column[1], drawing.column[0], drawing.column[2] - drawing.column[1], 1);
    if (drawing.cell) outline(...drawing.cell, 1, 1);
  }

  #drawNumbers(pen: Pen, values: ArrayLike<number>): void {
    const drawing = this.#drawing!;
    const { cell, height, top } = this.#size;
    const places = cell >= 31 ? 2 : cell >= 24 ? 1 : -1;
    if (places < 0 || height < 12) return;
    const [low, high] = drawing.range;
    const rows = rowCount(drawing);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < drawing.columns; column++) {
        if (drawing.absent?.(row, column)) continue;
        const value = values[row * drawing.columns + column]!;
        // Dark on the pale middle of a scale, and the other way round at its ends.
        const share = Math.abs(low < 0 ? value / high : Math.sqrt(value / high));
        const strong = share > 0.6;
        const colour = strong === (this.#theme === "light") ? "#ffffff" : "#10141c";
        const ink = strong ? colour : this.#theme === "light" ? "#1c2230" : "#e9ecf2";
        pen.text(decimals(value, places), this.#x(column) + cell / 2, top + (row + 0.5) * height, {
          size: Math.min(11, cell * 0.31),
          colour: ink,
          align: "center",
        });
      }
    }
  }
}

function rowCount({ rows }: Drawing): number {
  return typeof rows === "number" ? rows : rows.length;
}

function bands({ columns, band = columns }: Drawing): number {
  return Math.ceil(columns / band);
}

function absent({ absent, columns }: Drawing): ((i: number) => boolean) | undefined {
  return absent && ((i) => absent(Math.floor(i / columns), i % columns));
}
