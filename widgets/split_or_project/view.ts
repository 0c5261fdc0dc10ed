import type { Readings } from "../core/index";
import {
  element,
  Legend,
  scientific,
  select,
  signed,
  slider,
  weights,
  write,
  type Control,
  type NumberTable,
  type Theme,
} from "../draw/index";
import {
  LayerControls,
  type Frame,
  type Picture,
  type Values,
  type View as FramedView,
} from "../frame/index";
import { code } from "./code";
import { Compare } from "./compare";
import { layer } from "./layer";
import { Making } from "./making";
import { tables } from "./numbers";
import { Stage } from "./stage";
import { makeStep, STEPS, type Place, type Step } from "./steps";

const TICKS: [number, string][] = [
  [0, "−largest"],
  [0.5, "0"],
  [1, "largest"],
];
const WEIGHTS = [0, 0.25, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);
const WIDTHS = [4, 6, 8, 12, 16, 24];

/** The whole widget, drawn from plain values: it knows no model and does no arithmetic of attention. */
export class View implements FramedView<Readings> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #layer: LayerControls;
  #matrix: Control;
  #step: Control;
  #back: HTMLButtonElement;
  #next: HTMLButtonElement;
  #title = element("h3", {});
  #says = element("p", { class: "mha-says" });
  #legend = new Legend("number, each matrix on its own scale");
  #attnLegend = new Legend("attn");
  #stage = new Stage();
  #making = new Making();
  #compare: Compare;
  #place: Place = { row: 0, column: 0 };
  #size: Step["size"] = { rows: 1, columns: 1 };
  #redraw = () => {};

  constructor(frame: Frame) {
    const { cleanup, set } = frame;
    this.#layer = new LayerControls(frame, { widths: WIDTHS, mostHeads: 8, source: false });
    const names: [string, string][] = [
      ["q", "queries, Q"],
      ["k", "keys, K"],
      ["v", "values, V"],
    ];
    this.#matrix = select(cleanup, "matrix", "Follow", names, (matrix) => set({ matrix }));
    this.#layer.row.prepend(this.#matrix.root);
    const last = STEPS.length - 1;
    this.#step = slider(cleanup, "step", "Step", { min: 0, max: last }, (at) => `${at} of ${last}: ${STEPS[at] ?? ""}`, (at) =>
      set({ step: Number(at) }),
    ); // prettier-ignore
    const move = (by: number, label: string) => {
      const button = element("button", { type: "button", class: "mha-button" }, label);
      cleanup.listen(button, "click", () => set({ step: Math.max(0, Math.min(last, this.#at() + by)) }));
      return button;
    };
    this.#back = move(-1, "← Back");
    this.#next = move(1, "Next →");
    const steps = element("div", { class: "mha-steps" }, this.#back, this.#step.root, this.#next);
    this.#compare = new Compare((change) => set({ ...change }));
    const cells = element(
      "div",
      {
        class: "mha-cells-of-step",
        tabindex: 0,
        role: "application",
        "data-part": "cells",
        "aria-label":
          "The matrices of this step. Arrow keys choose a number of the result; below is the sum behind it.",
      },
      this.#stage.root,
      this.#making.root,
    );
    const point = (event: PointerEvent) => {
      const place = this.#stage.pick(event);
      if (place) set({ ...place });
      else this.#compare.pick(event);
    };
    for (const part of [cells, this.#compare.root]) {
      cleanup.listen(part, "pointermove", point);
      cleanup.listen(part, "pointerdown", point);
    }
    cleanup.listen(cells, "keydown", (event) => {
      const change = this.#moved(event.key);
      if (!change) return;
      event.preventDefault();
      set({ ...change });
    });
    const legends = element("div", { class: "mha-legends" }, this.#legend.root, this.#attnLegend.root);
    this.controls = this.#layer.roots;
    this.body = [
      steps,
      element("section", { class: "mha-one-step" }, this.#title, this.#says, legends, cells),
      this.#compare.root,
    ];
    const observer = new ResizeObserver(() => this.#redraw());
    observer.observe(cells);
    cleanup.add(() => observer.disconnect());
  }

  pictures = (): Picture[] => [
    ...this.#stage.pictures(),
    ...this.#making.pictures(),
    ...this.#compare.pictures(),
  ];

  showValues(values: Values): void {
    this.#layer.show({ ...values, d_head: null });
    this.#matrix.show(values["matrix"]);
    this.#step.show(values["step"]);
    this.#back.disabled = this.#at() <= 0;
    this.#next.disabled = this.#at() >= STEPS.length - 1;
  }

  draw(pass: Readings, values: Values, theme: Theme): void {
    const matrix = String(values["matrix"]);
    const { step, place, index } = chosen(pass, values, theme);
    this.#place = place;
    this.#size = step.size;
    write(this.#title, `Step ${index}: ${STEPS[index]!.replace("^O", "ᴼ")}`);
    this.#attnLegend.root.hidden = !step.parts.some(
      (part) => typeof part !== "string" && part.range[0] === 0,
    );
    write(this.#says, step.says.replace("^O", "ᴼ"));
    this.#redraw = () => {
      this.#stage.show(step.parts, theme);
      this.#making.show(step.sum, theme);
      this.#compare.show(pass, matrix, place, theme);
    };
    this.#redraw();
  }

  /** `draw`, which follows, draws the matrices anew. */
  recolour(theme: Theme): void {
    this.#legend.show(signed[theme], TICKS);
    this.#attnLegend.show(weights[theme], WEIGHTS, (place) => place * place);
  }

  numbers(pass: Readings, values: Values): NumberTable[] {
    return tables(pass, String(values["matrix"]), within(values["row"], pass.tokens.length));
  }

  say(pass: Readings, values: Values): string {
    const { step, index } = chosen(pass, values, "light");
    return (
      `Step ${index}, ${STEPS[index]}. ${step.sum.name} is ${step.sum.total.toFixed(3)}. A small matrix for each head differs ` +
      `from one big one by ${scientific(pass.sliced_gap)}; cutting x first differs by ${scientific(pass.cut_gap)}.`
    );
  }

  code(_: Readings, values: Values): string {
    return code(layer(values), String(values["matrix"]));
  }

  #at(): number {
    return Number(this.#step.input.value);
  }

  #moved(key: string): Partial<Place> | null {
    const { row, column } = this.#place;
    const { rows, columns } = this.#size;
    const to = {
      ArrowUp: { row: within(row - 1, rows) },
      ArrowDown: { row: within(row + 1, rows) },
      ArrowLeft: { column: within(column - 1, columns) },
      ArrowRight: { column: within(column + 1, columns) },
      Home: { column: 0 },
      End: { column: columns - 1 },
    }[key];
    return to ?? null;
  }
}

/** The step and the cell that are shown: of a smaller matrix the nearest cell that is there. */
function chosen(pass: Readings, values: Values, theme: Theme): { step: Step; place: Place; index: number } {
  const index = within(values["step"], STEPS.length);
  const matrix = String(values["matrix"]);
  const { rows, columns } = makeStep(pass, matrix, index, { row: 0, column: 0 }, theme).size;
  const place = { row: within(values["row"], rows), column: within(values["column"], columns) };
  return { step: makeStep(pass, matrix, index, place, theme), place, index };
}

function within(place: unknown, count: number): number {
  return Math.max(0, Math.min(Number(place) || 0, count - 1));
}
