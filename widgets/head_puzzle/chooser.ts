import { PUZZLES, type Puzzle } from "../core/puzzles";
import { element, write, type Cleanup } from "../draw/index";

/** The puzzles in a row, each ticked once it is solved, and what the chosen one asks for. */
export class Chooser {
  readonly roots: HTMLElement[];
  #buttons: HTMLButtonElement[];
  #title = element("h3", {});
  #task = element("p", { class: "mha-task mha-svg-text" });

  constructor(cleanup: Cleanup, choose: (puzzle: Puzzle) => void) {
    this.#buttons = PUZZLES.map((puzzle) => {
      const button = element("button", {
        type: "button",
        class: "mha-button",
        name: "puzzle",
        value: puzzle.name,
      });
      cleanup.listen(button, "click", () => choose(puzzle));
      return button;
    });
    this.roots = [
      element("div", { class: "mha-puzzles", role: "group", "aria-label": "Puzzles" }, ...this.#buttons),
      element("div", { class: "mha-asked" }, this.#title, this.#task),
    ];
  }

  show(chosen: Puzzle, solved: ReadonlySet<string>): void {
    PUZZLES.forEach(({ name, title }, i) => {
      const button = this.#buttons[i]!;
      const done = solved.has(name);
      write(button, done ? `${i + 1} ✓` : String(i + 1));
      button.setAttribute("aria-pressed", String(name === chosen.name));
      button.setAttribute("aria-label", `Puzzle ${i + 1}: ${title}${done ? ", solved" : ""}`);
      button.title = title;
    });
    write(this.#title, `${PUZZLES.indexOf(chosen) + 1}. ${chosen.title}`);
    write(this.#task, chosen.task);
  }
}
