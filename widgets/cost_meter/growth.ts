import type { Growth } from "../core/index";
import { canvasPen, element, svgPen, write, type Cleanup, type Pen } from "../draw/index";

const HEIGHT = 280; // px
const TOP = 26;
const BOTTOM = 40;
const LEFT = 76;
const MOST = 2 ** 20;

/** How lines look: colour token and dash, so that they differ without colour, too. */
export type Looks = Record<string, { colour: string; dash?: [number, number] }>;

export interface Chart {
  readonly lines: readonly Growth[];
  /** A level to compare with, and its name at the end. */
  readonly level?: { readonly value: number; readonly name: string };
  /** A context worth a mark, and what it is. */
  readonly even?: { readonly context: number; readonly name: string };
  readonly context: number;
}

/** Lines over the context, both axes logarithmic; pointing at the picture sets the context. */
export class GrowthPicture {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #canvas = element("canvas", { class: "mha-growth", "data-picture": "growth", role: "img" });
  #chart: Chart | null = null;

  constructor(
    cleanup: Cleanup,
    private readonly looks: Looks,
    private readonly step: number,
    private readonly text: (value: number) => string,
    set: (context: number) => void,
  ) {
    this.#canvas.style.height = `${HEIGHT}px`;
    this.root = element("section", {}, this.#title, this.#canvas);
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.#canvas);
    cleanup.add(() => observer.disconnect());
    const point = (event: PointerEvent) => {
      if (event.buttons === 1) set(this.#contextAt(event));
    };
    cleanup.listen(this.#canvas, "pointerdown", point);
    cleanup.listen(this.#canvas, "pointermove", point);
  }

  show(title: string, chart: Chart): void {
    this.#chart = chart;
    write(this.#title, title);
    const now = chart.lines.map(
      ({ name, flat, slope }) => `${name} ${this.text(flat + slope * chart.context)}`,
    );
    this.#canvas.setAttribute("aria-label", `${title}. At ${chart.context} tokens: ${now.join(", ")}.`);
    this.draw();
  }

  picture() {
    const svg = () => {
      const parts: string[] = [];
      this.#draw(svgPen(parts), this.#canvas.clientWidth);
      return parts.join("");
    };
    return { root: this.#canvas, svg };
  }

  draw(): void {
    const width = this.#canvas.clientWidth;
    if (width && this.#chart) this.#draw(canvasPen(this.#canvas, width, HEIGHT), width);
  }

  #contextAt({ clientX }: PointerEvent): number {
    const box = this.#canvas.getBoundingClientRect();
    const first = this.#first();
    const share = (clientX - box.left - LEFT) / (this.#right(box.width) - LEFT);
    const power = Math.log2(first) + share * Math.log2(MOST / first);
    return 2 ** Math.max(0, Math.min(20, Math.round(power)));
  }

  /** The axis begins at 16 tokens, or where the reader is. */
  #first(): number {
    return Math.min(16, this.#chart?.context ?? 16);
  }

  #right(width: number): number {
    return width - 84; // room for the names at the ends of the lines
  }

  #draw(pen: Pen, width: number): void {
    const { lines, level, even, context } = this.#chart!;
    const style = getComputedStyle(this.#canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    const [text, muted, faint] = [colour("--mha-fg"), colour("--mha-muted"), colour("--mha-line")];
    const [first, right, bottom] = [this.#first(), this.#right(width), HEIGHT - BOTTOM];
    const at = ({ flat, slope }: Growth, tokens: number) => flat + slope * tokens;
    const ends = lines.flatMap((line) => [at(line, first), at(line, MOST)]);
    const values = [...ends, ...(level ? [level.value] : [])];
    const low = Math.log(Math.min(...values));
    const high = Math.log(Math.max(...values));
    const x = (tokens: number) => LEFT + (Math.log(tokens / first) / Math.log(MOST / first)) * (right - LEFT);
    const y = (value: number) => bottom - ((Math.log(value) - low) / (high - low || 1)) * (bottom - TOP);
    const small = { size: 11.5, colour: muted };

    for (const value of this.#levels(Math.exp(low), Math.exp(high))) {
      pen.line([[LEFT, y(value)], [right, y(value)]], { colour: faint, width: 1 }); // prettier-ignore
      pen.text(this.text(value), LEFT - 6, y(value), { ...small, align: "right" });
    }
    for (let tokens = 16; tokens <= MOST; tokens *= right - LEFT < 300 ? 16 : 4) {
      pen.line([[x(tokens), TOP], [x(tokens), bottom]], { colour: faint, width: 1 }); // prettier-ignore
      pen.text(short(tokens), x(tokens), bottom + 12, { ...small, align: "center" });
    }
    pen.text("tokens of context (K = 1,024)", (LEFT + right) / 2, bottom + 29, { ...small, align: "center" });
    if (level) {
      pen.line([[LEFT, y(level.value)], [right, y(level.value)]], { colour: muted, width: 1.25, dash: [1, 3] }); // prettier-ignore
    }
    const mark = colour("--mha-mark");
    pen.line([[x(context), TOP - 6], [x(context), bottom]], { colour: mark, width: 1.5, dash: [4, 3] }); // prettier-ignore
    const room = 46; // half of the label
    const middle = Math.max(LEFT + room, Math.min(right - room, x(context)));
    pen.text(`${short(context)} tokens`, middle, TOP - 14, { size: 12, colour: mark, align: "center", bold: true }); // prettier-ignore

    const steps = 64;
    for (const line of [...lines].sort((a, b) => Number(a.own) - Number(b.own))) {
      const look = this.looks[line.name]!;
      const points = Array.from({ length: steps + 1 }, (_, i): [number, number] => {
        const tokens = first * (MOST / first) ** (i / steps);
        return [x(tokens), y(at(line, tokens))];
      });
      const thick = line.own ? 3.5 : 1.75;
      pen.line(points, {
        colour: colour(look.colour),
        width: thick,
        ...(look.dash ? { dash: look.dash } : {}),
      });
      const [cx, cy] = [x(context), y(at(line, context))];
      const size = line.own ? 4.5 : 3;
      pen.box(cx - size, cy - size, 2 * size, 2 * size, { colour: colour(look.colour) });
    }
    if (even && even.context > first && even.context < MOST) {
      const level = y(at(lines[0]!, even.context));
      pen.line([[x(even.context), level], [x(even.context), bottom]], { colour: muted, width: 1.25, dash: [1, 3] }); // prettier-ignore
      const side = x(even.context) < (LEFT + right) / 2 ? "left" : "right";
      const beside = x(even.context) + (side === "left" ? 6 : -6);
      pen.text(even.name, beside, bottom - 10, { ...small, align: side });
    }
    this.#names(pen, right, y, colour);
    const own = lines.find((line) => line.own)!;
    const value = at(own, context);
    const side = x(context) < LEFT + 80 ? 1 : -1;
    const label = this.text(value);
    const [lx, ly] = [x(context) + side * 10, Math.max(TOP + 8, y(value) - 13)];
    pen.box(lx, ly - 9, side * (label.length * 7.6 + 4), 18, { colour: colour("--mha-bg"), opacity: 0.85 });
    pen.text(label, lx + side * 2, ly, {
      size: 13,
      colour: text,
      align: side > 0 ? "left" : "right",
      bold: true,
    });
  }

  /** The names at the ends of the lines, moved apart where they would overlap. */
  #names(pen: Pen, right: number, y: (value: number) => number, colour: (name: string) => string): void {
    const { lines, level } = this.#chart!;
    const ends = lines.map(({ name, flat, slope, own }) => ({
      name,
      own,
      paint: this.looks[name]!.colour,
      place: y(flat + slope * MOST),
    }));
    if (level) ends.push({ name: level.name, own: false, paint: "--mha-muted", place: y(level.value) });
    const names = ends.sort((a, b) => a.place - b.place);
    names.forEach((label, i) => {
      if (i > 0) label.place = Math.max(label.place, names[i - 1]!.place + 15);
    });
    for (const { name, own, paint, place } of names) {
      pen.text(name, right + 6, place, { size: 12.5, colour: colour(paint), align: "left", bold: own });
    }
  }

  /** Round values for the grid: at most seven of them. */
  #levels(low: number, high: number): number[] {
    const powers = Math.log(high / low) / Math.log(this.step);
    const step = this.step ** Math.ceil(powers / 7);
    const start = Math.ceil(Math.log(low) / Math.log(step) - 1e-9);
    const count = Math.floor(Math.log(high) / Math.log(step) + 1e-9) - start + 1;
    return Array.from({ length: Math.max(0, count) }, (_, i) => step ** (start + i));
  }
}

function short(tokens: number): string {
  if (tokens >= 2 ** 20 && tokens % 2 ** 20 === 0) return `${tokens / 2 ** 20}M`;
  return tokens >= 1024 && tokens % 1024 === 0 ? `${tokens / 1024}K` : String(tokens);
}
