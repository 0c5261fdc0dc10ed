/** A head count in words. */
export function heads(count: number): string {
  return count === 1 ? "1 head" : `${count} heads`;
}

/** A share, as a whole number of percent; 100 only if nothing is missing. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  return `${share < 1 && rounded === 100 ? "> 99" : rounded} %`;
}

/** The word of a symbol; a kernel may answer with any number. */
export function wordOf(words: readonly string[], symbol: number): string {
  return words[symbol] ?? "?";
}
