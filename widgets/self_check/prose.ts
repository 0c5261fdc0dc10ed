import { element } from "../draw/index";

const MARKED = /`([^`]+)`|\*([^*]+)\*/g;

/** Text with `code` and *emphasis* as nodes; whatever else it holds stays text. */
export function prose(text: string): (Node | string)[] {
  const parts: (Node | string)[] = [];
  let end = 0;
  for (const { 0: whole, 1: code, 2: words, index } of text.matchAll(MARKED)) {
    parts.push(text.slice(end, index), code ? element("code", {}, code) : element("em", {}, words!));
    end = index + whole.length;
  }
  return [...parts, text.slice(end)];
}
