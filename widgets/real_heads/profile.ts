import { MEASURES, rankOf, type Measure } from "../core/head_measures";
import { decimals, element, write, type Cleanup } from "../draw/index";
import type { Analysis } from "./analysis";
import { MEASURE_LABELS, nameOf } from "./catalogue";
import type { Selection } from "./selection";

const AFTER = 150; // ms: when the picture is on the screen
const LONG = 48; // tokens: from here on `far`, a second look at every weight, is worked out only when it is chosen

/** Every measure of the chosen head, and its place among all heads; a click shows that measure under all of them. */
export class Profile {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #rows: Row[];
  #analysis: Analysis | null = null;
  #late = 0;

  constructor(cleanup: Cleanup, choose: (measure: Measure) => void) {
    this.#rows = MEASURES.map((name) => new Row(cleanup, name, choose));
    this.root = element(
      "div",
      { class: "mha-profile", role: "group", "aria-label": "Measures of the chosen head" },
      this.#title,
      ...this.#rows.map(({ root }) => root),
    );
    cleanup.add(() => clearTimeout(this.#late));
  }

  /** Of new weights the measures are worked out after the picture is on the screen. */
  show(analysis: Analysis, selection: Selection): void {
    clearTimeout(this.#late);
    const { layers, num_heads } = analysis.drawn;
    write(
      this.#title,
      `Head ${nameOf(selection.layer, selection.head)} among the ${layers.length * num_heads}`,
    );
    if (analysis === this.#analysis) return this.#write(analysis, selection);
    this.root.ariaBusy = "true";
    this.#late = window.setTimeout(() => {
      this.#analysis = analysis;
      this.#write(analysis, selection);
    }, AFTER);
  }

  #write(analysis: Analysis, { index, hide_sink, measure }: Selection): void {
    const { measures } = analysis.seen(hide_sink);
    const { tokens } = analysis.drawn;
    this.root.ariaBusy = null;
    for (const row of this.#rows) {
      const wanted = row.name !== "far" || measure === "far" || tokens.length < LONG;
      const values = wanted ? measures[row.name] : null;
      const value = values?.[index] ?? NaN;
      const rank = values ? rankOf(values, index) : 0;
      row.show(value, values ? largest(values) : 0, rank, row.name === measure);
    }
  }
}

class Row {
  readonly root: HTMLButtonElement;
  #fill = element("span", { class: "mha-profile-fill" });
  #value = element("span", { class: "mha-profile-value" });
  #rank = element("span", { class: "mha-profile-value" });

  constructor(
    cleanup: Cleanup,
    readonly name: Measure,
    choose: (measure: Measure) => void,
  ) {
    this.root = element(
      "button",
      { type: "button", name: "measure", value: name, class: "mha-profile-row" },
      element("span", {}, MEASURE_LABELS[name]),
      element("span", { class: "mha-profile-bar", "aria-hidden": "true" }, this.#fill),
      this.#value,
      this.#rank,
    );
    cleanup.listen(this.root, "click", () => choose(name));
  }

  show(value: number, most: number, rank: number, chosen: boolean): void {
    const none = Number.isNaN(value);
    write(this.#value, none ? "none" : decimals(value, 2));
    write(this.#rank, none ? "" : `no. ${rank}`);
    const width = none || most <= 0 ? "0" : `${Math.round((100 * value) / most)}%`;
    if (this.#fill.style.width !== width) this.#fill.style.width = width;
    const pressed = String(chosen);
    if (this.root.getAttribute("aria-pressed") !== pressed) this.root.setAttribute("aria-pressed", pressed);
  }
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  return most;
}
