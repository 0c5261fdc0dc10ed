import type { Readings } from "../core/index";
import { element, largest, scientific, signed, write, type Theme } from "../draw/index";
import { Matrix, type Drawing } from "./matrix";
import { both } from "./parts";
import { Stage } from "./stage";
import type { Place } from "./steps";

type Choose = (change: Partial<Place>) => void;

interface Card {
  root: HTMLElement;
  stages: Stage[];
  verdict: HTMLElement;
}

/** Three readings side by side: one big matrix, a small one for each head, and x cut into slices first. */
export class Compare {
  readonly root: HTMLElement;
  #cards: Card[];

  constructor(private readonly choose: Choose) {
    const titles = [
      "Project with one big W",
      "Project with a small W for each head",
      "Cut x first: not what happens",
    ];
    this.#cards = titles.map((title, i) => this.#card(title, ["one", "sliced", "cut"][i]!));
    this.root = element(
      "section",
      { class: "mha-compare" },
      element("h3", {}, "Is the embedding split, or projected?"),
      element("div", { class: "mha-cards" }, ...this.#cards.map(({ root }) => root)),
    );
  }

  show(pass: Readings, matrix: string, place: Place, theme: Theme): void {
    const { d_model, d_head, num_heads } = pass;
    const name = matrix.toUpperCase();
    // The other steps have other results: of those the column may be too large here.
    const cell = { row: place.row, column: Math.min(place.column, d_model - 1) };
    const own = Math.floor(cell.column / d_head) * d_head;
    const range = (...all: Float32Array[]): [number, number] => {
      const most = Math.max(...all.map(largest)) || 1;
      return [-most, most];
    };
    const left = Matrix.labelWidth({ rows: pass.tokens });
    const results = range(pass.projected, pass.cut_first);
    const draw = (
      card: number,
      from: number,
      to: number,
      result: Float32Array,
      absent?: Drawing["absent"],
    ) => {
      const scale = signed[theme];
      const pieces = { band: d_head, apart: card > 0 };
      const seq = `seq ${pass.tokens.length}`;
      const common = { columns: d_model, scale, left };
      const x = {
        name: "x",
        shape: `${seq} × d_model ${d_model}`,
        rows: pass.tokens,
        values: pass.x,
        range: range(pass.x),
      };
      const w = { name: "W", above: name, shape: `d_model ${d_model} × head·d_head ${d_model}`, rows: d_model, values: pass.w, range: range(pass.w) }; // prettier-ignore
      const made = {
        name,
        shape: `${seq} × head·d_head ${d_model}`,
        rows: pass.tokens,
        values: result,
        range: results,
      };
      const drawings: Drawing[] = [
        {
          ...common,
          ...x,
          ...(card === 2 ? pieces : {}),
          row: [cell.row, from, to],
          pick: (row) => ({ row }),
        },
        { ...common, ...w, ...pieces, column: [cell.column, from, to], pick: (_, column) => ({ column }) },
        { ...common, ...made, ...pieces, cell: [cell.row, cell.column], pick: both },
      ];
      if (absent) drawings[1]!.absent = absent;
      return drawings;
    };
    const outside = (row: number, column: number) => Math.floor(row / d_head) !== Math.floor(column / d_head);
    const cards = [
      draw(0, 0, d_model, pass.projected),
      draw(1, 0, d_model, pass.sliced),
      draw(2, own, own + d_head, pass.cut_first, outside),
    ];
    // One size for all, so that the eye can go from card to card and down a column.
    const side = Math.min(...cards.flatMap((drawings, card) => drawings.map((drawing) => this.#cards[card]!.stages[0]!.fit([drawing])))); // prettier-ignore
    cards.forEach((drawings, card) => {
      drawings.forEach((drawing, i) => this.#cards[card]!.stages[i]!.show([drawing], theme, side));
    });

    const many = num_heads === 1 ? "1 matrix" : `${num_heads} matrices`;
    const [one, sliced, cut] = this.#cards.map(({ verdict }) => verdict) as [
      HTMLElement,
      HTMLElement,
      HTMLElement,
    ];
    write(
      one,
      `1 matrix, ${d_model} × ${d_model} = ${d_model ** 2} numbers. Each result sums ${d_model} products.`,
    );
    const size = `${many}, ${d_model} × ${d_head} each = ${d_model ** 2} numbers.`;
    write(
      sliced,
      `${size} Largest difference from one big W: ${scientific(pass.sliced_gap)}. The same numbers.`,
    );
    sliced.dataset["gap"] = String(pass.sliced_gap);
    const wrong =
      num_heads === 1
        ? "With one head there is nothing to cut."
        : "Another function: a head would see its own slice of x only.";
    write(
      cut,
      `${many}, ${d_head} × ${d_head} each = ${d_model * d_head} numbers. Largest difference from one big W: ` +
        `${scientific(pass.cut_gap)}, in the output: ${scientific(pass.output_gap)}. ${wrong}`,
    );
    cut.dataset["gap"] = String(pass.cut_gap);
    cut.dataset["outputGap"] = String(pass.output_gap);
  }

  pick(event: PointerEvent): void {
    for (const { stages } of this.#cards) {
      for (const stage of stages) {
        const place = stage.pick(event);
        if (place) return this.choose(place);
      }
    }
  }

  pictures() {
    return this.#cards.flatMap(({ stages }) => stages.flatMap((stage) => stage.pictures()));
  }

  #card(title: string, reading: string): Card {
    const stages = [new Stage(), new Stage(), new Stage()];
    const verdict = element("p", { class: "mha-verdict mha-svg-text", "data-reading": reading });
    const name = element("h4", { class: "mha-svg-text" }, title);
    const root = element(
      "article",
      { class: `mha-card mha-${reading}` },
      name,
      verdict,
      ...stages.map((stage) => stage.root),
    );
    return { root, stages, verdict };
  }
}
