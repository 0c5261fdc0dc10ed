import type { HeadSum } from "../core/index";
import { canvasPen, decimals, element, short, svgPen, type Cleanup, type Pen } from "../draw/index";

const ROW = 24; // px
const HEAD = 30;
const MOST = 16; // rows; of a longer sentence those around the chosen word are drawn

/** How far each word's output is from the one with all gates 1: a bar for the change, a small clock hand for the angle. */
export class Moved {
  readonly root: HTMLElement;
  #canvas = element("canvas", {
    class: "mha-moved",
    "data-picture": "moved",
    "data-part": "words",
    tabindex: 0,
    role: "application",
    "aria-label": "How far each word's output moved. Up and down choose a word.",
  });
  #sum: HeadSum | null = null;
  #query = 0;
  #first = 0;

  constructor(cleanup: Cleanup, choose: (query: number) => void) {
    this.root = element(
      "section",
      {},
      element("h3", {}, "How far each word’s output moved, against all gates at 1"),
      this.#canvas,
      element(
        "p",
        { class: "mha-note" },
        "The bar is the length of the change, as a share of the old output’s length; the hand shows how far the " +
          "output turned. Point at a word to take it apart above.",
      ),
    );
    const observer = new ResizeObserver(() => this.recolour());
    observer.observe(this.#canvas);
    cleanup.add(() => observer.disconnect());
    cleanup.listen(this.#canvas, "pointerdown", (event) => {
      const row = Math.floor((event.clientY - this.#canvas.getBoundingClientRect().top - HEAD) / ROW);
      if (row >= 0 && row < this.#rows()) choose(this.#first + row);
    });
    cleanup.listen(this.#canvas, "keydown", (event) => {
      const last = (this.#sum?.tokens.length ?? 1) - 1;
      const to = { ArrowUp: this.#query - 1, ArrowDown: this.#query + 1, Home: 0, End: last }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      choose(Math.max(0, Math.min(last, to)));
    });
  }

  show(sum: HeadSum, query: number): void {
    this.#sum = sum;
    this.#query = query;
    const count = sum.tokens.length;
    this.#first = Math.max(0, Math.min(count - MOST, query - MOST / 2));
    const height = `${HEAD + this.#rows() * ROW}px`;
    if (this.#canvas.style.height !== height) this.#canvas.style.height = height;
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
    if (!width || !this.#sum) return;
    this.#draw(canvasPen(this.#canvas, width, HEAD + this.#rows() * ROW), width);
  }

  #rows(): number {
    return Math.min(MOST, this.#sum?.tokens.length ?? 0);
  }

  #draw(pen: Pen, width: number): void {
    const { tokens, change, relative, angle } = this.#sum!;
    const style = getComputedStyle(this.#canvas);
    const colour = (name: string) => style.getPropertyValue(name);
    const [text, muted, line] = [colour("--mha-fg"), colour("--mha-muted"), colour("--mha-line")];
    const left = Math.min(104, width * 0.25);
    const hand = width - 74; // the middle of the clock
    const right = hand - 112;
    const rows = this.#rows();
    // At least 100 %, so that a small change looks small.
    const finite = [...relative].filter(Number.isFinite);
    const top = Math.max(1, Math.ceil(finite.reduce((most, share) => Math.max(most, share), 0) - 1e-4));
    const x = (share: number) => left + (Math.min(share, top) / top) * (right - left);
    const small = { size: 11, colour: muted };
    for (const share of [0, top / 2, top]) {
      pen.line([[x(share), HEAD - 6], [x(share), HEAD + rows * ROW]], { colour: line, width: 1 }); // prettier-ignore
      pen.text(`${decimals(share * 100, 0)} %`, x(share), HEAD - 14, { ...small, align: "center" });
    }
    pen.text("moved by", hand - 18, HEAD - 14, { ...small, align: "right" });
    pen.text("turned by", width - 2, HEAD - 14, { ...small, align: "right" });
    for (let row = 0; row < rows; row++) {
      const word = this.#first + row;
      const y = HEAD + (row + 0.5) * ROW;
      const chosen = word === this.#query;
      if (chosen) pen.box(0, y - ROW / 2, width, ROW, { colour: colour("--mha-accent"), opacity: 0.12 });
      pen.text(short(tokens[word]!, width < 480 ? 9 : 13), left - 8, y, {
        size: 13,
        colour: chosen ? colour("--mha-accent") : text,
        align: "right",
        bold: chosen,
      });
      const share = relative[word]!;
      if (share > 0) pen.box(left, y - 6, x(share) - left, 12, { colour: colour("--mha-mark") });
      pen.text(decimals(change[word]!, 2), hand - 18, y, { size: 13, colour: text, align: "right" });
      const turned = angle[word]!;
      const known = Number.isFinite(turned);
      pen.line([[hand - 4, y + 6], [hand + 14, y + 6]], { colour: muted, width: 1 }); // prettier-ignore
      if (known) {
        const radians = (turned * Math.PI) / 180;
        const tip: [number, number] = [hand - 4 + 18 * Math.cos(radians), y + 6 - 18 * Math.sin(radians)];
        pen.line([[hand - 4, y + 6], tip], { colour: colour("--mha-mark"), width: 2 });
      }
      const degrees = known ? `${decimals(turned, 0)}°` : "—";
      pen.text(degrees, width - 2, y, { size: 13, colour: text, align: "right" });
    }
  }
}
