import { rankOf, ranked } from "../core/head_measures";
import {
  canvasPen,
  decimals,
  element,
  escapeXml,
  follow,
  round,
  svgPen,
  whenNear,
  type Cleanup,
  type Pen,
  type Theme,
} from "../draw/index";
import type { Analysis } from "./analysis";
import { Atlas } from "./atlas";
import { nameOf } from "./catalogue";
import { Layout, LEFT, TOP } from "./layout";
import type { Selection } from "./selection";

const FADED = 0.16;

type Paste = (index: number, x: number, y: number, opacity: number) => void;

/** All heads as small pictures on one canvas, however long the text: by layer and head, or sorted by a measure. */
export class Grid {
  readonly root = element("div", {
    class: "mha-grid",
    "data-picture": "grid",
    "data-part": "grid",
    role: "application",
    tabindex: 0,
  });
  #canvas = element("canvas", { "aria-hidden": "true" });
  #cursor = element("div", { class: "mha-cursor" });
  #atlas = new Atlas();
  #drawn: unknown[] = [];
  #analysis: Analysis | null = null;
  #selection: Selection | null = null;
  #theme: Theme = "light";
  #layout = Layout.empty;
  #width = 0;

  constructor(
    cleanup: Cleanup,
    choose: (head: { layer: number; head: number }) => void,
    point: (head: number | null) => void,
  ) {
    this.root.append(this.#canvas, this.#cursor);
    follow(this, cleanup);
    const pick = (index: number | null) => index !== null && choose(this.#place(index));
    cleanup.listen(this.root, "click", (event) => void pick(this.#headAt(event)));
    cleanup.listen(this.root, "pointermove", (event) => point(this.#headAt(event)));
    cleanup.listen(this.root, "pointerleave", () => point(null));
    cleanup.listen(this.root, "keydown", (event) => {
      const next = this.#layout.headAfter(this.#selection?.index ?? 0, event.key);
      if (next === undefined) return;
      event.preventDefault();
      pick(next);
    });
  }

  /** How many heads pass the filter. */
  get kept(): number {
    return [...this.#values().keys()].filter((head) => this.#passes(head)).length;
  }

  show(analysis: Analysis, selection: Selection, theme: Theme): void {
    const { measure, order, at_least, hide_sink } = selection;
    const look = [analysis, measure, order, at_least, hide_sink, theme];
    const same = look.every((value, i) => value === this.#drawn[i]);
    [this.#analysis, this.#selection, this.#theme] = [analysis, selection, theme];
    if (same) return this.#outline();
    this.#drawn = look;
    const { layers, num_heads } = analysis.drawn;
    const label = `${layers.length * num_heads} heads as small pictures. Arrow keys choose the one that is shown large.`;
    this.root.setAttribute("aria-label", label);
    this.room(this.#width);
    whenNear(this, "axes", () => this.fit(this.#width));
  }

  recolour(): void {
    this.#drawn = [];
  }

  room(width: number): void {
    this.#width = width;
    if (!width || !this.#analysis || !this.#selection) return;
    const { layers, num_heads } = this.#analysis.drawn;
    const { order } = this.#selection;
    this.#layout =
      order === "model"
        ? Layout.byLayer(width, layers.length, num_heads)
        : Layout.inOrder(
            width,
            ranked(this.#values(), order).filter((index) => this.#passes(index)),
          );
    this.root.style.height = `${this.#layout.height}px`;
    this.#outline();
  }

  fit(width: number): void {
    this.room(width);
    if (!width || !this.#analysis || !this.#selection) return;
    const { drawn } = this.#analysis;
    const { thumbnails } = this.#analysis.seen(this.#selection.hide_sink);
    this.#atlas.show(thumbnails, drawn.num_heads, this.#theme);
    const pen = canvasPen(this.#canvas, width, this.#layout.height);
    this.#draw(pen, (...picture) => this.#paste(...picture));
  }

  svg(): string {
    const parts: string[] = [];
    const { side, heads } = this.#layout;
    const one = element("canvas");
    this.#draw(svgPen(parts), (index, x, y, opacity) => {
      const [left, top, cells] = this.#atlas.place(index);
      one.width = one.height = cells;
      one.getContext("2d")!.drawImage(this.#atlas.canvas, left, top, cells, cells, 0, 0, cells, cells);
      parts.push(
        `<image x="${round(x)}" y="${round(y)}" width="${side}" height="${side}" opacity="${opacity}" ` +
          `preserveAspectRatio="none" style="image-rendering:pixelated" href="${escapeXml(one.toDataURL())}"/>`,
      );
    });
    const place = heads.indexOf(this.#selection!.index);
    if (place < 0) return parts.join("");
    const [x, y] = this.#layout.corner(place);
    const mark = escapeXml(getComputedStyle(this.root).getPropertyValue("--mha-mark"));
    parts.push(
      `<rect x="${round(x - 2)}" y="${round(y - 2)}" width="${side + 4}" height="${side + 4}" fill="none" ` +
        `stroke="${mark}" stroke-width="2"/>`,
    );
    return parts.join("");
  }

  #place(index: number) {
    const { layers, num_heads } = this.#analysis!.drawn;
    return { layer: layers[Math.floor(index / num_heads)]!, head: index % num_heads };
  }

  #headAt({ clientX, clientY }: { clientX: number; clientY: number }): number | null {
    const box = this.root.getBoundingClientRect();
    return this.#layout.headAt(clientX - box.left, clientY - box.top);
  }

  #values(): Float64Array {
    const { hide_sink, measure } = this.#selection!;
    return this.#analysis!.seen(hide_sink).measures[measure];
  }

  #passes(index: number): boolean {
    const { at_least } = this.#selection!;
    return at_least === 0 || this.#values()[index]! >= at_least;
  }

  /** The small pictures by `paste`, and the rest by the pen. */
  #draw(pen: Pen, paste: Paste): void {
    const style = getComputedStyle(this.root);
    const colours = ["--mha-fg", "--mha-accent", "--mha-line"].map((name) => style.getPropertyValue(name));
    const [text, accent, line] = colours as [string, string, string];
    const { side, heads, sorted } = this.#layout;
    const values = this.#values();
    const most = Math.max(...[...values].filter((value) => !Number.isNaN(value)), 1e-9);
    if (!sorted) this.#writeAxes(pen, text);
    heads.forEach((index, place) => {
      const [x, y] = this.#layout.corner(place);
      const opacity = this.#passes(index) ? 1 : FADED;
      pen.box(x - 0.5, y - 0.5, side + 1, side + 1, { colour: line, opacity });
      paste(index, x, y, opacity);
      const value = values[index]!;
      if (!Number.isNaN(value)) {
        pen.box(x, y + side + 2, (side * Math.max(0, value)) / most, 3, { colour: accent, opacity });
      }
      if (!sorted) return;
      const { layer, head } = this.#place(index);
      pen.text(nameOf(layer, head), x, y - 7, { size: 11, colour: text, align: "left" });
    });
    if (heads.length === 0) {
      pen.text("No head has so much.", 4, 22, { size: 14, colour: text, align: "left" });
    }
  }

  #paste(index: number, x: number, y: number, opacity: number): void {
    const context = this.#canvas.getContext("2d")!;
    const { side } = this.#layout;
    const [left, top, cells] = this.#atlas.place(index);
    context.imageSmoothingEnabled = cells > side; // several cells in a pixel: their mean
    context.globalAlpha = opacity;
    context.drawImage(this.#atlas.canvas, left, top, cells, cells, x, y, side, side);
    context.globalAlpha = 1;
  }

  #writeAxes(pen: Pen, colour: string): void {
    const { side, steps } = this.#layout;
    const { layers, num_heads } = this.#analysis!.drawn;
    const [across, down] = steps;
    pen.text("head", LEFT - 6, TOP - 9, { size: 12, colour, align: "right" });
    layers.forEach((layer, row) => {
      const words = row === 0 ? `layer ${layer}` : String(layer);
      pen.text(words, LEFT - 6, TOP + row * down + side / 2, { size: 12, colour, align: "right" });
    });
    const step = Math.ceil(16 / across); // where pictures are narrower than their numbers, every other one
    for (let head = 0; head < num_heads; head += step) {
      pen.text(String(head), LEFT + head * across + side / 2, TOP - 9, { size: 12, colour, align: "center" });
    }
  }

  #outline(): void {
    const place = this.#layout.heads.indexOf(this.#selection!.index);
    this.#cursor.hidden = place < 0;
    if (place < 0) return;
    const [x, y] = this.#layout.corner(place);
    const side = this.#layout.side + 6;
    const style = `left: ${x - 3}px; top: ${y - 3}px; width: ${side}px; height: ${side}px;`;
    if (this.#cursor.style.cssText !== style) this.#cursor.style.cssText = style;
  }
}

/** What a reader learns of the head under the pointer. */
export function describe(
  analysis: Analysis,
  index: number,
  { hide_sink, measure }: Selection,
  label: string,
): string {
  const { layers, num_heads } = analysis.drawn;
  const name = nameOf(layers[Math.floor(index / num_heads)]!, index % num_heads);
  const values = analysis.seen(hide_sink).measures[measure];
  const value = values[index]!;
  if (Number.isNaN(value)) return `Head ${name} · ${label}: no token has one here`;
  return `Head ${name} · ${label}: ${decimals(value, 2)}, number ${rankOf(values, index)} of ${values.length}`;
}
