import { canvasPen, element, svgPen, textWidth, type Cleanup, type Pen } from "../draw/index";
import { breaksAfter, ORDERS, type Drawn, type Order, type Shown } from "./answer";
import { allOf, ORDER_NAMES, percent } from "./phrases";

const [PLOT, BOTTOM, LEFT, RIGHT] = [200, 42, 48, 22];
const ROW = 20; // px of the key's lines
const KEY = 30; // px of a line's sample in the key

type Colour = "fg" | "muted" | "line" | "strong-line" | "accent" | "mark" | "right" | "error" | "bg";
type Look = { colour: Colour; dash?: [number, number] };

const LOOKS: Record<Order, Look> = {
  gradient: { colour: "accent" },
  ablation: { colour: "mark", dash: [8, 4] },
  hand: { colour: "right", dash: [2, 3] },
};

/** Shares of right answers over the heads that are left, a line an order; the chosen one is strong and has its steps. */
export class CurvePlot {
  readonly root = element("div", { class: "mha-curve", "data-picture": "curve" });
  #canvas = element("canvas", { role: "img" });
  #width = 0;
  #shown: { drawn: Drawn; shown: Shown } | undefined;
  #colours: Record<Colour, string> | undefined;

  constructor(cleanup: Cleanup, choose: (gone: number) => void) {
    this.root.append(this.#canvas);
    const observer = new ResizeObserver(() => {
      this.#width = this.root.clientWidth;
      this.#redraw();
    });
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
    cleanup.listen(this.#canvas, "pointerdown", (event) => {
      if (!this.#shown) return;
      const { num_heads, orders } = this.#shown.drawn;
      const x = event.clientX - this.#canvas.getBoundingClientRect().left;
      const gone = Math.round(((x - LEFT) / (this.#width - LEFT - RIGHT)) * num_heads);
      choose(Math.max(0, Math.min(orders[this.#shown.shown.order].length, gone)));
    });
  }

  show(drawn: Drawn, shown: Shown): void {
    this.#shown = { drawn, shown };
    const says = ORDERS.filter((order) => drawn.curves[order].length > 1).map(
      (order) => `${ORDER_NAMES[order]} ${drawn.curves[order].map(([share]) => percent(share)).join(", ")}`,
    );
    const label = `Look-ups right as heads go, from ${drawn.num_heads} heads to none: ${says.join("; ")}.`;
    this.#canvas.setAttribute("aria-label", label);
    this.#redraw();
  }

  recolour(): void {
    this.#colours = undefined;
    this.#redraw();
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts));
    return parts.join("");
  }

  #redraw(): void {
    if (!this.#width || !this.#shown) return;
    const height = this.#top() + PLOT + BOTTOM;
    if (this.#canvas.style.height !== `${height}px`) this.#canvas.style.height = `${height}px`;
    this.#draw(canvasPen(this.#canvas, this.#width, height));
  }

  #top(): number {
    return (this.#key().at(-1)!.row + 1) * ROW + 16;
  }

  /** What the lines and marks mean, each with its place in the rows above the plot. */
  #key(): { words: string; look: Look | null; strong: boolean; x: number; row: number }[] {
    const { drawn, shown } = this.#shown!;
    const entries: { words: string; look: Look | null; strong: boolean }[] = ORDERS.map((order) => ({
      words: ORDER_NAMES[order],
      look: LOOKS[order],
      strong: order === shown.order,
    }));
    entries.push({
      words: `${allOf(drawn.answers)} right, ${ORDER_NAMES[shown.order]}`,
      look: { colour: "muted", dash: [1, 3] },
      strong: false,
    });
    if (drawn.retrained.length) entries.push({ words: "◆ retrained", look: null, strong: false });
    let [x, row] = [LEFT, 0];
    return entries.map((entry) => {
      const wide = (entry.look ? KEY + 6 : 0) + textWidth(entry.words, 13, entry.strong) + 18;
      if (x > LEFT && x + wide > this.#width) [x, row] = [LEFT, row + 1];
      const placed = { ...entry, x, row };
      x += wide;
      return placed;
    });
  }

  #draw(pen: Pen): void {
    if (!this.#shown) return;
    const { drawn, shown } = this.#shown;
    const colours = (this.#colours ??= this.#readColours());
    const { num_heads, curves } = drawn;
    const top = this.#top();
    const right = this.#width - RIGHT;
    const x = (gone: number) => LEFT + (gone / num_heads) * (right - LEFT);
    const y = (share: number) => top + (1 - share) * PLOT;
    const small = { size: 12, colour: colours.muted };

    for (const { words, look, strong, x: at, row } of this.#key()) {
      const middle = row * ROW + ROW / 2;
      if (look) this.#stroke(pen, [[at, middle], [at + KEY, middle]], look, strong ? 3 : 1.5, 1); // prettier-ignore
      const from = at + (look ? KEY + 6 : 0);
      pen.text(words, from, middle, { size: 13, colour: colours.fg, align: "left", bold: strong });
    }
    const broken = breaksAfter(curves[shown.order]);
    if (broken !== null) {
      pen.box(x(broken), top, x(broken + 1) - x(broken), PLOT, { colour: colours.error, opacity: 0.1 });
      const middle = (x(broken) + x(broken + 1)) / 2;
      pen.text("breaks", middle, top - 9, { size: 12, colour: colours.error, align: "center", bold: true });
    }
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const colour = share ? colours.line : colours["strong-line"];
      pen.line([[LEFT, y(share)], [right, y(share)]], { colour, width: 1 }); // prettier-ignore
      pen.text(`${share * 100} %`, LEFT - 7, y(share), { ...small, align: "right" });
    }
    const guess = 1 / drawn.classes;
    pen.line([[LEFT, y(guess)], [right, y(guess)]], { colour: colours.muted, width: 1, dash: [2, 4] }); // prettier-ignore
    pen.text("guessing", LEFT + 6, y(guess) - 9, { ...small, align: "left" });
    for (let gone = 0; gone <= num_heads; gone++) {
      const chosen = gone === shown.off.length;
      const colour = chosen ? colours.fg : colours.muted;
      const style = { size: 12, colour, align: "center" as const, bold: chosen };
      pen.text(String(num_heads - gone), x(gone), top + PLOT + 12, style);
    }
    pen.text("heads left", (LEFT + right) / 2, top + PLOT + 32, { ...small, align: "center" });

    const now = x(shown.off.length);
    pen.line([[now, top], [now, top + PLOT]], { colour: colours["strong-line"], width: 1 }); // prettier-ignore
    const whole = curves[shown.order].map(([, all], gone): [number, number] => [x(gone), y(all)]);
    this.#stroke(pen, whole, { colour: "muted", dash: [1, 3] }, 1.5, 1);
    for (const order of [...ORDERS.filter((each) => each !== shown.order), shown.order]) {
      const strong = order === shown.order;
      const points = curves[order].map(([share], gone): [number, number] => [x(gone), y(share)]);
      this.#stroke(pen, points, LOOKS[order], strong ? 3 : 1.5, strong ? 1 : 0.75);
      if (!strong) continue;
      for (const [px, py] of points) dot(pen, px, py, 3.5, colours[LOOKS[order].colour]);
    }
    this.#mark(pen, now, y(shown.shares[0]), percent(shown.shares[0]), colours);
    for (const { off, accuracy } of drawn.retrained) {
      const style = { size: 18, colour: colours.fg, align: "center" as const };
      pen.text("◆", x(off.length), y(accuracy), style);
    }
  }

  /** The point that the heads below show, with its share. */
  #mark(pen: Pen, x: number, y: number, words: string, { fg, bg }: Record<Colour, string>): void {
    dot(pen, x, y, 7, fg);
    dot(pen, x, y, 4, bg);
    const beside = x + 60 < this.#width;
    const style = {
      size: 14,
      colour: fg,
      align: beside ? ("left" as const) : ("right" as const),
      bold: true,
    };
    const up = y - 14 < this.#top() + 4 ? 16 : -14;
    const wide = textWidth(words, 14, true) + 6;
    pen.box(beside ? x + 8 : x - 8 - wide, y + up - 9, wide, 18, { colour: bg, opacity: 0.85 });
    pen.text(words, beside ? x + 11 : x - 11, y + up, style);
  }

  #stroke(pen: Pen, points: [number, number][], look: Look, width: number, opacity: number): void {
    if (points.length < 2) return;
    const colour = this.#colours![look.colour];
    pen.line(points, { colour, width, opacity, ...(look.dash && { dash: look.dash }) });
  }

  #readColours(): Record<Colour, string> {
    const style = getComputedStyle(this.root);
    const names: Colour[] = ["fg", "muted", "line", "strong-line", "accent", "mark", "right", "error", "bg"];
    const read = names.map((name) => [name, style.getPropertyValue(`--mha-${name}`)]);
    return Object.fromEntries(read) as Record<Colour, string>;
  }
}

function dot(pen: Pen, x: number, y: number, half: number, colour: string): void {
  pen.box(x - half, y - half, 2 * half, 2 * half, { colour });
}
