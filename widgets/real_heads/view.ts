import { decimals, element, Legend, weights, write, type NumberTable, type Theme } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { Analysis } from "./analysis";
import { received, sentenceOf, type Drawn } from "./answer";
import { MEASURE_LABELS, nameOf } from "./catalogue";
import { transformersCode } from "./code";
import { Controls } from "./controls";
import { describe, Grid } from "./grid";
import { tables } from "./numbers";
import { inWords, OneHead } from "./one_head";
import { Profile } from "./profile";
import { Roles } from "./roles";
import { within, type Selection } from "./selection";
import { Strip } from "./strip";

const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);
const MUCH = 0.3; // of its weight: from here on the sink is pointed out

/** The whole widget, drawn from plain values: it knows no model. */
export class View implements FramedView<Drawn> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #ask = element("p", { class: "mha-ask" });
  #strip: Strip;
  #roles: Roles;
  #legend = new Legend("weight");
  #count = element("h3", {});
  #grid: Grid;
  #profile: Profile;
  #pointed = element("p", { class: "mha-read" });
  #title = element("h3", { class: "mha-title" });
  #one: OneHead;
  #sink = element("p", { class: "mha-sink" });
  #precision = element("p", { class: "mha-read" });
  #analysis: Analysis | undefined;
  #answer: Drawn | undefined;

  constructor(frame: Frame) {
    const { cleanup, set } = frame;
    const controls = new Controls(frame);
    this.#controls = controls;
    this.#strip = new Strip(cleanup, (token) => set({ token, key: null }));
    this.#roles = new Roles(cleanup, ({ layer, head }) => set({ layer, head }));
    this.#grid = new Grid(
      cleanup,
      (head) => set({ ...head }),
      (index) => this.#point(index, frame.latest()),
    );
    this.#profile = new Profile(cleanup, (measure) => set({ measure, at_least: 0 }));
    this.#one = new OneHead(cleanup, set);
    this.controls = [
      element("div", { class: "mha-row mha-choice" }, controls.model.root, controls.sentence.root),
    ];
    const row = (...parts: { root: HTMLElement }[]) =>
      element("div", { class: "mha-row" }, ...parts.map(({ root }) => root));
    this.body = [
      element("section", { class: "mha-look" }, this.#ask, this.#strip.root),
      this.#roles.root,
      element(
        "div",
        { class: "mha-two" },
        element(
          "section",
          { class: "mha-all" },
          this.#count,
          row(controls.measure, controls.order, controls.at_least),
          this.#grid.root,
          this.#pointed,
          this.#legend.root,
          this.#profile.root,
        ),
        element(
          "section",
          { class: "mha-one" },
          this.#title,
          row(controls.layer, controls.head, controls.view),
          this.#one.root,
          element("div", { class: "mha-sink-note" }, this.#sink, controls.hide_sink.root),
          this.#precision,
        ),
      ),
    ];
  }

  pictures = (): Picture[] => [this.#grid, ...this.#one.pictures(), this.#legend];

  showValues(values: Values): void {
    this.#controls.show(values);
  }

  draw(answer: Drawn, values: Values, theme: Theme): void {
    const analysis = this.#analysisOf(answer);
    const { drawn } = analysis;
    const selection = within(drawn, values);
    const name = nameOf(selection.layer, selection.head);
    this.#grid.show(analysis, selection, theme);
    this.controls[0]!.hidden = drawn.model === null; // handed in: there is no sentence to choose
    this.#controls.showChoices(analysis, selection, this.#grid.kept);
    this.#roles.show(drawn.model, selection);
    this.#profile.show(analysis, selection);
    this.#one.show(analysis, selection, name, theme);
    this.#showStrip(analysis, selection, theme);
    this.#say(analysis, selection, values);
    this.#point(null, values);
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
    this.#grid.recolour();
    this.#one.recolour();
  }

  numbers(answer: Drawn, values: Values): NumberTable[] {
    const analysis = this.#analysisOf(answer);
    return tables(analysis, within(analysis.drawn, values));
  }

  say(answer: Drawn, values: Values): string {
    const analysis = this.#analysisOf(answer);
    const selection = within(analysis.drawn, values);
    const attn = analysis.attn(selection.index, selection.hide_sink);
    const { layer, head, token } = selection;
    return `Head ${nameOf(layer, head)}: ${inWords(analysis.drawn, attn, token, selection.key)}. ${this.#sink.textContent}`;
  }

  code(answer: Drawn, values: Values): string {
    const analysis = this.#analysisOf(answer);
    return transformersCode(analysis, within(analysis.drawn, values), sentenceOf(values["sentence"]));
  }

  /** What is worked out from an answer, once; from the kernel it comes as bytes. */
  #analysisOf(answer: Drawn): Analysis {
    if (answer !== this.#answer || !this.#analysis) {
      const drawn = received(answer);
      if ("error" in drawn) throw new Error(drawn.error);
      this.#answer = answer;
      this.#analysis = new Analysis(drawn);
    }
    return this.#analysis;
  }

  #showStrip(analysis: Analysis, { index, token, hide_sink }: Selection, theme: Theme): void {
    const { tokens } = analysis.drawn;
    const attn = analysis.attn(index, hide_sink);
    this.#strip.show(tokens, token, attn.subarray(token * tokens.length, (token + 1) * tokens.length), theme);
  }

  #say(analysis: Analysis, { index, layer, head, hide_sink }: Selection, values: Values): void {
    const { drawn, sink } = analysis;
    const share = analysis.sinkShare(index);
    const token = `“${drawn.tokens[sink]}”`;
    const percent = `${Math.round(100 * share)} %`;
    write(this.#ask, drawn.model === null ? "" : sentenceOf(values["sentence"]).ask);
    write(
      this.#count,
      `${drawn.layers.length * drawn.num_heads} heads: rows look, columns are looked at, click one to see it large`,
    );
    write(this.#title, `Head ${nameOf(layer, head)}: layer ${layer}, head ${head}, both counted from 0`);
    write(
      this.#sink,
      hide_sink
        ? `${token} is hidden: its column is taken out and each row is divided by what is left. These are not the model's weights: there it gets ${percent} of this head's.`
        : share >= MUCH
          ? `This head gives ${percent} of its weight to ${token}. That is a sink: each row has to sum to 1, so a head with nothing to say parks its weight there.`
          : `This head gives ${percent} of its weight to ${token}, where heads park what they have no use for.`,
    );
    this.#sink.classList.toggle("mha-much", !hide_sink && share >= MUCH);
    const { max_abs, max_tv } = drawn.loss;
    write(
      this.#precision,
      `Kept in one byte a weight: at most ${decimals(max_abs, 4)} off, and at most ${decimals(100 * max_tv, 1)} % of a row at a wrong token.`,
    );
  }

  /** Say what is under the pointer in the grid, or else which head is chosen. */
  #point(index: number | null, values: Values): void {
    if (!this.#analysis) return;
    const selection = within(this.#analysis.drawn, values);
    const label = MEASURE_LABELS[selection.measure];
    write(this.#pointed, describe(this.#analysis, index ?? selection.index, selection, label));
  }
}
