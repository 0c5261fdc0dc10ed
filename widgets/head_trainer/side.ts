import { answerWords, served, symbolWords, TESTS } from "../core/index";
import { element, HeatMap, weights, write, type Cleanup, type Theme } from "../draw/index";
import type { Picture } from "../frame/index";
import { type Drawn, type RunShown } from "./answer";
import { count, LookUps } from "./look_ups";
import { heads, percent } from "./phrases";

const MOST_MAPS = 16; // more cannot be read

/** One of the two runs: how much of what is asked it gets right, and what its heads look at. */
export class Side {
  readonly top: HTMLElement;
  readonly bottom: HTMLElement;
  #title = element("b", {});
  #size = element("span", {});
  #number = element("output", { class: "mha-big" });
  #whole = element("p", { class: "mha-whole mha-svg-text" });
  #lookUps: LookUps;
  #serve: HeatMap;
  #serveTitle = element("h3", {});
  #title2 = element("h3", {});
  #maps: { root: HTMLElement; name: HTMLElement; map: HeatMap }[] = [];
  #grid = element("div", { class: "mha-tiles" });
  #axes = "";

  constructor(
    private readonly cleanup: Cleanup,
    prefix: string,
    private readonly choose: (query: number) => void,
  ) {
    this.#lookUps = new LookUps(cleanup, choose);
    this.#serve = new HeatMap(
      { labelWidth: 74, mostCell: 110, rowHeight: (rows) => (rows > 8 ? 16 : 22), upright: false },
      cleanup,
    );
    const caption = element("figcaption", {}, this.#title, this.#size);
    const score = element("div", { class: "mha-score" }, this.#number, this.#whole);
    this.top = element(
      "figure",
      { "data-run": prefix, class: "mha-side" },
      caption,
      score,
      this.#lookUps.root,
    );
    this.bottom = element(
      "section",
      { class: "mha-side", "data-run": prefix },
      this.#serveTitle,
      this.#serve.root,
      this.#title2,
      this.#grid,
    );
  }

  pictures(): Picture[] {
    return [
      this.#lookUps,
      this.#serve,
      ...this.#maps.filter(({ root }) => !root.hidden).map(({ map }) => map),
    ];
  }

  show(drawn: Drawn, run: RunShown, query: number, theme: Theme): void {
    const { num_heads, d_head, accuracy, said, attn } = run;
    const rows = answerWords(drawn.task, drawn.answers);
    const { right, asked } = count(drawn, said);
    write(this.#title, heads(num_heads));
    write(
      this.#size,
      `${num_heads} × ${d_head} = ${num_heads * d_head} dimensions, ${drawn.parameters.toLocaleString("en")} parameters`,
    );
    const share = accuracy ?? recent(run.accuracies) ?? right / asked;
    write(this.#number, percent(share));
    write(this.#whole, this.#says(run, rows.length));
    this.#lookUps.show(drawn, said, rows, query, heads(num_heads));

    const shown = Math.min(num_heads, MOST_MAPS);
    const names = Array.from({ length: shown }, (_, head) => `head ${head}`);
    const cut = shown < num_heads ? `, the first ${shown} of ${num_heads} heads` : "";
    write(this.#serveTitle, `Which look-ups each head serves: its weight on the answer’s place${cut}`);
    write(this.#title2, `Attention: rows look at columns${cut}`);
    const words = drawn.tokens.map((token) => symbolWords(drawn.task)[token]!);
    const axes = JSON.stringify([names, rows, words]);
    if (axes !== this.#axes) {
      this.#axes = axes;
      this.#serve.setAxes({
        rows: names,
        columns: rows.map((label, m) => ({ label, start: m, end: m + 1 })),
        columnCount: rows.length,
      });
      this.#resize(shown, words);
    }
    const scale = weights[theme];
    this.#serve.paint(served(drawn.task, drawn.tokens, drawn.targets, drawn.answers, attn), scale, [0, 1]);
    const size = words.length ** 2;
    const all = Float32Array.from(attn);
    for (let head = 0; head < shown; head++) {
      const { map, name } = this.#maps[head]!;
      map.paint(all.subarray(head * size, (head + 1) * size), scale, [0, 1]);
      map.outline(query < words.length ? query : null);
      write(name, names[head]!);
    }
  }

  recolour(): void {
    this.#lookUps.recolour();
    this.#serve.recolour();
    for (const { map } of this.#maps) map.recolour();
  }

  #says({ accuracy, all_right, accuracies }: RunShown, asked: number): string {
    const all = asked === 1 ? "it" : asked === 2 ? "both" : `all ${asked}`;
    if (accuracy !== null && all_right !== null)
      return `of the look-ups right on ${TESTS} new sequences; ${all} right at ${percent(all_right)} of the positions`;
    return accuracies.length
      ? "of the look-ups right in the last batches"
      : "of the look-ups below right, by chance";
  }

  /** Maps are kept and hidden rather than made anew. */
  #resize(shown: number, words: string[]): void {
    while (this.#maps.length < shown) {
      const map = new HeatMap({ labelWidth: 54, mostCell: 20, upright: true }, this.cleanup);
      const name = element("span", { class: "mha-tile-name" });
      const root = element("div", { class: "mha-tile" }, name, map.root);
      this.cleanup.listen(map.cells, "pointerdown", (event) => {
        const cell = map.cellAt(event);
        if (cell) this.choose(cell.row);
      });
      this.#maps.push({ root, name, map });
      this.#grid.append(root);
    }
    this.#maps.forEach(({ root, map }, head) => {
      root.hidden = head >= shown;
      if (head < shown)
        map.setAxes({
          rows: words,
          columns: words.map((label, i) => ({ label, start: i, end: i + 1 })),
          columnCount: words.length,
        });
    });
    this.#grid.style.setProperty(
      "--mha-columns",
      String(Math.min(4, Math.max(2, Math.ceil(shown / (shown > 3 ? 2 : 1))))),
    );
  }
}

/** The mean of the last few batches. */
function recent(values: ArrayLike<number>): number | null {
  const last = Array.from(values).slice(-8);
  return last.length ? last.reduce((sum, value) => sum + value, 0) / last.length : null;
}
