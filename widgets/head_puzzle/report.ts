import type { Attempt } from "../core/head_puzzle";
import { PUZZLES, TOLERANCE, type Puzzle } from "../core/puzzles";
import { css, decimals, element, svgPen, weights, write, type Theme } from "../draw/index";

const WORDS = Math.max(...PUZZLES.map(({ tokens }) => tokens.length));

interface Label {
  root: HTMLElement;
  word: HTMLElement;
  mark: HTMLElement;
  vector: HTMLElement;
}

interface Cell {
  root: HTMLElement;
  share: HTMLElement;
}

/** One report: where each word looks, the cells of the goal ringed, and at the end of a row how much is astray. */
export class Report {
  readonly root: HTMLElement;
  #title = element("b", {});
  #source = element("span", {});
  #corner = element("span", { class: "mha-vector" });
  #columns: Label[];
  #rows: { root: HTMLElement; label: Label; cells: Cell[]; astray: HTMLElement }[];
  #table: HTMLElement;

  constructor() {
    this.#columns = Array.from({ length: WORDS }, () => label("col"));
    this.#rows = Array.from({ length: WORDS }, () => {
      const own = label("row");
      const cells = Array.from({ length: WORDS }, () => {
        const share = element("span", {});
        return { root: element("td", { class: "mha-cell" }, share), share };
      });
      const astray = element("td", { class: "mha-astray" });
      const root = element("tr", {}, own.root, ...cells.map(({ root }) => root), astray);
      return { root, label: own, cells, astray };
    });
    const head = element(
      "tr",
      {},
      element("td", { class: "mha-corner" }, this.#corner),
      ...this.#columns.map(({ root }) => root),
      element("th", { scope: "col", class: "mha-astray" }, "astray"),
    );
    this.#table = element(
      "table",
      {},
      element("thead", {}, head),
      element("tbody", {}, ...this.#rows.map(({ root }) => root)),
    );
    this.root = element(
      "figure",
      { class: "mha-report" },
      element("figcaption", {}, this.#title, this.#source),
      this.#table,
    );
  }

  show(puzzle: Puzzle, attempt: Attempt, slot: number, theme: Theme): void {
    const { tokens, slots, width } = puzzle;
    const { report, distance, num_heads, q, k } = attempt;
    const seq = tokens.length;
    const { title, goal } = slots[slot]!;
    const d_head = width / num_heads;
    const mine = slots.length > 1 && num_heads > 1; // a head for each slot
    write(this.#title, title);
    write(
      this.#source,
      mine ? `head ${slot}` : num_heads > 1 ? "½ head 0 + ½ head 1" : slots.length > 1 ? "the one head" : "",
    );
    const [from, count] = mine ? [slot * d_head, d_head] : [0, width];
    const vector = (of: Float32Array, word: number) =>
      count > 2 ? [] : Array.from(of.subarray(word * width + from, word * width + from + count));
    write(this.#corner, count > 2 ? "" : "k");
    this.root.dataset["head"] = mine ? String(slot) : num_heads > 1 ? "mean" : "0";
    this.root.dataset["numbers"] = String(count);
    this.#columns.forEach((column, key) => {
      column.root.hidden = key >= seq;
      if (key < seq) fill(column, tokens[key]!, puzzle.marks?.[key], "", vector(k, key));
    });
    this.#rows.forEach(({ root, label, cells, astray }, query) => {
      root.hidden = query >= seq;
      if (root.hidden) return;
      const wanted = goal[query]!;
      const off = distance[slot * seq + query]!;
      const fits = wanted.length > 0 && off <= TOLERANCE;
      root.dataset["row"] = wanted.length === 0 ? "free" : fits ? "fits" : "off";
      fill(label, tokens[query]!, puzzle.marks?.[query], "q ", vector(q, query));
      write(astray, wanted.length === 0 ? "free" : `${fits ? "✓ " : ""}${decimals(off, 2)}`);
      cells.forEach(({ root, share }, key) => {
        root.hidden = key >= seq;
        if (root.hidden) return;
        const weight = report[(slot * seq + query) * seq + key]!;
        const colour = css(weights[theme], weight);
        if (root.style.backgroundColor !== colour) root.style.backgroundColor = colour;
        root.dataset["ink"] = isBright(colour) ? "black" : "white";
        root.dataset["goal"] = String(wanted.includes(key));
        write(share, weight < 0.005 ? "0" : decimals(weight, 2));
      });
    });
  }

  /** The report as SVG elements, its corner at 0, 0, where everything stands on the screen. */
  svg(): string {
    const parts: string[] = [];
    const pen = svgPen(parts);
    const outer = this.root.getBoundingClientRect();
    const style = getComputedStyle(this.root);
    const colour = (name: string) => style.getPropertyValue(`--mha-${name}`);
    const place = (part: HTMLElement) => {
      const box = part.getBoundingClientRect();
      return { x: box.left - outer.left, y: box.top - outer.top, width: box.width, height: box.height };
    };
    for (const { root } of this.#rows.flatMap(({ cells }) => cells)) {
      if (root.offsetParent === null) continue;
      const { x, y, width, height } = place(root);
      const { backgroundColor, opacity } = getComputedStyle(root);
      pen.box(x, y, width, height, { colour: backgroundColor, opacity: Number(opacity) });
      if (root.dataset["goal"] !== "true") continue;
      const ring = (inset: number): [number, number][] => {
        const [left, top, right, bottom] = [x + inset, y + inset, x + width - inset, y + height - inset];
        return [[left, top], [right, top], [right, bottom], [left, bottom], [left, top]]; // prettier-ignore
      };
      const fits = root.parentElement!.dataset["row"] === "fits";
      pen.line(ring(1.5), { colour: colour(fits ? "right" : "mark"), width: 3 });
      pen.line(ring(4), { colour: colour("bg"), width: 2 });
    }
    for (const text of this.root.querySelectorAll<HTMLElement>("table span, table .mha-astray")) {
      if (text.offsetParent === null || !text.textContent || text.firstElementChild) continue;
      const { x, y, width, height } = place(text);
      const own = getComputedStyle(text);
      if (own.visibility === "hidden") continue;
      const bold = Number(own.fontWeight) >= 600;
      const size = parseFloat(own.fontSize);
      const upright = own.writingMode.startsWith("vertical");
      pen.text(text.textContent, x + width / 2, y + height / 2, { size, colour: own.color, align: "center", bold, upright }); // prettier-ignore
    }
    return parts.join("");
  }
}

/** Whether black is read more easily than white on this colour: the relative luminance of WCAG 2. */
function isBright(colour: string): boolean {
  const [red, green, blue] = colour.match(/\d+/g)!.map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179;
}

function label(scope: "row" | "col"): Label {
  const [word, mark, vector] = ["mha-word", "mha-mark", "mha-vector"].map((name) =>
    element("span", { class: name }),
  ) as [HTMLElement, HTMLElement, HTMLElement];
  return { root: element("th", { scope }, word, mark, vector), word, mark, vector };
}

function fill(
  { word, mark, vector }: Label,
  token: string,
  sign: string | undefined,
  name: string,
  of: number[],
): void {
  write(word, token);
  write(mark, sign ?? "");
  const numbers = of.map((value) => decimals(value, 1).replace(".0", ""));
  write(vector, numbers.length ? `${name}${numbers.join("  ")}` : "");
}
