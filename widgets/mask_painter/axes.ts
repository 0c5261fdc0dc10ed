/** The same words along both axes. */
export function wordAxes(tokens: string[]) {
  const columns = tokens.map((label, i) => ({ label, start: i, end: i + 1 }));
  return { rows: tokens, columns, columnCount: tokens.length };
}
