import { leastKnown, type Attempt, type Verdict } from "../core/head_puzzle";
import { PUZZLES, whyNot, type Puzzle, type Setting } from "../core/puzzles";
import { decimals, element, write, type Cleanup } from "../draw/index";

const HINTS = Math.max(...PUZZLES.map(({ hints }) => hints.length));

/** What helps on: whether it can be done at all, the hints one after the other, and what to remember in the end. */
export class Help {
  readonly root: HTMLElement;
  #lesson = element("p", { class: "mha-lesson", hidden: true });
  #possible = element("details", { class: "mha-possible" });
  #question = element("summary", {});
  #reason = element("p", {});
  #known = element("p", {});
  #show: HTMLButtonElement;
  #hints: { root: HTMLDetailsElement; text: HTMLElement }[];
  #puzzle: Puzzle | undefined;
  #heads = 0;

  constructor(cleanup: Cleanup, tryIt: (setting: Setting) => void) {
    this.#show = element("button", { type: "button", class: "mha-button", name: "nearest" }, "Show me that");
    cleanup.listen(this.#show, "click", () => {
      if (this.#puzzle?.nearest) tryIt(this.#puzzle.nearest);
    });
    this.#possible.append(this.#question, this.#reason, this.#known, this.#show);
    this.#hints = Array.from({ length: HINTS }, (_, i) => {
      const text = element("p", {});
      const root = element(
        "details",
        { class: "mha-hint" },
        element("summary", {}, `Hint ${i + 1} of ${HINTS}`),
        text,
      );
      return { root, text };
    });
    this.#hints.forEach(({ root }, i) => {
      const next = () => {
        const after = this.#hints[i + 1];
        if (root.open && after) after.root.hidden = false;
      };
      root.addEventListener("toggle", next);
      cleanup.add(() => root.removeEventListener("toggle", next));
    });
    const hints = this.#hints.map(({ root }) => root);
    this.root = element("section", { class: "mha-help" }, this.#lesson, this.#possible, ...hints);
  }

  show(puzzle: Puzzle, { num_heads, solved }: Attempt, { nearest }: Verdict): void {
    if (puzzle !== this.#puzzle) this.#start(puzzle);
    if (puzzle !== this.#puzzle || num_heads !== this.#heads) this.#weigh(puzzle, num_heads);
    [this.#puzzle, this.#heads] = [puzzle, num_heads];
    if (nearest) this.#possible.open = true;
    this.#lesson.hidden = !solved;
    write(this.#lesson, puzzle.lesson);
  }

  /** Another puzzle: its hints, all closed, and only the first one in sight. */
  #start({ hints }: Puzzle): void {
    this.#possible.open = false;
    this.#hints.forEach(({ root, text }, i) => {
      root.open = false;
      root.hidden = i > 0;
      write(text, hints[i] ?? "");
    });
  }

  #weigh(puzzle: Puzzle, num_heads: number): void {
    const { width, heads, nearest } = puzzle;
    const layer = num_heads === 1 ? `one head of width ${width}` : `two heads of width ${width / 2}`;
    const reason = whyNot(puzzle, num_heads);
    const best = leastKnown(puzzle, num_heads);
    this.#possible.hidden = heads.length < 2;
    write(this.#question, `Can ${layer} do it?`);
    write(this.#reason, reason ? `No. ${reason.sentence}` : "Yes: go on.");
    this.#known.hidden = this.#show.hidden = !reason || nearest?.num_heads !== num_heads;
    write(
      this.#known,
      `The best setting that a search has found leaves ${decimals(best, 2)} astray in its worst row.`,
    );
  }
}
