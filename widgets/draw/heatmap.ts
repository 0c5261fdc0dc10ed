import type { Scale } from "./scales";

const images = new WeakMap<HTMLCanvasElement, ImageData>();

const TRANSPARENT = 0; // the hatched background of a masked cell shows through

/**
 * Paint a matrix, one pixel a cell; CSS scales the canvas up without smoothing.
 * `low` and `high` are the ends of the scale; `masked` says which cells look masked, not small.
 */
export function paintCells(
  canvas: HTMLCanvasElement,
  values: ArrayLike<number>,
  rows: number,
  columns: number,
  scale: Scale,
  [low, high]: [number, number],
  masked?: (index: number) => boolean,
): void {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext("2d")!;
  let image = images.get(canvas); // kept, since most updates paint as many cells as the last one
  if (image?.width !== columns || image.height !== rows) {
    image = context.createImageData(columns, rows);
    images.set(canvas, image);
  }
  const pixels = new Uint32Array(image.data.buffer);
  const last = scale.length - 1;
  const factor = (last + 0.999) / (high - low || 1);
  for (let i = 0; i < pixels.length; i++) {
    const place = (values[i]! - low) * factor;
    pixels[i] = masked?.(i) ? TRANSPARENT : scale[place < 0 ? 0 : place > last ? last : place | 0]!;
  }
  context.putImageData(image, 0, 0);
}

/** The largest absolute value, for a scale that is even on both sides of zero. */
export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}
