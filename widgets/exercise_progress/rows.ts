import type { Exercise, Standing } from "../core/exercise_progress";
import { element, write, type Cleanup } from "../draw/index";
import { help, SIGNS } from "./words";

interface Row {
  readonly exercise: Exercise;
  readonly root: HTMLElement;
  readonly title: HTMLAnchorElement;
  readonly sign: HTMLElement;
  readonly word: HTMLElement;
  readonly tick: HTMLInputElement;
  readonly ticking: HTMLElement;
  readonly points: HTMLElement;
  readonly help: HTMLElement;
}

interface Group {
  readonly body: HTMLElement;
  readonly chapter: string;
  readonly link: HTMLAnchorElement;
  readonly count: HTMLElement;
  readonly rows: Row[];
}

const HEADS = ["exercise", "status", "points"];

/** A row an exercise, grouped by chapter. */
export class Rows {
  readonly root: HTMLElement;
  #table = element("table", { class: "mha-exercises" });
  #none = element("p", { class: "mha-none" }, "No exercise is like that.");
  #groups: Group[] = [];

  constructor(
    private readonly cleanup: Cleanup,
    private readonly ticked: (name: string, on: boolean) => void,
  ) {
    this.root = element("div", {}, this.#table, this.#none);
  }

  build(exercises: readonly Exercise[]): void {
    const chapters = new Map(exercises.map((each) => [each.chapter, each.chapter_title]));
    this.#groups = [...chapters].map(([chapter, title]) => {
      const link = element("a", {}, title);
      const count = element("span", { class: "mha-count" });
      const rows = exercises.filter((each) => each.chapter === chapter).map((each) => this.#row(each));
      const head = element(
        "tr",
        {},
        element("th", { scope: "rowgroup", colspan: HEADS.length }, link, count),
      );
      const body = element("tbody", {}, head, ...rows.map(({ root }) => root));
      return { body, chapter, link, count, rows };
    });
    const heads = HEADS.map((name) => element("th", { scope: "col" }, name));
    this.#table.replaceChildren(
      element("caption", { class: "mha-visually-hidden" }, "Exercises by chapter"),
      element("thead", {}, element("tr", {}, ...heads)),
      ...this.#groups.map(({ body }) => body),
    );
  }

  /** `inBook`: on a page of the book, where names are links and a reader may tick. */
  show(exercises: readonly Exercise[], found: Standing, ticked: readonly string[], inBook: boolean): void {
    const place = new Map(exercises.map(({ name }, i) => [name, i]));
    for (const { body, chapter, link, count, rows } of this.#groups) {
      const own = rows.map(({ exercise }) => place.get(exercise.name)!);
      body.hidden = !own.some((i) => found.shown[i]);
      const done = own.filter((i) => found.states[i] === "right" || found.states[i] === "ticked").length;
      write(count, `${done} of ${rows.length} done`);
      lead(link, inBook ? `${chapter}.html` : null);
      rows.forEach((row, k) => this.#fill(row, own[k]!, found, ticked, inBook));
    }
    this.#none.hidden = found.shown.some(Boolean);
    this.#table.hidden = !this.#none.hidden;
  }

  #fill(row: Row, i: number, found: Standing, ticked: readonly string[], inBook: boolean): void {
    const state = found.states[i]!;
    row.root.hidden = !found.shown[i];
    row.root.dataset["state"] = state;
    row.root.dataset["next"] = String(row.exercise.name === found.next);
    lead(row.title, inBook ? `exercises.html#exercise-${row.exercise.name}` : null);
    write(row.sign, SIGNS[state]);
    write(row.word, state);
    row.ticking.hidden = !inBook || !(state === "ticked" || state === "not attempted");
    row.tick.checked = ticked.includes(row.exercise.name);
    write(row.points, `${found.points[i]} of ${found.out_of[i]}`);
    write(row.help, help(found.hints[i]!, found.solution[i]!));
  }

  #row(exercise: Exercise): Row {
    const { name, title, difficulty, rank, minutes } = exercise;
    const dots = element(
      "span",
      { "aria-hidden": "true" },
      "●".repeat(difficulty) + "○".repeat(3 - difficulty),
    );
    const link = element("a", {}, title);
    const [sign, word, points, asked] = ["mha-sign", "mha-word", "mha-points", "mha-help"].map((kind) =>
      element("span", { class: kind }),
    ) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
    sign.setAttribute("aria-hidden", "true");
    const tick = element("input", { type: "checkbox", name: "ticked", value: name });
    tick.setAttribute("aria-label", `done by hand: ${title}`);
    this.cleanup.listen(tick, "change", () => this.ticked(name, tick.checked));
    const ticking = element("label", { class: "mha-ticking" }, tick, "done by hand");
    const root = element(
      "tr",
      {},
      element(
        "th",
        { scope: "row" },
        link,
        element("small", {}, dots, ` ${rank}, `, element("span", {}, `${minutes} minutes`)),
      ),
      element("td", {}, element("span", { class: "mha-state" }, sign, " ", word), ticking),
      element("td", {}, points, asked),
    );
    return { exercise, root, title: link, sign, word, tick, ticking, points, help: asked };
  }
}

/** Where a link leads; without an address it is plain text. */
export function lead(link: HTMLAnchorElement, address: string | null): void {
  if (address === null) link.removeAttribute("href");
  else if (link.getAttribute("href") !== address) link.href = address;
}
