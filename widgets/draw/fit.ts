import type { Cleanup } from "./dom";

/** A picture that is drawn for the width it has on the page. */
export interface Fitted {
  readonly root: HTMLElement;
  /** Draw at this width in px; 0 where the picture is hidden. */
  fit(width: number): void;
}

const waiting = new Set<Fitted>();

/** Fit the picture before the next paint. All that wait are measured before the first one writes: the browser lays the
 * page out once, and not once for each of them. */
export function fitSoon(picture: Fitted): void {
  if (waiting.size === 0) queueMicrotask(fitAll);
  waiting.add(picture);
}

function fitAll(): void {
  const pictures = [...waiting];
  waiting.clear();
  const widths = pictures.map(({ root }) => root.clientWidth);
  pictures.forEach((picture, i) => picture.fit(widths[i]!));
}

/** Fit the picture whenever its width changes. */
export function followWidth(picture: Fitted, cleanup: Cleanup): void {
  const observer = new ResizeObserver(([entry]) => picture.fit(Math.round(entry!.contentRect.width)));
  observer.observe(picture.root);
  cleanup.add(() => observer.disconnect());
}
