import type { Exercise, Standing } from "../core/exercise_progress";
import { element, svgPen, write } from "../draw/index";
import { SIGNS } from "./words";

interface Tile {
  readonly root: HTMLElement;
  readonly sign: HTMLElement;
  readonly word: HTMLElement;
}

/** The exercises in a row along the book, a tile each: shape, colour and word say how it stands. */
export class Path {
  readonly root = element("ol", { class: "mha-path", "aria-label": "The exercises in their order" });
  #tiles: Tile[] = [];

  build(exercises: readonly Exercise[]): void {
    this.#tiles = exercises.map(({ title }, i) => {
      const sign = element("span", { class: "mha-sign mha-svg-text", "aria-hidden": "true" });
      const word = element("span", { class: "mha-word mha-svg-text" });
      const number = element("span", { class: "mha-number mha-svg-text" }, String(i + 1));
      const name = element("b", { class: "mha-svg-text" }, title);
      return { root: element("li", {}, number, sign, name, word), sign, word };
    });
    this.root.replaceChildren(...this.#tiles.map(({ root }) => root));
  }

  show(exercises: readonly Exercise[], { states, next }: Standing): void {
    this.#tiles.forEach(({ root, sign, word }, i) => {
      const state = states[i]!;
      const isNext = exercises[i]!.name === next;
      root.dataset["state"] = state;
      root.dataset["next"] = String(isNext);
      write(sign, SIGNS[state]);
      write(word, isNext ? `${state} → next` : state);
    });
  }

  recolour(): void {} // the colours are those of the page

  /** The tiles as SVG elements, without their texts, which the frame takes from the screen. */
  svg(): string {
    const parts: string[] = [];
    const pen = svgPen(parts);
    const outer = this.root.getBoundingClientRect();
    for (const { root } of this.#tiles) {
      const box = root.getBoundingClientRect();
      const style = getComputedStyle(root);
      const width = parseFloat(style.borderTopWidth);
      const [left, top] = [box.left - outer.left + width / 2, box.top - outer.top + width / 2];
      const [right, bottom] = [left + box.width - width, top + box.height - width];
      if (style.backgroundColor !== "rgba(0, 0, 0, 0)")
        pen.box(left, top, right - left, bottom - top, { colour: style.backgroundColor });
      const dash = style.borderTopStyle === "dashed" ? { dash: [5, 4] as [number, number] } : {};
      const ring: [number, number][] = [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]; // prettier-ignore
      pen.line(ring, { colour: style.borderTopColor, width, ...dash });
    }
    return parts.join("");
  }
}
