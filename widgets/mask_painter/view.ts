import { checkChoice, chosenMask, fitMask, writeMask, type MaskChoice, type Preset } from "../core/index";
import { decimals, element, HeatMap, Legend, weights, type NumberTable, type Theme } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { wordAxes } from "./axes";
import { torchCode } from "./code";
import { conventionCode } from "./conventions";
import { Controls } from "./controls";
import { maskLegend, PaintGrid, type Place } from "./grid";
import type { Drawn } from "./index";
import { tables } from "./numbers";
import { RowSection } from "./row_section";

const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);
const MOST_UNDO = 100;

/** The whole widget: the grid that is painted, the head before and after, the empty row, the two conventions. */
export class View implements FramedView<Drawn> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #grid: PaintGrid;
  #maps: Record<"before" | "after" | "wrong", { map: HeatMap; axes: string }>;
  #legend = new Legend("weight");
  #row: RowSection;
  #code = element("code", {});
  #title = element("h3", {});
  #undo: MaskChoice[] = [];
  #seq = 0;
  #drawn: Drawn | null = null;
  #now = "";
  #last: Uint8Array = new Uint8Array();
  #theme: Theme = "light";

  constructor(private readonly frame: Frame) {
    const { cleanup, set } = frame;
    this.#controls = new Controls(frame, {
      preset: (preset) => this.#change({ preset }),
      undo: () => this.#takeBack(),
      fillRow: (query, value) => this.#fillRow(query, value),
    });
    this.#grid = new PaintGrid(cleanup, {
      current: () => this.#current(),
      paint: (mask, first) => this.#paint(mask, first),
      move: (place) => set({ ...place }),
      undo: () => this.#takeBack(),
    });
    const map = () => ({
      map: new HeatMap({ labelWidth: 96, upright: true, mostCell: 40 }, cleanup),
      axes: "",
    });
    this.#maps = { before: map(), after: map(), wrong: map() };
    for (const { map } of Object.values(this.#maps)) {
      cleanup.listen(map.root, "pointerdown", (event) => {
        const cell = map.cellAt(event);
        if (cell) set({ query: cell.row, key: cell.column });
      });
    }
    this.#row = new RowSection(cleanup);
    this.controls = this.#controls.roots;
    this.body = this.#build();
  }

  pictures = (): Picture[] => [
    this.#grid.map,
    ...Object.values(this.#maps).map(({ map }) => map),
    ...this.#row.pictures(),
  ];

  showValues(values: Values): void {
    this.#controls.show(values);
    if (this.#seq) this.#grid.paint(this.#theme);
  }

  draw(drawn: Drawn, values: Values, theme: Theme): void {
    const { tokens, head, role, mask } = drawn;
    const place = within(drawn, values);
    this.#seq = tokens.length;
    this.#theme = theme;
    this.#controls.draw(drawn, place, this.#undo.length > 0);
    this.#grid.show(tokens, place, theme);
    const now = [place.query, place.key, theme, values["preset"], values["size"]].join();
    if (drawn === this.#drawn && now === this.#now) return; // a cell was painted whose numbers are on the way
    [this.#drawn, this.#now] = [drawn, now];
    const name = role ? `head ${head} · ${role}` : `head ${head}`;
    if (this.#title.textContent !== name) this.#title.textContent = name;
    const axes = tokens.join("\u0000");
    for (const which of ["before", "after", "wrong"] as const) {
      const own = this.#maps[which];
      if (own.axes !== axes) {
        own.axes = axes;
        own.map.setAxes(wordAxes(tokens));
      }
      const shut = which === "before" ? undefined : (i: number) => Boolean(mask[i]) === (which === "wrong");
      own.map.paint(drawn[which], weights[theme], [0, 1], shut);
      own.map.outline(place.query);
    }
    this.#row.show(drawn, place);
    const code = conventionCode(values["preset"] as Preset, Number(values["size"]), mask);
    if (this.#code.textContent !== code) this.#code.textContent = code;
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
    for (const { map } of Object.values(this.#maps)) map.recolour();
    this.#grid.map.recolour();
    this.#row.recolour();
  }

  numbers(drawn: Drawn, values: Values): NumberTable[] {
    return tables(drawn, within(drawn, values));
  }

  say(drawn: Drawn, values: Values): string {
    const { tokens, mask, after } = drawn;
    const { query, key } = within(drawn, values);
    const seq = tokens.length;
    const cell = query * seq + key;
    const open = Array.from({ length: seq }, (_, i) => Number(mask[query * seq + i]!)).reduce(
      (a, b) => a + b,
    );
    const may = mask[cell] ? "may" : "may not";
    return (
      `Mask ${values["preset"]}. ${tokens[query]} may look at ${open} of ${seq} words; ` +
      `it ${may} look at ${tokens[key]}, weight ${decimals(after[cell]!, 2)}.`
    );
  }

  code(drawn: Drawn, values: Values): string {
    return torchCode(drawn, values);
  }

  #build(): HTMLElement[] {
    const figure = (title: string, words: string, ...parts: HTMLElement[]) =>
      element(
        "figure",
        {},
        element("figcaption", {}, element("b", {}, title), element("span", {}, words)),
        ...parts,
      );
    const { before, after, wrong } = this.#maps;
    return [
      element("div", { class: "mha-keys" }, maskLegend(), this.#legend.root),
      this.#title,
      element(
        "div",
        { class: "mha-three" },
        figure("The mask", "Paint here: rows look, columns are looked at.", this.#grid.root),
        figure("Before the mask", "The head's attention when all may look.", before.map.root),
        figure(
          "After the mask",
          "The softmax over what is left: a row sums to 1, or to 0 where nothing is.",
          after.map.root,
        ),
      ),
      this.#row.root,
      element(
        "section",
        { class: "mha-two" },
        element(
          "div",
          {},
          element("h3", {}, "The same mask in torch's two conventions"),
          element(
            "pre",
            { class: "mha-code", tabindex: 0, role: "region", "aria-label": "The mask as torch code" },
            this.#code,
          ),
          element(
            "p",
            { class: "mha-note" },
            "Both calls take a mask of the same shape and type, so a mask that is the wrong way round raises no error.",
          ),
        ),
        figure(
          "Without the ~",
          "nn.MultiheadAttention takes True for “may not look”: each word attends to exactly what was forbidden.",
          wrong.map.root,
        ),
      ),
    ];
  }

  /** The mask as last set, for the words shown: a stroke must not wait for the numbers of the one before. */
  #current(): Uint8Array {
    const latest = this.#choice();
    if (checkChoice(latest) === null) this.#last = chosenMask(latest, this.#seq);
    return fitMask(this.#last, this.#seq); // a choice that cannot be leaves the last one that could
  }

  #choice(): MaskChoice {
    const { preset, size, mask } = this.frame.latest() as unknown as MaskChoice;
    return { preset, size, mask };
  }

  #paint(mask: Uint8Array, first: boolean): void {
    this.#change({ preset: "painted", mask: writeMask(mask) }, first);
    this.#grid.paint(this.#theme);
  }

  #fillRow(query: number, value: number): void {
    this.#paint(this.#current().fill(value, query * this.#seq, (query + 1) * this.#seq), true);
  }

  #change(change: Partial<MaskChoice>, undoable = true): void {
    const choice = this.#choice();
    if (undoable) this.#undo = [...this.#undo, choice].slice(-MOST_UNDO);
    // A block of no words cannot be: take the smallest one.
    this.frame.set(change.preset === "block" && !choice.size ? { ...change, size: 1 } : { ...change });
  }

  #takeBack(): void {
    const before = this.#undo.pop();
    if (before) this.frame.set({ ...before });
  }
}

/** A shorter sentence may leave the choice outside: the nearest word that is there. */
function within({ tokens }: Drawn, values: Values): Place {
  const place = (name: string) => Math.max(0, Math.min(Number(values[name]) || 0, tokens.length - 1));
  return { query: place("query"), key: place("key") };
}
