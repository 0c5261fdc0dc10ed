import {
  decimals,
  drawLate,
  element,
  HeatMap,
  largest,
  Legend,
  signed,
  watch,
  whenNear,
  write,
  type Cleanup,
  type MapOptions,
  type Theme,
} from "../draw/index";
import type { Drawn } from "./answer";
import { concatenate } from "./numbers";

const rowHeight = (rows: number) => Math.max(2, Math.min(16, 220 / rows));

/** What comes out: each head's own output, the concatenation, and the projected output. */
export class Outputs {
  readonly root: HTMLElement;
  #apart = element("div", { class: "mha-apart" });
  #heads: { name: HTMLElement; root: HTMLElement; map: HeatMap }[] = [];
  #concat: HeatMap;
  #output: HeatMap;
  #legend = new Legend("z");
  #outputLegend = new Legend("output");
  #axes = "";
  #drawn: Drawn | null = null;
  #read = element("p", { class: "mha-read" }, "Point at a cell to read its number.");

  constructor(private readonly cleanup: Cleanup) {
    const wide = { labelWidth: 110, upright: false, rowHeight };
    this.#concat = new HeatMap(wide, cleanup);
    this.#output = new HeatMap(wide, cleanup);
    const stage = (title: string, formula: (Node | string)[], picture: HTMLElement, ...more: HTMLElement[]) =>
      element(
        "figure",
        {},
        element("figcaption", {}, element("b", {}, title), element("span", {}, ...formula), ...more),
        picture,
      );
    this.root = element(
      "section",
      { class: "mha-outputs" },
      element("h3", {}, "What the heads write"),
      stage("1. Each head's output", ["z = attn · V"], this.#apart, this.#legend.root),
      stage("2. Concatenated", ["side by side, a row a word"], this.#concat.root),
      stage(
        "3. Projected",
        ["output = concat · W", element("sup", {}, "O")],
        this.#output.root,
        this.#outputLegend.root,
      ),
      this.#read,
    );
    watch(this, cleanup);
    this.#readOn(this.#concat, "concat", (drawn, row, column) => {
      const head = Math.floor(column / drawn.d_head);
      return drawn.z![(head * drawn.tokens.length + row) * drawn.d_head + (column % drawn.d_head)]!;
    });
    this.#readOn(
      this.#output,
      "output",
      (drawn, row, column) => drawn.output![row * drawn.d_model + column]!,
    );
  }

  show(drawn: Drawn, query: number, theme: Theme): void {
    this.root.hidden = !drawn.z || !drawn.output;
    if (!this.root.hidden) whenNear(this, "section", () => this.#draw(drawn, query, theme));
  }

  #draw(drawn: Drawn, query: number, theme: Theme): void {
    const { tokens, num_heads, d_head, d_model, z, output } = drawn;
    if (!z || !output) return;
    this.#drawn = drawn;
    const seq = tokens.length;
    this.#setAxes(drawn);
    const most = largest(z) || 1;
    for (let head = 0; head < num_heads; head++) {
      const own = z.subarray(head * seq * d_head, (head + 1) * seq * d_head);
      this.#heads[head]!.map.paint(own, signed[theme], [-most, most]);
      this.#heads[head]!.map.outline(query);
    }
    const concat = concatenate(z, seq, num_heads, d_head);
    this.#concat.paint(concat, signed[theme], [-most, most]);
    this.#concat.outline(query);
    const highest = largest(output) || 1;
    this.#output.paint(output.subarray(0, seq * d_model), signed[theme], [-highest, highest]);
    this.#output.outline(query);
    this.#legend.show(signed[theme], evenTicks(most));
    this.#outputLegend.show(signed[theme], evenTicks(highest));
  }

  pictures(): (HeatMap | Legend)[] {
    drawLate(this.root);
    return [...this.#maps, this.#concat, this.#output, this.#legend, this.#outputLegend];
  }

  recolour(): void {
    for (const map of [...this.#maps, this.#concat, this.#output]) map.recolour();
  }

  get #maps(): HeatMap[] {
    return this.#heads.map(({ map }) => map);
  }

  #setAxes({ tokens, num_heads, d_head, d_model }: Drawn): void {
    const axes = JSON.stringify([tokens, num_heads, d_head, d_model]);
    if (axes === this.#axes) return;
    this.#axes = axes;
    while (this.#heads.length < num_heads) {
      const options: MapOptions = { labelWidth: 0, upright: false, rowHeight, labels: "none" };
      const map = new HeatMap(options, this.cleanup);
      const name = element("span", { class: "mha-tile-name" });
      const root = element("div", {}, name, map.root);
      this.#heads.push({ name, root, map });
      this.#apart.append(root);
    }
    const name = (head: number) => (num_heads <= 8 ? `head ${head}` : String(head));
    const own = { rows: tokens, columns: [], columnCount: d_head };
    this.#heads.forEach((shown, head) => {
      shown.root.hidden = head >= num_heads;
      if (shown.root.hidden) return;
      write(shown.name, name(head));
      shown.map.setAxes(own);
    });
    const ranges = Array.from({ length: num_heads }, (_, head) => ({
      label: name(head),
      start: head * d_head,
      end: (head + 1) * d_head,
    }));
    this.#concat.setAxes({ rows: tokens, columns: ranges, columnCount: num_heads * d_head });
    const whole = [{ label: `${d_model} dimensions`, start: 0, end: d_model }];
    this.#output.setAxes({ rows: tokens, columns: whole, columnCount: d_model });
  }

  #readOn(map: HeatMap, name: string, value: (drawn: Drawn, row: number, column: number) => number): void {
    this.cleanup.listen(map.root, "pointermove", (event) => {
      const cell = map.cellAt(event);
      if (!cell || !this.#drawn) return;
      const number = decimals(value(this.#drawn, cell.row, cell.column), 3);
      this.#read.textContent = `${name}, ${this.#drawn.tokens[cell.row]}, dimension ${cell.column}: ${number}`;
    });
  }
}

function evenTicks(most: number): [number, string][] {
  return [
    [0, decimals(-most, 2)],
    [0.5, "0"],
    [1, decimals(most, 2)],
  ];
}
