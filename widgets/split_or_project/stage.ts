import { element, write, type Theme } from "../draw/index";
import { Matrix, type Drawing } from "./matrix";
import type { Place } from "./steps";

const SIGN = 26; // px with its gaps, for one letter
const LETTER = 8.5;
const FLOW_GAP = 14;
const READABLE = 25; // px: numbers fit into the cells
const MOST = 44;
const WIDE = 420; // px, the most for one matrix of several: a long sentence should not fill screens

/** Matrices in a row with signs between them; where they do not fit they go on in the next line. */
export class Stage {
  readonly root = element("div", { class: "mha-stage" });
  #matrices: Matrix[] = [];
  #signs: HTMLElement[] = [];
  #shown = 0;

  /** `cell` is the side of a cell in px, where several stages are to have the same. */
  show(parts: (Drawing | string)[], theme: Theme, cell = this.fit(parts)): void {
    const drawings = parts.filter((part) => typeof part !== "string");
    this.#arrange(parts);
    drawings.forEach((drawing, i) => this.#matrices[i]!.show(drawing, cell, theme));
    this.#shown = drawings.length;
  }

  /** The side of a cell for which all fits in a line, if numbers can be read then; else the lines are broken. */
  fit(parts: (Drawing | string)[]): number {
    const drawings = parts.filter((part) => typeof part !== "string");
    const room = this.root.clientWidth || 600;
    const signs = parts.filter((part) => typeof part === "string");
    const taken =
      signs.reduce((sum, sign) => sum + SIGN + sign.length * LETTER, 0) +
      drawings.reduce((sum, drawing) => sum + Matrix.margin(drawing), 0) +
      (parts.length - 1) * FLOW_GAP;
    const columns = drawings.reduce((sum, drawing) => sum + drawing.columns, 0);
    const inLine = (room - taken) / columns;
    if (inLine >= READABLE) return Math.floor(Math.min(MOST, inLine));
    const alone = drawings.map((drawing) => (room - Matrix.margin(drawing)) / drawing.columns);
    const widest = Math.max(...drawings.map((drawing) => drawing.columns));
    return Math.max(1, Math.min(34, WIDE / widest, ...alone));
  }

  /** The place of the result that a pointer chooses, or null beside all matrices. */
  pick(event: PointerEvent): Partial<Place> | null {
    const matrix = this.#matrices.find(({ canvas }) => canvas === event.target);
    return matrix?.cellAt(event) ?? null;
  }

  pictures() {
    return this.#matrices
      .slice(0, this.#shown)
      .map((matrix) => ({ root: matrix.canvas, svg: () => matrix.svg() }));
  }

  /** Elements are kept and moved rather than made anew. */
  #arrange(parts: (Drawing | string)[]): void {
    let [matrices, signs] = [0, 0];
    const wanted = parts.map((part) => {
      if (typeof part !== "string") return (this.#matrices[matrices++] ??= new Matrix()).root;
      const sign = (this.#signs[signs++] ??= element("span", { class: "mha-sign mha-svg-text" }));
      write(sign, part);
      return sign;
    });
    const same = wanted.length === this.root.children.length && wanted.every((part, i) => part === this.root.children[i]); // prettier-ignore
    if (!same) this.root.replaceChildren(...wanted);
  }
}
