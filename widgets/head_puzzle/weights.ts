import { LIMIT, PUZZLES, type Puzzle, type Setting } from "../core/puzzles";
import { element, slider, write, type Cleanup, type Control } from "../draw/index";

const FEATURES = Math.max(...PUZZLES.map(({ features }) => Object.keys(features).length));
const COLUMNS = Math.max(...PUZZLES.map(({ width }) => width));
const MATRICES = ["w_q", "w_k"] as const;
const SAYS = { w_q: "asks", w_k: "offers" };

type Matrix = (typeof MATRICES)[number];

interface Row {
  root: HTMLElement;
  name: HTMLElement;
  words: HTMLElement;
  sliders: Record<Matrix, Control>;
}

interface Panel {
  root: HTMLElement;
  title: HTMLElement;
  rows: Row[];
}

/** One head or two, and a slider for each entry of w_q and w_k; a panel for each dimension, what is asked in it beside
 * what is offered. All panels are made once, and those that a puzzle does not need are hidden. */
export class Weights {
  readonly root: HTMLElement;
  #panels: Panel[];
  #switch: HTMLElement;
  #counts: HTMLButtonElement[];
  #clear: HTMLButtonElement;
  #puzzle: Puzzle = PUZZLES[0]!;
  #setting: Setting = { num_heads: 1, w_q: [], w_k: [] };

  constructor(
    private readonly cleanup: Cleanup,
    private readonly change: (change: Partial<Setting>) => void,
    private readonly latest: () => Setting,
  ) {
    const button = (attributes: Record<string, string>, words: string, act: () => void) => {
      const made = element("button", { type: "button", class: "mha-button", ...attributes }, words);
      cleanup.listen(made, "click", act);
      return made;
    };
    this.#counts = [1, 2].map((num_heads) =>
      button({ name: "num_heads", value: String(num_heads) }, "", () => change({ num_heads })),
    );
    this.#switch = element(
      "div",
      { class: "mha-switch", role: "group", "aria-label": "Heads" },
      ...this.#counts,
    );
    this.#panels = Array.from({ length: COLUMNS }, (_, column) => this.#panel(column));
    this.#clear = button({ name: "clear" }, "All to 0", () => change({ w_q: [], w_k: [] }));
    const panels = this.#panels.map(({ root }) => root);
    this.root = element(
      "section",
      { class: "mha-weights", "aria-label": "Queries and keys of the heads" },
      this.#switch,
      element("div", { class: "mha-panels" }, ...panels),
      this.#clear,
    );
  }

  show(puzzle: Puzzle, setting: Setting): void {
    [this.#puzzle, this.#setting] = [puzzle, setting];
    const { width, heads } = puzzle;
    const { num_heads } = setting;
    const d_head = width / num_heads;
    this.#switch.hidden = heads.length < 2;
    this.#counts.forEach((button, i) => {
      write(button, i === 0 ? `One head of width ${width}` : `Two heads of width ${width / 2}`);
      button.setAttribute("aria-pressed", String(num_heads === i + 1));
    });
    const names = Object.keys(puzzle.features);
    this.#panels.forEach(({ root, title, rows }, column) => {
      root.hidden = column >= width;
      if (root.hidden) return;
      const head = Math.floor(column / d_head);
      const own = d_head > 1 ? ` · dimension ${column % d_head}` : "";
      write(title, `head ${head}${own}`);
      root.dataset["head"] = String(head);
      rows.forEach((row, feature) => {
        const name = names[feature];
        row.root.hidden = name === undefined;
        if (name !== undefined) this.#showRow(row, name, feature, column, `head ${head}${own}`);
      });
    });
    this.#clear.disabled = ![...setting.w_q, ...setting.w_k].some(Boolean);
  }

  #showRow(row: Row, name: string, feature: number, column: number, place: string): void {
    const { tokens, features, width } = this.#puzzle;
    const numbers = features[name]!;
    const all = numbers.every((number) => number === 1);
    const words = tokens.filter((_, word) => numbers[word] === 1);
    write(row.name, name);
    write(row.words, all || words.length === 0 ? "" : words.join(", "));
    for (const matrix of MATRICES) {
      const { root, input, show } = row.sliders[matrix];
      const value = this.#setting[matrix][feature * width + column] ?? 0;
      show(value);
      root.dataset["sign"] = String(Math.sign(value));
      const label = `${place}: ${name} ${SAYS[matrix]}`;
      if (input.getAttribute("aria-label") !== label) input.setAttribute("aria-label", label);
    }
  }

  #panel(column: number): Panel {
    const title = element("b", {});
    const rows = Array.from({ length: FEATURES }, (_, feature) => this.#row(feature, column));
    const heading = element(
      "div",
      { class: "mha-heading" },
      title,
      element("span", {}, "asks"),
      element("span", {}, "offers"),
    );
    const root = element(
      "div",
      { class: "mha-panel", "data-column": column },
      heading,
      ...rows.map(({ root }) => root),
    );
    return { root, title, rows };
  }

  #row(feature: number, column: number): Row {
    const name = element("span", { class: "mha-feature" });
    const words = element("span", { class: "mha-words" });
    const make = (matrix: Matrix) => {
      const control = slider(
        this.cleanup,
        matrix,
        SAYS[matrix],
        { min: -LIMIT, max: LIMIT },
        (value) => String(value).replace("-", "−"),
        (value) => this.#set(matrix, feature, column, Number(value)),
      );
      Object.assign(control.input.dataset, { feature: String(feature), column: String(column) });
      return control;
    };
    const sliders = { w_q: make("w_q"), w_k: make("w_k") };
    const label = element("span", { class: "mha-of" }, name, words);
    const root = element("div", { class: "mha-entry" }, label, sliders.w_q.root, sliders.w_k.root);
    return { root, name, words, sliders };
  }

  #set(matrix: Matrix, feature: number, column: number, value: number): void {
    const { features, width } = this.#puzzle;
    const size = Object.keys(features).length * width;
    const before = this.latest()[matrix]; // what is shown may wait for the kernel
    const weights = Array.from({ length: size }, (_, i) => before[i] ?? 0);
    weights[feature * width + column] = value;
    this.change({ [matrix]: weights });
  }
}
