import { element, HeatMap, type Cleanup, type Theme } from "../draw/index";
import { wordAxes } from "./axes";

export interface Place {
  query: number;
  key: number;
}

/** What the grid asks of the widget. */
export interface Painter {
  /** The mask as last painted, [query, key], though its numbers may still be on the way. */
  current(): Uint8Array;
  /** Take a changed mask; `first` begins a stroke, which one "Undo" takes back. */
  paint(mask: Uint8Array, first: boolean): void;
  move(place: Place): void;
  undo(): void;
}

const MOST_PIXELS = 640; // of a side of the canvas

/** The grid that is painted on: a cell a pair of words, filled where the row's word may look. */
export class PaintGrid {
  readonly root: HTMLElement;
  readonly map: HeatMap;
  #seq = 0;
  #at: Place = { query: 0, key: 0 };
  #stroke: { value: number; last: Place; mask: Uint8Array } | null = null;
  #axes = "";
  #cells = new CellPainter();

  constructor(
    cleanup: Cleanup,
    private readonly painter: Painter,
  ) {
    this.map = new HeatMap({ labelWidth: 96, upright: true, mostCell: 40 }, cleanup);
    const label =
      "Who may look at whom: rows look, columns are looked at. Arrow keys move, Space or Enter allows or forbids, " +
      "Shift with an arrow paints along, Z undoes.";
    for (const [name, value] of [
      ["role", "application"],
      ["tabindex", "0"],
      ["aria-label", label],
    ] as const)
      // prettier-ignore
      this.map.root.setAttribute(name, value);
    this.map.root.dataset["part"] = "paint";
    this.root = this.map.root;
    const { cells } = this.map;
    cleanup.listen(cells, "pointerdown", (event) => {
      const cell = this.map.cellAt(event);
      if (!cell || event.button !== 0) return;
      cells.setPointerCapture(event.pointerId);
      const place = { query: cell.row, key: cell.column };
      const mask = this.painter.current().slice();
      this.#stroke = { value: 1 - mask[this.#index(place)]!, last: place, mask };
      this.#brush(place, true);
    });
    cleanup.listen(cells, "pointermove", (event) => {
      const cell = this.#stroke && this.map.cellAt(event);
      if (cell) this.#brush({ query: cell.row, key: cell.column }, false);
    });
    const end = () => (this.#stroke = null);
    cleanup.listen(cells, "pointerup", end);
    cleanup.listen(cells, "pointercancel", end);
    cleanup.listen(this.root, "keydown", (event) => this.#press(event));
  }

  show(tokens: string[], place: Place, theme: Theme): void {
    this.#seq = tokens.length;
    this.#at = place;
    const axes = tokens.join("\u0000");
    if (axes !== this.#axes) {
      this.#axes = axes;
      this.#stroke = null;
      this.map.setAxes(wordAxes(tokens));
    }
    this.map.outline(place.query, place.key);
    this.paint(theme);
  }

  /** Fill the cells anew from the mask as it stands, without waiting for its numbers. */
  paint(theme: Theme): void {
    this.#cells.paint(this.map.cells, this.painter.current(), this.#seq, theme);
  }

  /** Set all cells on the way from the last place to this one: a quick pointer skips some. */
  #brush(to: Place, first: boolean): void {
    const { value, last, mask } = this.#stroke!;
    const steps = Math.max(Math.abs(to.query - last.query), Math.abs(to.key - last.key), 1);
    for (let i = 0; i <= steps; i++) {
      const between = (a: number, b: number) => Math.round(a + ((b - a) * i) / steps);
      mask[this.#index({ query: between(last.query, to.query), key: between(last.key, to.key) })] = value;
    }
    if (!first && to.query === last.query && to.key === last.key) return;
    this.#stroke!.last = to;
    this.painter.move(to);
    this.painter.paint(mask.slice(), first);
  }

  #press(event: KeyboardEvent): void {
    const within = (place: number) => Math.max(0, Math.min(this.#seq - 1, place));
    const { query, key } = this.#at;
    const moves: Record<string, Place> = {
      ArrowUp: { query: within(query - 1), key },
      ArrowDown: { query: within(query + 1), key },
      ArrowLeft: { query, key: within(key - 1) },
      ArrowRight: { query, key: within(key + 1) },
      Home: { query, key: 0 },
      End: { query, key: this.#seq - 1 },
    };
    const to = moves[event.key];
    if (to) {
      if (event.shiftKey) this.#set(to, this.painter.current()[this.#index(this.#at)]!);
      this.painter.move(to);
    } else if (event.key === " " || event.key === "Enter") {
      this.#set(this.#at, 1 - this.painter.current()[this.#index(this.#at)]!);
    } else if (event.key.toLowerCase() === "z") {
      event.stopPropagation(); // with Ctrl it would undo in the notebook's cell
      this.painter.undo();
    } else return;
    event.preventDefault();
  }

  #set(place: Place, value: number): void {
    const mask = this.painter.current().slice();
    mask[this.#index(place)] = value;
    this.painter.paint(mask, true);
  }

  #index({ query, key }: Place): number {
    return query * this.#seq + key;
  }
}

const FILL: Record<Theme, number> = { light: 0xffb85a36, dark: 0xffee9a66 }; // alpha, blue, green, red
const LINE: Record<Theme, number> = { light: 0xffd2c9c1, dark: 0xff54483f };

/** Filled where one may look; elsewhere transparent, so that the hatching shows through. Only cells that changed are
 * filled anew: a stroke must keep up with the hand. */
class CellPainter {
  #image: ImageData | null = null;
  #painted = new Uint8Array();
  #theme: Theme = "light";

  paint(canvas: HTMLCanvasElement, mask: Uint8Array, seq: number, theme: Theme): void {
    const step = Math.max(6, Math.min(32, Math.floor(MOST_PIXELS / seq)));
    const side = seq * step;
    const context = canvas.getContext("2d")!;
    if (!this.#image || this.#image.width !== side || this.#theme !== theme || canvas.width !== side) {
      canvas.width = canvas.height = side;
      this.#image = context.createImageData(side, side);
      this.#painted = new Uint8Array(mask.length).fill(2); // neither 0 nor 1: all cells are new
      this.#theme = theme;
    }
    const pixels = new Uint32Array(this.#image.data.buffer);
    let changed = false;
    mask.forEach((open, cell) => {
      if (this.#painted[cell] === open) return;
      this.#painted[cell] = open;
      changed = true;
      const start = Math.floor(cell / seq) * step * side + (cell % seq) * step;
      for (let y = 0; y < step; y++) {
        const from = start + y * side;
        pixels.fill(y && open ? FILL[theme] : y ? 0 : LINE[theme], from, from + step);
        pixels[from] = LINE[theme];
      }
    });
    if (changed) context.putImageData(this.#image, 0, 0);
  }
}

/** A key to the two looks of a cell. */
export function maskLegend(): HTMLElement {
  const swatch = (kind: string, words: string) =>
    element("span", { class: "mha-swatch" }, element("i", { "data-look": kind }), words);
  return element("div", { class: "mha-key" }, swatch("open", "may look"), swatch("shut", "may not look"));
}
