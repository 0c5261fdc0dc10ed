import { decimals, element } from "./dom";

/** Numbers with the names of their rows and columns; the caption states the precision. */
export interface NumberTable {
  caption: string;
  /** What to state instead of the decimals, where the values are texts. */
  precision?: string;
  columns: string[];
  rows: { name: string; values: (number | string)[] }[];
}

/** Decimals in the tables of every widget. */
export const PLACES = 3;

/** Numbers as a table with headers: what a screen reader gets, and who wants to copy them. */
export function table({ caption, precision, columns, rows }: NumberTable): HTMLElement {
  const full = `${caption} (${precision ?? `${PLACES} decimals`})`;
  const cell = (value: number | string) => (typeof value === "number" ? decimals(value, PLACES) : value);
  return element(
    "div",
    { class: "mha-table", role: "region", "aria-label": full, tabindex: 0 },
    element(
      "table",
      {},
      element("caption", {}, full),
      element(
        "thead",
        {},
        element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name))),
      ),
      element(
        "tbody",
        {},
        ...rows.map(({ name, values }) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, name),
            ...values.map((value) => element("td", {}, cell(value))),
          ),
        ),
      ),
    ),
  );
}
