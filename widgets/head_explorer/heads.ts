import { element, HeatMap, weights, write, type Cleanup, type MapOptions, type Theme } from "../draw/index";
import type { Drawn } from "./answer";

const SMALL: MapOptions = { labelWidth: 72, upright: true, mostCell: 26, labels: "room" };

/** All heads' patterns side by side; each is a button that shows its head large. */
export class Heads {
  readonly root = element("div", {
    class: "mha-heads",
    role: "group",
    "aria-label": "Attention of every head",
  });
  #tiles: { button: HTMLElement; name: HTMLElement; map: HeatMap; words: string }[] = [];
  #shown = 0;

  constructor(
    private readonly cleanup: Cleanup,
    /** Null: the tiles are pictures, not buttons. */
    private readonly choose: ((head: number) => void) | null,
  ) {}

  show(drawn: Pick<Drawn, "tokens" | "num_heads" | "roles" | "attn" | "scores">, theme: Theme): void {
    const { tokens, num_heads, attn, scores } = drawn;
    const size = tokens.length ** 2;
    this.#resize(num_heads);
    const words = tokens.join("\u0000");
    const axes = wordAxes(tokens);
    const hidden = scores.includes(-Infinity) || undefined; // most often nothing is, and no cell needs a look
    for (let head = 0; head < num_heads; head++) {
      const tile = this.#tiles[head]!;
      if (tile.words !== words) {
        tile.words = words;
        tile.map.setAxes(axes);
      }
      const role = drawn.roles?.[head];
      const name = role ? `head ${head} · ${role}` : `head ${head}`;
      write(tile.name, name);
      const from = head * size;
      const masked = hidden && ((i: number) => scores[from + i] === -Infinity);
      tile.map.paint(attn.subarray(from, from + size), weights[theme], [0, 1], masked);
    }
  }

  select(head: number): void {
    this.#tiles.forEach(({ button }, i) => button.setAttribute("aria-pressed", String(i === head)));
  }

  pictures(): HeatMap[] {
    return this.#tiles.map(({ map }) => map);
  }

  recolour(): void {
    for (const { map } of this.#tiles) map.recolour();
  }

  /** Tiles are kept and hidden rather than made anew: moving the head count must stay cheap. */
  #resize(count: number): void {
    while (this.#tiles.length < count) {
      const head = this.#tiles.length;
      const map = new HeatMap(SMALL, this.cleanup);
      const name = element("span", { class: "mha-tile-name" });
      const button = this.choose
        ? element("button", { type: "button", class: "mha-tile", name: "head", value: head }, name, map.root)
        : element("div", { class: "mha-tile" }, name, map.root);
      if (this.choose) this.cleanup.listen(button, "click", () => this.choose!(head));
      this.#tiles.push({ button, name, map, words: "" });
      this.root.append(button);
    }
    if (count === this.#shown) return;
    this.#shown = count;
    this.#tiles.forEach(({ button }, i) => (button.hidden = i >= count));
    this.root.style.setProperty(
      "--mha-columns",
      String(count <= 4 ? count : count <= 8 ? 4 : count <= 12 ? 6 : 8),
    );
  }
}

export function wordAxes(tokens: string[]) {
  const columns = tokens.map((label, i) => ({ label, start: i, end: i + 1 }));
  return { rows: tokens, columns, columnCount: tokens.length };
}
