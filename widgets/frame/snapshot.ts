import { escapeXml, FONT, round } from "../draw/index";

/** A picture that can say itself in SVG. */
export interface Picture {
  readonly root: HTMLElement;
  svg(): string;
}

const TEXTS =
  "h3, .mha-tile-name, figcaption > b, figcaption > span, .mha-sides span, .mha-sum, .mha-svg-text";

/** The widget as one SVG, each picture and each text where it stands on the screen. */
export function snapshot(
  root: HTMLElement,
  pictures: Picture[],
  title: string,
  description: string,
): { svg: string; width: number; height: number } {
  const shown = pictures.filter(({ root }) => root.offsetParent !== null);
  const boxes = shown.map((picture) => picture.root.getBoundingClientRect());
  const texts = [...root.querySelectorAll<HTMLElement>(TEXTS)].filter((text) => text.offsetParent !== null);
  const all = [...boxes, ...texts.map((text) => text.getBoundingClientRect())];
  const margin = 16;
  const left = Math.min(...all.map((box) => box.left)) - margin;
  const top = Math.min(...all.map((box) => box.top)) - margin;
  const width = Math.max(...all.map((box) => box.right)) + margin - left;
  const height = Math.max(...all.map((box) => box.bottom)) + margin - top;
  const parts = shown.map(({ svg }, i) => {
    const [x, y] = [round(boxes[i]!.left - left), round(boxes[i]!.top - top)];
    return `<g transform="translate(${x} ${y})">${svg.call(shown[i])}</g>`;
  });
  const ground = escapeXml(getComputedStyle(root).getPropertyValue("--mha-bg"));
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" ` +
    `height="${round(height)}" role="img" font-family="${escapeXml(FONT)}"><title>${escapeXml(title)}</title>` +
    `<desc>${escapeXml(description)}</desc><rect width="100%" height="100%" fill="${ground}"/>${parts.join("")}` +
    `${texts.flatMap((text) => lines(text, left, top)).join("")}</svg>`;
  return { svg, width, height };
}

/** The text of an element, a `<text>` for each line as the browser broke it. */
function lines(text: HTMLElement, left: number, top: number): string[] {
  const style = getComputedStyle(text);
  const found = new Map<number, { x: number; words: string }>();
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (const match of (node.textContent ?? "").matchAll(/\s*\S+|\s+$/g)) {
      range.setStart(node, match.index);
      range.setEnd(node, match.index + match[0].length);
      const boxes = range.getClientRects();
      const box = boxes[boxes.length - 1];
      if (!box) continue;
      const key = Math.round((box.top + box.height / 2) / 6); // words of one line may differ by a pixel
      const line = found.get(key);
      if (line) line.words += match[0];
      else found.set(key, { x: box.left - left, words: match[0].trimStart() });
    }
  }
  return [...found].map(
    ([key, { x, words }]) =>
      `<text x="${round(x)}" y="${round(key * 6 - top)}" dominant-baseline="central" fill="${escapeXml(style.color)}" ` +
      `font-size="${parseFloat(style.fontSize)}" font-weight="${style.fontWeight}">${escapeXml(words)}</text>`,
  );
}
