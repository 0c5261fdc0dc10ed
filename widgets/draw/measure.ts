import { FONT } from "./pen";

const MOST = 5000; // words and sizes kept, some hundred kB
const known = new Map<string, number>();
let context: CanvasRenderingContext2D | undefined;

/** Width of a text in px. A sentence is measured once, though every head writes it along its axes. */
export function textWidth(words: string, size: number, bold = false): number {
  const font = `${bold ? "bold " : ""}${size}px ${FONT}`;
  const key = `${font} ${words}`;
  let width = known.get(key);
  if (width === undefined) {
    context ??= document.createElement("canvas").getContext("2d")!;
    context.font = font;
    width = context.measureText(words).width;
    if (known.size >= MOST) known.clear();
    known.set(key, width);
  }
  return width;
}
