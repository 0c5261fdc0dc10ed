import { decimals, element, HeatMap, largest, Legend, signed, type Cleanup, type Theme } from "../draw/index";
import type { Drawn } from "./answer";
import { concatenate } from "./numbers";

const rowHeight = (rows: number) => Math.max(2, Math.min(16, 220 / rows));

/** What comes out: each head's own output, the concatenation, and the projected output. */
export class Outputs {
  readonly root: HTMLElement;
  #apart = element("div", { class: "mha-apart" });
  #heads: HeatMap[] = [];
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
    const { tokens, num_heads, d_head, d_model, z, output } = drawn;
    this.root.hidden = !z || !output;
    if (!z || !output) return;
    this.#drawn = drawn;
    const seq = tokens.length;
    this.#setAxes(drawn);
    const most = largest(z) || 1;
    for (let head = 0; head < num_heads; head++) {
      const own = z.subarray(head * seq * d_head, (head + 1) * seq * d_head);
      this.#heads[head]!.paint(own, signed[theme], [-most, most]);
      this.#heads[head]!.outline(query);
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
    return [...this.#heads, this.#concat, this.#output, this.#legend, this.#outputLegend];
  }

  recolour(): void {
    for (const map of [...this.#heads, this.#concat, this.#output]) map.recolour();
  }

  #setAxes({ tokens, num_heads, d_head, d_model }: Drawn): void {
    const axes = JSON.stringify([tokens, num_heads, d_head, d_model]);
    if (axes === this.#axes) return;
    this.#axes = axes;
    while (this.#heads.length < num_heads) {
      const map = new HeatMap({ labelWidth: 0, upright: false, rowHeight }, this.cleanup);
      this.#heads.push(map);
      this.#apart.append(map.root);
    }
    const name = (head: number) => (num_heads <= 8 ? `head ${head}` : String(head));
    const blank = tokens.map(() => "");
    this.#heads.forEach((map, head) => {
      map.root.hidden = head >= num_heads;
      if (map.root.hidden) return;
      const columns = [{ label: name(head), start: 0, end: d_head }];
      map.setAxes({ rows: blank, columns, columnCount: d_head });
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
