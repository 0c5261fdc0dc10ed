import type { Cleanup } from "./dom";

/** A picture that is drawn for the width it has on the page. */
export interface Fitted {
  readonly root: HTMLElement;
  /** Be as high as the picture is at this width in px, at once: nothing moves when it is drawn later. */
  room?(width: number): void;
  /** Draw at this width in px, with the room for it; 0 where the picture is hidden. */
  fit(width: number): void;
}

type Part = "axes" | "cells" | "section";

const AHEAD = "100px"; // this near to the view, a picture is drawn at once
const REST = 150; // ms without a change, after which the others are drawn, too

const far = new WeakSet<Element>();
const late = new Map<Element, Map<Part, () => void>>();
const waiting = new Map<Fitted, "room" | "fit">();
let rest = 0;
let resting = false;
let observer: IntersectionObserver | undefined;

/** Keep up with the way of a part of the page in and out of the view. */
export function watch({ root }: { root: HTMLElement }, cleanup: Cleanup): void {
  observer ??= new IntersectionObserver(look, { rootMargin: AHEAD });
  observer.observe(root);
  cleanup.add(() => {
    observer!.unobserve(root);
    late.delete(root);
  });
}

/** Keep up with the picture's width, and with its way in and out of the view. */
export function follow(picture: Fitted, cleanup: Cleanup): void {
  const { root } = picture;
  const widths = new ResizeObserver(([entry]) => {
    const width = Math.round(entry!.contentRect.width);
    picture.room?.(width);
    whenNear(picture, "axes", () => picture.fit(width));
  });
  widths.observe(root);
  cleanup.add(() => widths.disconnect());
  watch(picture, cleanup);
}

function look(entries: IntersectionObserverEntry[]): void {
  for (const { target, isIntersecting, boundingClientRect } of entries) {
    const hidden = boundingClientRect.width === 0; // once it is shown, there is no time to look where it is
    if (isIntersecting || hidden) far.delete(target);
    else far.add(target);
    if (!far.has(target)) drawLate(target);
  }
}

/** Draw a part of what is watched: now if the reader may see it, and else once the hand rests or it comes near. */
export function whenNear({ root }: { root: HTMLElement }, part: Part, draw: () => void): void {
  if (resting || !far.has(root)) return draw();
  const parts = late.get(root) ?? new Map<Part, () => void>();
  late.set(root, parts.set(part, draw));
  clearTimeout(rest);
  rest = window.setTimeout(() => {
    resting = true; // what a section draws now, its pictures draw now, too
    try {
      [...late.keys()].forEach(drawLate);
    } finally {
      resting = false;
    }
  }, REST);
}

/** Draw what has been put off. */
export function drawLate(root: Element): void {
  const parts = late.get(root);
  late.delete(root);
  for (const draw of parts?.values() ?? []) draw();
}

/** Give the picture its room before the next paint, and fit it, if it is near. All that wait are measured before the
 * first one writes: the browser lays the page out once, and not once for each of them. */
export function fitSoon(picture: Fitted): void {
  wait(picture, "room");
  whenNear(picture, "axes", () => wait(picture, "fit"));
}

function wait(picture: Fitted, wanted: "room" | "fit"): void {
  if (waiting.size === 0) queueMicrotask(fitAll);
  waiting.set(picture, wanted);
}

function fitAll(): void {
  const pictures = [...waiting];
  waiting.clear();
  const widths = pictures.map(([{ root }]) => root.clientWidth);
  pictures.forEach(([picture, wanted], i) => picture[wanted]?.(widths[i]!));
}
