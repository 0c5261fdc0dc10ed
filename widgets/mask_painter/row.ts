import { canvasPen, decimals, element, short, svgPen, type Cleanup, type Pen } from "../draw/index";

export interface NumberRow {
  readonly name: string;
  readonly values: ArrayLike<number>;
}

const ROW = 26; // px
const LEAST_CELL = 46; // px: room for "−12.34"

/** A few rows of numbers under the same words, written out: NaN must be seen as the word it is. */
export class RowPicture {
  readonly root = element("canvas", { class: "mha-rows", role: "img", "data-picture": "rows" });
  /** How many columns have room. */
  shown = 0;
  #columns: string[] = [];
  #rows: NumberRow[] = [];
  #chosen: number | null = null;

  constructor(cleanup: Cleanup) {
    const observer = new ResizeObserver(() => this.recolour());
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  /** `chosen` is a column that stays in view where there is no room for all. */
  show(columns: string[], rows: NumberRow[], chosen: number | null): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#chosen = chosen;
    const height = `${this.#height()}px`;
    if (this.root.style.height !== height) this.root.style.height = height;
    this.root.setAttribute("aria-label", this.#words());
    this.recolour();
  }

  recolour(): void {
    const width = this.root.clientWidth;
    if (width && this.#rows.length) this.#draw(canvasPen(this.root, width, this.#height()), width);
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts), this.root.clientWidth);
    return parts.join("");
  }

  #height(): number {
    return (this.#rows.length + 1) * ROW;
  }

  #words(): string {
    return this.#rows
      .map(({ name, values }) => `${name}: ${Array.from(values, (value) => decimals(value, 2)).join(", ")}`)
      .join("; ");
  }

  #draw(pen: Pen, width: number): void {
    const style = getComputedStyle(this.root);
    const [fg, muted, line, surface, error, accent] = [
      "fg",
      "muted",
      "line",
      "surface",
      "error",
      "accent",
    ].map((name) => style.getPropertyValue(`--mha-${name}`)) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const left = Math.min(190, width * 0.42);
    const count = this.#columns.length;
    const fits = Math.max(1, Math.min(count, Math.floor((width - left) / LEAST_CELL)));
    this.shown = fits;
    const start = Math.max(0, Math.min(count - fits, (this.#chosen ?? 0) - Math.floor(fits / 2)));
    const cell = Math.min(76, (width - left) / fits);
    const letters = Math.floor(cell / 7.2);
    for (let i = 0; i < fits; i++) {
      const chosen = start + i === this.#chosen;
      const colour = chosen ? accent : muted;
      const x = left + (i + 0.5) * cell;
      pen.text(short(this.#columns[start + i]!, letters), x, ROW / 2, {
        size: 12,
        colour,
        align: "center",
        bold: chosen,
      });
    }
    this.#rows.forEach(({ name, values }, row) => {
      const y = (row + 1.5) * ROW;
      pen.line([[0, y - ROW / 2], [left + fits * cell, y - ROW / 2]], { colour: line, width: 1 }); // prettier-ignore
      pen.text(name, 0, y, { size: width < 500 ? 11 : 13, colour: fg, align: "left", bold: true });
      for (let i = 0; i < fits; i++) {
        const value = values[start + i]!;
        const x = left + i * cell;
        const bad = Number.isNaN(value);
        if (bad || value === -Infinity) pen.box(x + 2, y - ROW / 2 + 3, cell - 4, ROW - 6, { colour: bad ? error : surface, opacity: bad ? 0.18 : 1 }); // prettier-ignore
        const colour = bad ? error : value === 0 || value === -Infinity ? muted : fg;
        const words = value === 0 ? "0" : decimals(value, 2);
        pen.text(words, x + cell / 2, y, { size: 13, colour, align: "center", bold: bad });
      }
    });
  }
}
