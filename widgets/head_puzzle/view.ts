import { verdict, type Attempt } from "../core/head_puzzle";
import { PUZZLES, puzzleOf, type Puzzle, type Setting } from "../core/puzzles";
import { element, Legend, weights, write, type NumberTable, type Theme } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { Chooser } from "./chooser";
import { torchCode } from "./code";
import { Help } from "./help";
import { tables } from "./numbers";
import { Report } from "./report";
import { Weights } from "./weights";

const SLOTS = Math.max(...PUZZLES.map(({ slots }) => slots.length));
const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);

/** The whole widget: the puzzle, what is reported and what should be, the sliders, and what helps on. */
export class View implements FramedView<Attempt> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #chooser: Chooser;
  #weights: Weights;
  #help: Help;
  #reports = Array.from({ length: SLOTS }, () => new Report());
  #both = element("div", { class: "mha-reports" });
  #count = element("b", {});
  #sentence = element("span", {});
  #verdict = element("p", { class: "mha-verdict mha-svg-text" });
  #next: HTMLButtonElement;
  #legend = new Legend("attention");
  /** What was tried in the other puzzles of this visit. */
  #left = new Map<string, Setting>();
  #puzzle: Puzzle = PUZZLES[0]!;

  constructor(private readonly frame: Frame) {
    const { cleanup, set } = frame;
    this.#chooser = new Chooser(cleanup, (puzzle) => this.#choose(puzzle));
    this.#weights = new Weights(
      cleanup,
      (change) => set({ ...change }),
      () => frame.latest() as unknown as Setting,
    );
    this.#help = new Help(cleanup, ({ num_heads, w_q, w_k }) => set({ num_heads, w_q, w_k }));
    this.#next = element("button", { type: "button", class: "mha-button", name: "next" }, "Next puzzle →");
    cleanup.listen(this.#next, "click", () => this.#choose(PUZZLES[PUZZLES.indexOf(this.#puzzle) + 1]!));
    this.#verdict.append(this.#count, " ", this.#sentence);
    this.controls = this.#chooser.roots;
    const key = element(
      "div",
      { class: "mha-key" },
      element("span", { class: "mha-swatch" }, element("i", {}), "ring: should be looked at"),
      element("span", {}, "astray: the share of a row that should be elsewhere"),
    );
    this.#both.append(...this.#reports.map(({ root }) => root));
    this.body = [
      element(
        "div",
        { class: "mha-play" },
        this.#both,
        element("div", { class: "mha-told" }, this.#verdict, this.#next),
        this.#weights.root,
      ),
      this.#help.root,
      element("div", { class: "mha-keys" }, key, this.#legend.root),
    ];
  }

  pictures = (): Picture[] => {
    this.#both.style.position = "static"; // on a phone they follow the reader; a picture has them in their place
    queueMicrotask(() => (this.#both.style.position = ""));
    return [...this.#reports, this.#legend];
  };

  showValues(values: Values): void {
    const { puzzle, num_heads, w_q, w_k, solved } = values;
    this.#puzzle = puzzleOf(puzzle) ?? this.#puzzle;
    const lists = [w_q, w_k].map((list) => (Array.isArray(list) ? (list as number[]) : []));
    this.#chooser.show(this.#puzzle, names(solved));
    this.#weights.show(this.#puzzle, { num_heads: Number(num_heads), w_q: lists[0]!, w_k: lists[1]! });
  }

  draw(attempt: Attempt, values: Values, theme: Theme): void {
    const puzzle = puzzleOf(attempt.puzzle)!;
    this.#both.dataset["slots"] = String(puzzle.slots.length);
    this.#reports.forEach((report, slot) => {
      report.root.hidden = slot >= puzzle.slots.length;
      if (!report.root.hidden) report.show(puzzle, attempt, slot, theme);
    });
    const found = verdict(puzzle, attempt);
    this.#verdict.dataset["solved"] = String(attempt.solved);
    write(this.#count, count(attempt, found));
    write(this.#sentence, attempt.solved ? "" : found.sentence);
    const next = attempt.solved && PUZZLES.indexOf(puzzle) + 1 < PUZZLES.length;
    this.#next.style.visibility = next ? "visible" : "hidden"; // it keeps its place, so that nothing jumps
    this.#help.show(puzzle, attempt, found);
    const solved = names(values["solved"]);
    if (attempt.solved && !solved.has(puzzle.name))
      this.frame.set({ solved: [...solved, puzzle.name].join(" ") });
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
  }

  numbers(attempt: Attempt, values: Values): NumberTable[] {
    return tables(attempt, values as unknown as Setting);
  }

  say(attempt: Attempt): string {
    const puzzle = puzzleOf(attempt.puzzle)!;
    const found = verdict(puzzle, attempt);
    const said = `Puzzle ${puzzle.title}. ${count(attempt, found)}`;
    return attempt.solved ? `${said} ${puzzle.lesson}` : `${said} ${found.sentence}`;
  }

  code(attempt: Attempt, values: Values): string {
    return torchCode(attempt, values as unknown as Setting);
  }

  reset(): void {
    this.#left.clear();
  }

  /** Leave what was tried here, and go on with what was tried there. */
  #choose(puzzle: Puzzle): void {
    const { num_heads, w_q, w_k } = this.frame.latest() as unknown as Setting;
    this.#left.set(this.#puzzle.name, { num_heads, w_q, w_k });
    const fresh = { num_heads: puzzle.heads[0]!, w_q: [], w_k: [] };
    this.frame.set({ puzzle: puzzle.name, ...(this.#left.get(puzzle.name) ?? fresh) });
  }
}

function names(solved: unknown): Set<string> {
  return new Set(String(solved ?? "").split(" ").filter(Boolean)); // prettier-ignore
}

function count({ solved }: Attempt, { fit, rows, nearest }: ReturnType<typeof verdict>): string {
  if (solved) return `✓ Solved: all ${rows} rows fit.`;
  return `${fit} of ${rows} rows fit.${nearest ? " No way is known to come nearer with these heads: below is why." : ""}`;
}
