import { rankTolerance } from "../core/index";
import { canvasPen, element, svgPen, textWidth, type Cleanup, type Pen } from "../draw/index";

/** What one picture shows; singular values are sorted, largest first. */
export interface SpectrumData {
  readonly values: Float64Array;
  readonly rank: number;
  /** The same of the other heads, NaN where they are not computed yet. */
  readonly others: readonly ArrayLike<number>[];
  /** A bound that the rank cannot pass, and its name; null where there is none. */
  readonly bound: { readonly at: number; readonly name: string } | null;
  /** Powers of ten at the bottom and the top of the axis. */
  readonly range: readonly [number, number];
}

const HEIGHT = 300;
const TOP = 44;
const BOTTOM = 34;
const LEFT = 46;
const COLOURS = ["fg", "muted", "line", "strong-line", "accent", "mark", "bg"] as const;
type Colours = [string, string, string, string, string, string, string];

/** Singular values as bars on a log axis: solid where they count towards the rank, hollow where they count as zero. */
export class SpectrumPicture {
  readonly root = element("canvas", {
    class: "mha-spectrum",
    role: "img",
    "data-picture": "spectrum",
    style: `height:${HEIGHT}px`,
  });
  #data: SpectrumData | null = null;
  #width = 0;
  #colours: Colours | undefined;

  constructor(cleanup: Cleanup) {
    const observer = new ResizeObserver(([entry]) => {
      this.#width = Math.round(entry!.contentRect.width);
      this.#paint();
    });
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  show(data: SpectrumData, words: string): void {
    this.#data = data;
    if (this.root.ariaLabel !== words) this.root.ariaLabel = words;
    this.#paint();
  }

  recolour(): void {
    this.#colours = undefined;
    this.#paint();
  }

  svg(): string {
    const parts: string[] = [];
    if (this.#data) this.#draw(svgPen(parts), this.#width, this.#data);
    return parts.join("");
  }

  #paint(): void {
    if (this.#width && this.#data)
      this.#draw(canvasPen(this.root, this.#width, HEIGHT), this.#width, this.#data);
  }

  /** Read once a theme: the browser works out the whole page's style for it. */
  #palette(): Colours {
    if (!this.#colours) {
      const style = getComputedStyle(this.root);
      this.#colours = COLOURS.map((name) => style.getPropertyValue(`--mha-${name}`)) as Colours;
    }
    return this.#colours;
  }

  #draw(pen: Pen, width: number, data: SpectrumData): void {
    const [fg, muted, line, strong, accent, mark, ground] = this.#palette();
    const { values, rank, others, bound, range } = data;
    const [low, high] = range;
    const count = values.length;
    const step = (width - LEFT - 6) / count;
    const x = (place: number) => LEFT + place * step; // the left edge of bar `place`
    const y = (value: number) => {
      const share = (Math.log10(value) - low) / (high - low); // log of 0 is -infinity: the bottom
      return HEIGHT - BOTTOM - Math.max(0, Math.min(1, share)) * (HEIGHT - TOP - BOTTOM);
    };
    const floor = HEIGHT - BOTTOM;

    for (let power = Math.ceil(low / 5) * 5; power <= high; power += 5) {
      const at = y(10 ** power);
      pen.line([[LEFT, at], [width - 6, at]], { colour: line, width: 1 }); // prettier-ignore
      pen.text(tenTo(power), LEFT - 6, at, { size: 11, colour: muted, align: "right" });
    }
    for (const other of others) {
      if (Number.isNaN(other[0]!)) continue;
      const points = Array.from({ length: count }, (_, i): [number, number] => [x(i + 0.5), y(other[i]!)]);
      pen.line(points, { colour: fg, width: 1, opacity: Math.max(0.1, 0.5 / Math.sqrt(others.length)) });
    }
    const bar = Math.max(1.5, Math.min(14, step * 0.68));
    values.forEach((value, i) => {
      const [left, top] = [x(i + 0.5) - bar / 2, y(value)];
      if (i < rank) return pen.box(left, top, bar, floor - top, { colour: accent });
      pen.line([[left, floor], [left, top], [left + bar, top], [left + bar, floor]], { colour: strong, width: 1 }); // prettier-ignore
    });
    pen.line([[LEFT, floor], [width - 6, floor]], { colour: strong, width: 1 }); // prettier-ignore

    const tolerance = y(rankTolerance(values, count, count));
    pen.line([[LEFT, tolerance], [width - 6, tolerance]], { colour: fg, width: 1, dash: [2, 3] }); // prettier-ignore
    pen.box(width - 66, tolerance - 17, 60, 15, { colour: ground, opacity: 0.85 }); // readable over bars, too
    pen.text("tolerance", width - 9, tolerance - 9, { size: 11, colour: fg, align: "right" });

    // The rank as a bracket over the bars that count.
    const bracket = TOP - 4;
    pen.line([[x(0), bracket + 6], [x(0), bracket], [x(rank), bracket], [x(rank), bracket + 6]], { colour: accent, width: 2 }); // prettier-ignore
    const label = `rank ${rank}`;
    const half = label.length * 4 + 4;
    const middle = Math.max(LEFT + half, Math.min(width - 6 - half, (x(0) + x(rank)) / 2));
    pen.text(label, middle, bracket - 11, { size: 14, colour: accent, align: "center", bold: true });
    if (bound) this.#drawBound(pen, bound, x(Math.min(bound.at, count)), bound.at > count, width, mark);

    for (const place of new Set([1, count]))
      pen.text(String(place), x(place - 0.5), floor + 10, { size: 11, colour: muted, align: "center" });
    pen.text("singular values, largest first", (LEFT + width) / 2, floor + 24, {
      size: 11,
      colour: muted,
      align: "center",
    });
  }

  #drawBound(
    pen: Pen,
    { at, name }: { at: number; name: string },
    x: number,
    beyond: boolean,
    width: number,
    colour: string,
  ): void {
    const label = `${name} = ${at}${beyond ? " →" : ""}`;
    const right = x + textWidth(label, 12, true) + 8 < width;
    pen.line([[x, TOP - 4], [x, HEIGHT - BOTTOM]], { colour, width: 2, dash: [6, 4] }); // prettier-ignore
    pen.text(label, right ? x + 5 : x - 5, TOP + 10, {
      size: 12,
      colour,
      align: right ? "left" : "right",
      bold: true,
    });
  }
}

/** 10 to a whole power, as it is written. */
export function tenTo(power: number): string {
  if (power === 0) return "1";
  const digits = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const raised = [...String(Math.abs(power))].map((digit) => digits[Number(digit)]).join("");
  return `10${power < 0 ? "⁻" : ""}${raised}`;
}
