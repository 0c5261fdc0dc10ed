import { bytesText, countText, exactText, flopsText, ratioText, type Meter, type Part } from "../core/index";
import { canvasPen, element, svgPen, type Cleanup, type Pen } from "../draw/index";

type Row = readonly [part: Part, name: string, text: (value: number) => string];

/** Parts that can be compared with each other share a scale, unless they are `apart`. */
export interface Group {
  readonly title: (meter: Meter) => string;
  readonly rows: readonly Row[];
  readonly apart?: true;
}

const matrix = (part: Part): Row => [part, part, countText];

export const LEFT: readonly Group[] = [
  {
    title: () => "Parameters",
    rows: (["w_q", "w_latent", "w_k", "w_v", "w_o", "biases"] as const).map(matrix),
  },
  { title: () => "Memory for each token", rows: [["cache", "KV cache", bytesText]] },
];

export const RIGHT: readonly Group[] = [
  {
    title: ({ context }) => `One more token, looking at ${exactText(context)}`,
    rows: [
      ["projections", "projections", flopsText],
      ["scores", "scores", flopsText],
      ["z", "z", flopsText],
    ],
  },
  {
    title: () => "The heads",
    rows: [
      ["patterns", "patterns", countText],
      ["d_head", "width d_head", countText],
      ["attn", "attn, if stored", bytesText],
    ],
    apart: true,
  },
];

const ROW = 25; // px
const HEADING = 30;

/** Bars of what one layer costs, with the outline of what one head as wide as the layer would cost. */
export class Parts {
  readonly root = element("canvas", { class: "mha-parts", "data-picture": "parts", role: "img" });
  #meter: Meter | null = null;

  constructor(
    cleanup: Cleanup,
    private readonly groups: readonly Group[],
  ) {
    const observer = new ResizeObserver(() => this.draw());
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  show(meter: Meter): void {
    this.#meter = meter;
    const height = `${this.#height()}px`;
    if (this.root.style.height !== height) this.root.style.height = height;
    const said = this.#shown().flatMap(({ rows }) =>
      rows.map(([part, name, text]) => {
        const [value, one] = meter.parts[part];
        return `${name} ${text(value)}, ${ratioText(value, one)}`;
      }),
    );
    this.root.setAttribute("aria-label", `Beside one head of the same width: ${said.join("; ")}.`);
    this.draw();
  }

  draw(): void {
    const width = this.root.clientWidth;
    if (width && this.#meter) this.#draw(canvasPen(this.root, width, this.#height()), width);
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts), this.root.clientWidth);
    return parts.join("");
  }

  /** The groups with the parts that there are: no biases, no latent vector, no row. */
  #shown(): Group[] {
    const there = ([part]: Row) => this.#meter!.parts[part].some((value) => value > 0);
    return this.groups.map((group) => ({ ...group, rows: group.rows.filter(there) }));
  }

  #height(): number {
    return this.#shown().reduce((height, { rows }) => height + HEADING + rows.length * ROW, 0);
  }

  #draw(pen: Pen, width: number): void {
    const style = getComputedStyle(this.root);
    const colour = (name: string) => style.getPropertyValue(name);
    const [text, muted] = [colour("--mha-fg"), colour("--mha-muted")];
    const narrow = width < 420;
    const left = narrow ? 112 : 136;
    const right = width - (narrow ? 62 : 72) - (narrow ? 96 : 104);
    let y = 0;
    for (const { title, rows, apart } of this.#shown()) {
      pen.text(title(this.#meter!), 0, y + HEADING - 12, {
        size: 13,
        colour: muted,
        align: "left",
        bold: true,
      });
      y += HEADING;
      const all = rows.flatMap(([part]) => this.#meter!.parts[part]);
      for (const [part, name, words] of rows) {
        const [value, one] = this.#meter!.parts[part];
        const most = apart ? Math.max(value, one) : Math.max(...all);
        const same = value === one;
        const middle = y + ROW / 2;
        const paint = colour(same ? "--mha-accent" : "--mha-mark");
        const end = (size: number) => left + Math.max(1.5, (size / most) * (right - left));
        pen.text(name, left - 8, middle, { size: 13, colour: text, align: "right" });
        pen.box(left, middle - 7, end(value) - left, 14, { colour: paint, opacity: same ? 0.75 : 1 });
        const [top, bottom, edge] = [middle - 9.5, middle + 9.5, end(one)];
        const outline: [number, number][] = [[left, top], [edge, top], [edge, bottom], [left, bottom], [left, top]]; // prettier-ignore
        pen.line(outline, { colour: text, width: 1.25, dash: [3, 2] });
        const at = right + (narrow ? 96 : 104);
        pen.text(words(value), at - 6, middle, { size: 13, colour: text, align: "right" });
        const verdict = ratioText(value, one);
        pen.text(same ? "= same" : verdict, at + 8, middle, {
          size: 13,
          colour: same ? muted : paint,
          align: "left",
          bold: !same,
        });
        y += ROW;
      }
    }
  }
}

/** How many parts are as they would be with one head, and how many are not. */
export function tally({ parts }: Meter): { same: number; changed: number } {
  const there = Object.values(parts).filter((pair) => pair.some((value) => value > 0));
  const same = there.filter(([value, one]) => value === one).length;
  return { same, changed: there.length - same };
}
