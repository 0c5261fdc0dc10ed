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
    const steps = scale.length - 0.001; // so that a weight of 1 has the last colour
    for (let head = 0, at = 0; head < count; head++) {
      const [left, top] = this.place(head);
      for (let row = 0; row < side; row++) {
        const start = (top + row) * canvas.width + left;
        for (let column = 0; column < side; column++)
          pixels[start + column] = scale[(thumbnails.weights[at++]! * steps) | 0]!;
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
