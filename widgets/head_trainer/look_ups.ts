import { NOT_ASKED, symbolWords } from "../core/index";
import { canvasPen, element, svgPen, type Cleanup, type Pen } from "../draw/index";
import type { Drawn } from "./answer";
import { wordOf } from "./phrases";

const ROW = 26; // px, as the lines below
const HEAD = 24;
const UPRIGHT_HEAD = 66;
const LEFT = 92;

/** The held sequence from left to right, under each position its answers: filled where right, crossed where wrong. */
export class LookUps {
  readonly root = element("div", { class: "mha-lookups", "data-picture": "look-ups" });
  #canvas = element("canvas", { role: "img" });
  #shown: { drawn: Drawn; said: ArrayLike<number>; rows: string[]; query: number } | undefined;
  #colours: Record<"fg" | "muted" | "right" | "error" | "bg" | "line" | "mark", string> | undefined;
  #width = 0;

  constructor(cleanup: Cleanup, choose: (query: number) => void) {
    this.root.append(this.#canvas);
    const observer = new ResizeObserver(() => {
      this.#width = this.root.clientWidth;
      this.#redraw();
    });
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
    cleanup.listen(this.#canvas, "pointerdown", (event) => {
      if (!this.#shown) return;
      const seq = this.#shown.drawn.tokens.length;
      const left = event.clientX - this.#canvas.getBoundingClientRect().left - LEFT;
      const place = Math.floor(left / this.#cell());
      if (place >= 0 && place < seq) choose(place);
    });
  }

  show(drawn: Drawn, said: ArrayLike<number>, rows: string[], query: number, name: string): void {
    this.#shown = { drawn, said, rows, query };
    const { right, asked } = count(drawn, said);
    this.#canvas.setAttribute(
      "aria-label",
      `${name}: ${right} of ${asked} look-ups on this sequence are right.`,
    );
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

  #cell(): number {
    return Math.min(40, (this.#width - LEFT - 2) / this.#shown!.drawn.tokens.length);
  }

  #top(): number {
    return Math.max(...symbolWords(this.#shown!.drawn.task).map((word) => word.length)) > 1
      ? UPRIGHT_HEAD
      : HEAD;
  }

  #redraw(): void {
    if (!this.#width || !this.#shown) return;
    const height = this.#top() + this.#shown.rows.length * ROW + 3;
    if (this.#canvas.style.height !== `${height}px`) this.#canvas.style.height = `${height}px`;
    this.#draw(canvasPen(this.#canvas, this.#width, height));
  }

  #draw(pen: Pen): void {
    if (!this.#shown) return;
    const { drawn, said, rows, query } = this.#shown;
    const { fg, muted, right, error, bg, line, mark } = (this.#colours ??= this.#readColours());
    const words = symbolWords(drawn.task);
    const { tokens, targets, answers } = drawn;
    const cell = this.#cell();
    const top = this.#top();
    const x = (t: number) => LEFT + t * cell;
    tokens.forEach((token, t) => {
      const chosen = t === query;
      const style = { size: 13, colour: chosen ? mark : fg, bold: chosen };
      if (top === HEAD) pen.text(wordOf(words, token), x(t + 0.5), HEAD / 2, { ...style, align: "center" });
      else pen.text(wordOf(words, token), x(t + 0.5), top - 5, { ...style, align: "left", upright: true });
    });
    const size = Math.max(8, Math.min(13, cell * 0.4));
    rows.forEach((name, m) => {
      const y = top + m * ROW;
      pen.text(name, LEFT - 8, y + ROW / 2, { size: 13, colour: muted, align: "right" });
      for (let t = 0; t < tokens.length; t++) {
        const place = t * answers + m;
        const target = targets[place]!;
        if (target === NOT_ASKED) {
          pen.line([[x(t) + cell * 0.4, y + ROW / 2], [x(t) + cell * 0.6, y + ROW / 2]], { colour: line, width: 1 }); // prettier-ignore
          continue;
        }
        const given = wordOf(words, said[place]!);
        const [left, up, wide, tall] = [x(t) + 1, y + 1, cell - 2, ROW - 2];
        const label = { size, align: "center" as const };
        const fits = given.length * size * 0.62 <= wide; // else colour and cross must do; the line below names it
        if (said[place] === target) {
          pen.box(left, up, wide, tall, { colour: right });
          if (fits) pen.text(given, left + wide / 2, up + tall / 2, { ...label, colour: bg, bold: true });
          continue;
        }
        const [end, low] = [left + wide, up + tall];
        pen.line([[left, up], [end, up], [end, low], [left, low], [left, up]], { colour: error, width: 1 }); // prettier-ignore
        pen.line([[left, low], [end, up]], { colour: error, width: 1, opacity: 0.75 }); // prettier-ignore
        if (fits) pen.text(given, left + wide / 2, up + tall / 2, { ...label, colour: fg });
      }
    });
    const [left, end, low] = [x(query), x(query + 1), top + rows.length * ROW + 1];
    if (query < tokens.length)
      pen.line([[left, top - 1], [end, top - 1], [end, low], [left, low], [left, top - 1]], { colour: mark, width: 2 }); // prettier-ignore
  }

  #readColours() {
    const style = getComputedStyle(this.root);
    const names = ["fg", "muted", "right", "error", "bg", "line", "mark"] as const;
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--mha-${name}`)])) as Record<
      (typeof names)[number],
      string
    >;
  }
}

/** Right and asked look-ups of the held sequence. */
export function count({ targets }: Drawn, said: ArrayLike<number>): { right: number; asked: number } {
  let [right, asked] = [0, 0];
  targets.forEach((target, place) => {
    if (target === NOT_ASKED) return;
    asked++;
    if (said[place] === target) right++;
  });
  return { right, asked };
}
