import type { Thumbnails } from "../core/thumbnails";
import { weights, type Theme } from "../draw/index";

/** The small pictures of all heads, a pixel a cell, on one canvas of no document. */
export class Atlas {
  readonly canvas = document.createElement("canvas");
  #cells = 0;
  #columns = 1;
  #painted: unknown[] = [];

  /** Paint them, unless they are there already. */
  show(thumbnails: Thumbnails, columns: number, theme: Theme): void {
    const wanted = [thumbnails, theme];
    if (wanted.every((value, i) => value === this.#painted[i])) return;
    this.#painted = wanted;
    const { side, count } = thumbnails;
    this.#cells = side;
    this.#columns = columns;
    const { canvas } = this;
    canvas.width = columns * side;
    canvas.height = Math.ceil(count / columns) * side;
    const context = canvas.getContext("2d")!;
    const image = context.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    const scale = weights[theme];
    for (let head = 0; head < count; head++) {
      const [left, top] = this.place(head);
      for (let cell = 0; cell < side * side; cell++) {
        const weight = thumbnails.weights[head * side * side + cell]!;
        const colour = scale[Math.min(scale.length - 1, Math.floor(weight * scale.length))]!;
        pixels[(top + Math.floor(cell / side)) * canvas.width + left + (cell % side)] = colour;
      }
    }
    context.putImageData(image, 0, 0);
  }

  /** Where a head's cells are, and how many each way. */
  place(head: number): [left: number, top: number, cells: number] {
    const cells = this.#cells;
    return [(head % this.#columns) * cells, Math.floor(head / this.#columns) * cells, cells];
  }
}
