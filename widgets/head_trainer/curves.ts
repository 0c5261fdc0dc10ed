import { canvasPen, element, svgPen, type Cleanup, type Pen } from "../draw/index";
import type { RunShown } from "./answer";
import { heads, percent } from "./phrases";

const HEIGHT = 190;
const [TOP, BOTTOM, LEFT] = [14, 36, 46];
const SMOOTH = 8; // batches: the line is their mean
const APART = 17; // px between two labels

export type Curve = "accuracy" | "loss";

/** Accuracy or loss of both runs over their steps, on one axis, each line named at its end. */
export class Curves {
  readonly root = element("div", { class: "mha-curves", "data-picture": "curves" });
  #canvas = element("canvas", { role: "img", style: `height:${HEIGHT}px` });
  #width = 0;
  #shown: { runs: readonly RunShown[]; curve: Curve; steps: number; classes: number } | undefined;
  #colours: Record<"fg" | "muted" | "line" | "strong-line" | "accent" | "mark", string> | undefined;

  constructor(cleanup: Cleanup) {
    this.root.append(this.#canvas);
    const observer = new ResizeObserver(() => {
      this.#width = this.root.clientWidth;
      this.#redraw();
    });
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  show(runs: readonly RunShown[], curve: Curve, steps: number, classes: number): void {
    // Curves of our own runs, in place of a training that did not work, are of the loss alone.
    if (runs.some(({ losses, accuracies }) => losses.length > 0 && accuracies.length === 0)) curve = "loss";
    this.#shown = { runs, curve, steps, classes };
    const says = runs.map((run) => `${heads(run.num_heads)} ${lastOf(run, curve)}`);
    this.#canvas.setAttribute("aria-label", `${curve} over ${steps} steps. At the end: ${says.join(", ")}.`);
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
    if (this.#width && this.#shown) this.#draw(canvasPen(this.#canvas, this.#width, HEIGHT));
  }

  #draw(pen: Pen): void {
    if (!this.#shown) return;
    const { runs, curve, steps, classes } = this.#shown;
    const { fg, muted, line, "strong-line": strong, accent, mark } = (this.#colours ??= this.#readColours());
    const width = this.#width;
    const right = width - 140; // room for the names at the ends
    const series = runs.map((run) => (curve === "accuracy" ? run.accuracies : run.losses));
    // The loss of guessing is the height of the axis, unless a run does worse.
    const most = curve === "accuracy" ? 1 : Math.max(Math.log(classes) * 1.1, ...series.map(largest));
    const last = Math.max(steps, ...series.map(({ length }) => length));
    const x = (step: number) => LEFT + (step / last) * (right - LEFT);
    const y = (value: number) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - TOP - BOTTOM);
    const level = (value: number, colour: string, dash?: [number, number]) =>
      pen.line([[LEFT, y(value)], [right, y(value)]], { colour, width: 1, ...(dash && { dash }) }); // prettier-ignore

    for (const share of [0, 0.5, 1]) {
      const value = share * most;
      level(value, share ? line : strong);
      const label = curve === "accuracy" ? `${share * 100} %` : value.toPrecision(2);
      pen.text(label, LEFT - 6, y(value), { size: 12, colour: muted, align: "right" });
    }
    const guess = curve === "accuracy" ? 1 / classes : Math.log(classes);
    level(guess, muted, [2, 4]);
    pen.text("guessing", right - 4, y(guess) - 9, { size: 12, colour: muted, align: "right" });
    for (const step of [0, last / 2, last])
      pen.text(String(Math.round(step)), x(step), HEIGHT - BOTTOM + 12, {
        size: 12,
        colour: muted,
        align: "center",
      });
    const title =
      curve === "accuracy"
        ? "look-ups right in each new batch, before it is learned from"
        : "loss: mean cross entropy";
    pen.text(width < 500 ? "steps" : `steps (${title})`, (LEFT + right) / 2, HEIGHT - 8, {
      size: 12,
      colour: muted,
      align: "center",
    });

    const ends: { at: number; words: string; colour: string; from: [number, number] }[] = [];
    runs.forEach((run, i) => {
      const values = series[i]!;
      const colour = i === 0 ? mark : accent;
      const points = smoothed(values).map((value, step): [number, number] => [
        x(step + 1),
        y(Math.min(most, value)),
      ]);
      if (points.length === 0) return;
      // One head dashed: the lines differ by more than their colour.
      pen.line(thinned(points), { colour, width: 2.5, ...(i === 0 && { dash: [7, 3] as [number, number] }) });
      const from = points.at(-1)!;
      ends.push({ at: from[1], words: `${heads(run.num_heads)} ${lastOf(run, curve)}`, colour, from });
    });
    if (ends.length === 2 && Math.abs(ends[0]!.at - ends[1]!.at) < APART) {
      const middle = Math.min(
        HEIGHT - BOTTOM - APART / 2,
        Math.max(TOP + APART / 2, (ends[0]!.at + ends[1]!.at) / 2),
      );
      const lower = ends[0]!.at >= ends[1]!.at ? 0 : 1;
      ends[lower]!.at = middle + APART / 2;
      ends[1 - lower]!.at = middle - APART / 2;
    }
    for (const { at, words, colour, from } of ends)
      pen.text(words, from[0] + 7, at, { size: 14, colour, align: "left", bold: true });
    if (ends.length === 0)
      pen.text("Press Train: two lines grow here.", (LEFT + width) / 2, y(0.75 * most), {
        size: 14,
        colour: fg,
        align: "center",
      });
  }

  #readColours() {
    const style = getComputedStyle(this.root);
    const names = ["fg", "muted", "line", "strong-line", "accent", "mark"] as const;
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--mha-${name}`)])) as Record<
      (typeof names)[number],
      string
    >;
  }
}

/** What the line of a run ends at, in words. */
export function lastOf(run: RunShown, curve: Curve): string {
  const values = smoothed(curve === "accuracy" ? run.accuracies : run.losses);
  const last = values.at(-1);
  if (last === undefined) return "–";
  return curve === "accuracy" ? percent(last) : last.toPrecision(2);
}

/** The mean of each value and the few before it. */
function smoothed(values: ArrayLike<number>): number[] {
  const means: number[] = [];
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]! - (i >= SMOOTH ? values[i - SMOOTH]! : 0);
    means.push(Math.max(0, sum / Math.min(i + 1, SMOOTH)));
  }
  return means;
}

/** As many points as can be told apart. */
function thinned(points: [number, number][]): [number, number][] {
  const every = Math.ceil(points.length / 600);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

function largest(values: ArrayLike<number>): number {
  return Array.from(values).reduce((most, value) => Math.max(most, value), 0);
}
