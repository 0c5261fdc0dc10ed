import { answerWords, symbolWords, type TrainerSettings } from "../core/index";
import {
  element,
  Legend,
  select,
  weights,
  write,
  type Control,
  type NumberTable,
  type Theme,
} from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { runsOf, type Drawn, type RunShown } from "./answer";
import { Buttons } from "./buttons";
import { code } from "./code";
import type { Command } from "./command";
import { Controls } from "./controls";
import { Curves, type Curve } from "./curves";
import { tables } from "./numbers";
import { heads, percent, wordOf } from "./phrases";
import { Prediction } from "./prediction";
import { Side } from "./side";

const RULES: Record<string, string> = {
  juggling:
    "The task: symbols stand around a circle, and every position has to report the next {k} of them, each in an answer " +
    "of its own. Where to look never changes; what is found there does.",
  binding:
    "The task: at the verb, report who did it (agent) and to whom (patient). “bites” has its agent before it, “bitten " +
    "by” after it; the other words are there to be looked past.",
  near_far:
    "The task: every word reports the one just before it and the first one of its sentence, which begins after a " +
    "silence (·) of any length.",
};
const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);

/** Two models of one size, trained on the same sequences: one head on the left, several on the right. */
export class View implements FramedView<Drawn> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #buttons: Buttons;
  #rule = element("p", { class: "mha-rule" });
  #prediction: Prediction;
  #sides: [Side, Side];
  #reading = element("p", { class: "mha-reading" });
  #curves: Curves;
  #curve: Control;
  #legend = new Legend("weight");
  #open: HTMLButtonElement;
  #place = { query: 0, asked: [0] };
  #orders = 0;
  #beat: number | undefined;

  constructor(private readonly frame: Frame) {
    const { cleanup, set } = frame;
    const choose = (query: number) => set({ query });
    this.#controls = new Controls(cleanup, set);
    this.#buttons = new Buttons(cleanup, (command) => this.#order(command));
    this.#prediction = new Prediction(cleanup, set);
    this.#sides = [new Side(cleanup, "one", choose), new Side(cleanup, "many", choose)];
    this.#curves = new Curves(cleanup);
    const curves: [string, string][] = [
      ["accuracy", "look-ups right"],
      ["loss", "loss"],
    ];
    this.#curve = select(cleanup, "curve", "Curve", curves, (curve) => set({ curve }));
    this.#open = element("button", { type: "button", class: "mha-button", name: "open" }, "Open these heads");
    cleanup.listen(this.#open, "click", () => this.#order("open"));
    this.controls = [...this.#controls.roots, this.#buttons.root];
    const [one, many] = this.#sides;
    const tops = element(
      "div",
      { class: "mha-pair", tabindex: 0, role: "group", "data-part": "positions" },
      one.top,
      many.top,
    );
    tops.setAttribute("aria-label", "What each model answers. Left and right choose a position.");
    cleanup.listen(tops, "keydown", (event) => {
      if (event.target === tops && this.#move(event.key)) event.preventDefault();
    });
    const curveTop = element(
      "div",
      { class: "mha-top" },
      element("h3", {}, "As they learn"),
      this.#curve.root,
    );
    this.body = [
      this.#rule,
      this.#prediction.root,
      tops,
      key(),
      this.#reading,
      element("section", { class: "mha-growth" }, curveTop, this.#curves.root),
      element("div", { class: "mha-top" }, this.#legend.root, this.#open),
      element("div", { class: "mha-pair" }, one.bottom, many.bottom),
    ];
  }

  pictures = (): Picture[] => [this.#curves, this.#legend, ...this.#sides.flatMap((side) => side.pictures())];

  showValues(values: Values): void {
    this.#controls.show(values);
    this.#curve.show(values["curve"]);
    this.#prediction.showValue(values["prediction"]);
  }

  draw(drawn: Drawn, values: Values, theme: Theme): void {
    const steps = Number(values["steps"]);
    const asked = drawn.tokens.map((_, t) => t).filter((t) => drawn.targets[t * drawn.answers]! >= 0);
    const wanted = Number(values["query"]) || 0;
    const query = asked.find((t) => t >= wanted) ?? asked.at(-1)!; // the nearest one that has something to report
    this.#place = { query, asked };
    const runs = runsOf(drawn);
    write(this.#rule, RULES[drawn.task]!.replace("{k}", drawn.answers === 1 ? "one" : String(drawn.answers)));
    this.#buttons.show(drawn, steps);
    this.#prediction.show(drawn, values["prediction"], steps);
    runs.forEach((run, i) => this.#sides[i]!.show(drawn, run, query, theme));
    write(this.#reading, reading(drawn, runs, query));
    this.#curves.show(runs, values["curve"] as Curve, steps, drawn.classes);
    this.#open.hidden = !drawn.linked;
    if (drawn.beat !== undefined && drawn.beat !== this.#beat) this.frame.set({ _seen: drawn.beat });
    this.#beat = drawn.beat;
    write(this.#open, `Open ${heads(runs[1].num_heads)} in the explorer`);
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
    this.#curves.recolour();
    for (const side of this.#sides) side.recolour();
  }

  numbers(drawn: Drawn): NumberTable[] {
    return tables(drawn);
  }

  say(drawn: Drawn): string {
    const says = runsOf(drawn).map(({ num_heads, steps, accuracy, accuracies }) => {
      const share = accuracy ?? accuracies[accuracies.length - 1];
      return `${heads(num_heads)} at step ${steps}${share === undefined ? "" : `: ${percent(share)} of the look-ups right`}`;
    });
    return `${says.join("; ")}. ${drawn.note}`;
  }

  code(drawn: Drawn, values: Values): string {
    return code(drawn, values as unknown as TrainerSettings);
  }

  reset(): void {
    this.#order("restart");
  }

  #order(command: Command[0]): void {
    this.frame.set({ _command: [command, ++this.#orders, Math.random()] });
  }

  #move(key: string): boolean {
    const { query, asked } = this.#place;
    const at = asked.indexOf(query);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: asked.length - 1 }[key];
    if (to === undefined) return false;
    this.frame.set({ query: asked[Math.max(0, Math.min(asked.length - 1, to))]! });
    return true;
  }
}

/** What both models say at one position. */
function reading(drawn: Drawn, runs: readonly RunShown[], query: number): string {
  const words = symbolWords(drawn.task);
  const rows = answerWords(drawn.task, drawn.answers);
  const at = `Position ${query} (${words[drawn.tokens[query]!]})`;
  const places = rows.map((_, m) => query * drawn.answers + m);
  const wanted = places.map((place, m) => `${rows[m]} ${words[drawn.targets[place]!]}`).join(", ");
  const says = runs.map(({ num_heads, said }) => {
    const given = places.map((place) => wordOf(words, said[place]!)).join(" ");
    return `${heads(num_heads)} ${num_heads === 1 ? "says" : "say"} ${given}`;
  });
  return `${at}, wanted: ${wanted}. ${says.join("; ")}.`;
}

/** The looks of a look-up in words. */
function key(): HTMLElement {
  const entry = (look: string, words: string) =>
    element("span", { class: "mha-swatch" }, element("i", { "data-look": look }), words);
  return element(
    "div",
    { class: "mha-key" },
    entry("right", "right answer"),
    entry("wrong", "wrong answer, crossed"),
    element("span", {}, "– nothing asked"),
    entry("chosen", "chosen position"),
  );
}
