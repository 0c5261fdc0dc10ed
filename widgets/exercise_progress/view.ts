import { STATES, type Exercise } from "../core/exercise_progress";
import { element, select, write, type NumberTable } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import type { Answer } from "./index";
import { tables } from "./numbers";
import { Path } from "./path";
import { lead, Rows } from "./rows";
import { Source } from "./source";
import { many, sum } from "./words";

/** How far a reader is: a sentence, a picture of all exercises, and the table. */
export class View implements FramedView<Answer> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #source: Source;
  #status;
  #chapter;
  #done = element("b", { class: "mha-done mha-svg-text" });
  #left = element("span", { class: "mha-left mha-svg-text" });
  #before = element("span", {}, "");
  #next = element("a", {});
  #after = element("span", {});
  #path = new Path();
  #rows: Rows;
  #built = "";
  #exercises: readonly Exercise[] = [];

  constructor(private readonly frame: Frame) {
    const { cleanup, set } = frame;
    const states = ["all", "left", ...STATES].map((state): [string, string] => [
      state,
      state === "left" ? "left to do" : state,
    ]);
    this.#status = select(cleanup, "status", "Show", states, (status) => set({ status }));
    this.#chapter = select(cleanup, "chapter", "Chapter", [], (chapter) => set({ chapter }));
    this.#source = new Source(
      cleanup,
      (opened) => set({ opened }),
      () => set({ status: frame.latest()["status"] }), // asks again, for the same
    );
    this.#rows = new Rows(cleanup, (name, on) => this.#tick(name, on));
    const filters = element("div", { class: "mha-row" }, this.#status.root, this.#chapter.root);
    this.controls = [element("div", { class: "mha-set" }, filters, this.#source.root), this.#source.message];
    const line = element("p", { class: "mha-next mha-svg-text" }, this.#before, this.#next, this.#after);
    const head = element("div", { class: "mha-head" }, this.#done, this.#left, line);
    this.body = [head, this.#path.root, this.#rows.root];
  }

  pictures = (): Picture[] => [this.#path];
  recolour(): void {} // the colours are those of the page

  showValues({ exercises, status, chapter, opened }: Values): void {
    this.#build(exercises as Exercise[]);
    this.#status.show(status);
    this.#chapter.show(chapter);
    this.#source.show(Object.keys(opened as object).length > 0, !this.#inBook);
  }

  draw(found: Answer, { ticked }: Values): void {
    const next = this.#exercises.find(({ name }) => name === found.next);
    write(this.#done, `${found.done} of ${found.total} done`);
    write(this.#left, left(found));
    write(this.#before, next ? "Next: " : "Nothing is left to do.");
    write(this.#next, next?.title ?? "");
    lead(this.#next, next && this.#inBook ? `exercises.html#exercise-${next.name}` : null);
    const where = next && !this.#inBook ? `, in ${next.notebook}` : "";
    write(this.#after, next ? `, ${next.minutes} minutes, ${next.rank}${where}.` : "");
    this.#path.show(this.#exercises, found);
    this.#rows.show(this.#exercises, found, String(ticked).split(" "), this.#inBook);
  }

  numbers(found: Answer): NumberTable[] {
    return tables(this.#exercises, found);
  }

  say(found: Answer): string {
    const next = this.#exercises.find(({ name }) => name === found.next);
    const told = `${found.done} of ${many(found.total, "exercise")} done, ${left(found)}.`;
    return next ? `${told} Next: ${next.title}.` : told;
  }

  reset(): void {
    this.#source.clear();
  }

  /** Whether this is a page of the book, where the exercises have a place to lead to. */
  get #inBook(): boolean {
    return this.body[0]!.closest("[data-place]") !== null;
  }

  /** Make tiles and rows; they stay the same elements until other exercises come. */
  #build(exercises: readonly Exercise[]): void {
    const now = JSON.stringify(exercises);
    if (now === this.#built) return;
    this.#built = now;
    this.#exercises = exercises;
    this.#path.build(exercises);
    this.#rows.build(exercises);
    const chapters = new Map(exercises.map((each) => [each.chapter, each.chapter_title]));
    this.#chapter.input.replaceChildren(
      ...[["all", "all chapters"], ...chapters].map(([value, text]) => element("option", { value: value! }, text!)), // prettier-ignore
    );
  }

  #tick(name: string, on: boolean): void {
    const names = String(this.frame.latest()["ticked"])
      .split(" ")
      .filter((each) => each !== "" && each !== name);
    this.frame.set({ ticked: [...names, ...(on ? [name] : [])].join(" ") });
  }
}

function left({ minutes_left, points, out_of }: Answer): string {
  return `${many(minutes_left, "minute")} left, ${sum(points)} of ${sum(out_of)} points`;
}
