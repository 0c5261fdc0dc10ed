import { partNames, parts, type HeadSum } from "../core/index";
import { canvasPen, decimals, element, svgPen, write, type Cleanup, type Pen } from "../draw/index";

const HEIGHT = 190; // px
const TOP = 14;
const BOTTOM = 22;

/** One dimension of one word's output, added up head by head: each bar starts where the last one ended. */
export class Waterfall {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #canvas = element("canvas", { class: "mha-waterfall", "data-picture": "waterfall", role: "img" });
  #sum = element("p", { class: "mha-sum" });
  #parts: number[] = [];
  #names: string[] = [];
  #output = 0;
  #reference = 0;

  constructor(cleanup: Cleanup) {
    this.#canvas.style.height = `${HEIGHT}px`;
    this.root = element("section", {}, this.#title, this.#canvas, this.#sum);
    const observer = new ResizeObserver(() => this.recolour());
    observer.observe(this.#canvas);
    cleanup.add(() => observer.disconnect());
  }

  show(sum: HeadSum, query: number, dimension: number): void {
    const { tokens, d_model } = sum;
    const place = query * d_model + dimension;
    this.#parts = parts(sum, query).map((part) => part[dimension]!);
    this.#names = partNames(sum);
    this.#output = sum.output[place]!;
    this.#reference = sum.reference[place]!;
    write(this.#title, `Dimension ${dimension} at “${tokens[query]}”, added head by head`);
    const terms = this.#parts.map((part, head) => {
      const sign = head === 0 ? (part < 0 ? "−" : "") : part < 0 ? " − " : " + ";
      return `${sign}${decimals(Math.abs(part), 2)}`;
    });
    write(this.#sum, `${terms.join("")} = ${decimals(this.#output, 2)}`);
    this.#canvas.setAttribute("aria-label", `${this.#title.textContent}: ${this.#sum.textContent}`);
    this.recolour();
  }

  picture() {
    const svg = () => {
      const parts: string[] = [];
      this.#draw(svgPen(parts), this.#canvas.clientWidth);
      return parts.join("");
    };
    return { root: this.#canvas, svg };
  }

  recolour(): void {
    const width = this.#canvas.clientWidth;
    if (width && this.#parts.length) this.#draw(canvasPen(this.#canvas, width, HEIGHT), width);
  }

  #draw(pen: Pen, width: number): void {
    const style = getComputedStyle(this.#canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    const [text, muted, line] = [colour("--mha-fg"), colour("--mha-muted"), colour("--mha-strong-line")];
    const paint = (value: number) => colour(value > 0 ? "--mha-up" : "--mha-down");
    const levels = [0];
    for (const part of this.#parts) levels.push(levels.at(-1)! + part);
    const low = Math.min(0, this.#reference, ...levels);
    const high = Math.max(0, this.#reference, ...levels);
    const y = (value: number) =>
      TOP + 14 + ((high - value) / (high - low || 1)) * (HEIGHT - TOP - BOTTOM - 28);
    const count = this.#parts.length + 1;
    const left = 46;
    const step = (width - left - 4) / count;
    const wide = Math.min(64, step * 0.72);
    const middle = (i: number) => left + (i + 0.5) * step;
    const numbers = step >= 34;
    const sizes = { size: 12, colour: muted };

    pen.line([[left, y(0)], [width, y(0)]], { colour: line, width: 1 }); // prettier-ignore
    pen.text("0", left - 6, y(0), { ...sizes, align: "right" });
    this.#parts.forEach((part, head) => {
      const [from, to] = [y(levels[head]!), y(levels[head + 1]!)];
      pen.box(middle(head) - wide / 2, from, wide, to - from, { colour: paint(part) });
      const next: [number, number][] = [
        [middle(head) - wide / 2, to],
        [middle(head + 1) + wide / 2, to],
      ];
      pen.line(next, { colour: muted, width: 1 });
      if (numbers) {
        const above = Math.min(from, to) - 8;
        const words = `${part < 0 ? "" : "+"}${decimals(part, 2)}`;
        pen.text(words, middle(head), above, { size: 12, colour: text, align: "center" });
      }
      if (step >= 14 || head % Math.ceil(14 / step) === 0) {
        const name = this.#names[head]!;
        const fits = step >= 48 ? name : name.replace(/^head |(?<=^b)ias$/, ""); // 0, 1, b
        pen.text(fits, middle(head), HEIGHT - 9, { ...sizes, align: "center" });
      }
    });
    const last = count - 1;
    pen.box(middle(last) - wide / 2, y(0), wide, y(this.#output) - y(0), { colour: text });
    const above = Math.min(y(0), y(this.#output)) - 8;
    const total = decimals(this.#output, 2);
    pen.text(total, middle(last), above, { size: 12, colour: text, align: "center", bold: true });
    const name = step >= 44 ? "output" : "out";
    pen.text(name, middle(last), HEIGHT - 9, { size: 12, colour: text, align: "center", bold: true });
    if (Math.abs(this.#output - this.#reference) < 1e-6) return;
    const was = y(this.#reference);
    pen.line([[middle(last) - step / 2, was], [width, was]], { colour: colour("--mha-mark"), width: 2 }); // prettier-ignore
    pen.text("was", middle(last) - step / 2 - 4, was, { size: 12, colour: colour("--mha-mark"), align: "right" }); // prettier-ignore
  }
}
