import { MEASURES } from "../core/head_measures";
import { checkbox, decimals, element, select, slider, type Control } from "../draw/index";
import type { Frame, Values } from "../frame/index";
import type { Analysis } from "./analysis";
import { MEASURE_LABELS, MODELS, SENTENCES } from "./catalogue";
import type { Selection } from "./selection";

/** What the reader can set, each control named by its trait. The view puts them where they act. */
export class Controls {
  readonly model: Control;
  readonly sentence: Control;
  readonly measure: Control;
  readonly order: Control;
  readonly at_least: Control;
  readonly layer: Control;
  readonly head: Control;
  readonly hide_sink: Control;
  readonly view: Control;
  #kept = "";

  constructor({ cleanup, set }: Frame) {
    const models = Object.entries(MODELS).map(([name, { label }]): [string, string] => [name, label]);
    const sentences = SENTENCES.map(({ name, about, text }): [string, string] => [name, `${about}: ${text}`]);
    // The place of a word is another one in another sentence, and with another tokenizer.
    this.model = select(cleanup, "model", "Model", models, (model) => set({ model, token: null, key: null }));
    this.sentence = select(cleanup, "sentence", "Sentence", sentences, (sentence) =>
      set({ sentence, token: null, key: null }),
    );
    const measures = MEASURES.map((name): [string, string] => [name, MEASURE_LABELS[name]]);
    this.measure = select(cleanup, "measure", "Bars show", measures, (measure) =>
      set({ measure, at_least: 0 }),
    );
    const orders: [string, string][] = [
      ["model", "by layer and head"],
      ["highest", "highest bar first"],
      ["lowest", "lowest bar first"],
    ];
    this.order = select(cleanup, "order", "Order of heads", orders, (order) => set({ order }));
    this.at_least = slider(
      cleanup,
      "at_least",
      "Only bars of at least",
      { min: 0, max: 1 },
      () => this.#kept,
      (value) => set({ at_least: Number(value) }),
    );
    this.at_least.input.setAttribute("step", "any");
    this.layer = select(cleanup, "layer", "Layer", [], (layer) => set({ layer: Number(layer) }));
    this.head = select(cleanup, "head", "Head", [], (head) => set({ head: Number(head) }));
    this.hide_sink = checkbox(cleanup, "hide_sink", "Hide the sink", (hide_sink) => set({ hide_sink }));
    const views: [string, string][] = [
      ["lines", "lines"],
      ["matrix", "matrix"],
      ["both", "both"],
    ];
    this.view = select(cleanup, "view", "Shown as", views, (view) => set({ view }));
  }

  show(values: Values): void {
    for (const name of ["model", "sentence", "measure", "order", "hide_sink", "view"] as const)
      this[name].show(values[name]);
  }

  /** What there is to choose from; `kept` heads of all pass the filter. */
  showChoices(
    analysis: Analysis,
    { layer, head, hide_sink, measure, at_least }: Selection,
    kept: number,
  ): void {
    const { layers, num_heads } = analysis.drawn;
    offer(this.layer, layers);
    offer(this.head, [...Array(num_heads).keys()]);
    this.layer.show(layer);
    this.head.show(head);
    const values = [...analysis.seen(hide_sink).measures[measure]].filter((value) => !Number.isNaN(value));
    const most = Math.max(...values, 0) || 1;
    const step = 10 ** Math.floor(Math.log10(most) - 1.3);
    const input = this.at_least.input as HTMLInputElement;
    const limits = { step: String(step), max: String(Math.ceil(most / step) * step) };
    for (const name of ["step", "max"] as const) if (input[name] !== limits[name]) input[name] = limits[name];
    this.#kept =
      at_least === 0
        ? `all ${layers.length * num_heads} heads`
        : `${decimals(at_least, 2)}: ${kept} of ${layers.length * num_heads} heads`;
    this.at_least.show(at_least);
  }
}

const offered = new WeakMap<Control, string>();

/** Numbers as the options of a select. */
function offer(control: Control, numbers: readonly number[]): void {
  const wanted = numbers.join();
  if (offered.get(control) === wanted) return;
  offered.set(control, wanted);
  const options = numbers.map((number) => element("option", { value: number }, String(number)));
  control.input.replaceChildren(...options);
}
