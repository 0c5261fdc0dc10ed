import { symbolWords } from "../core/index";
import { element, HeatMap, scientific, weights, write, type Cleanup, type Theme } from "../draw/index";
import type { Picture } from "../frame/index";
import type { Drawn, Shown } from "./answer";
import { ordinal } from "./phrases";

interface Card {
  readonly button: HTMLButtonElement;
  readonly name: HTMLElement;
  readonly map: HeatMap;
  readonly bar: HTMLElement;
  readonly worth: HTMLElement;
}

/** The heads: what each looks at, what it is worth, and its gate. A press switches it off or on. */
export class Cards {
  readonly root = element("div", {
    class: "mha-heads",
    role: "group",
    "aria-label": "Heads and their gates",
  });
  #cards: Card[] = [];
  #axes = "";

  constructor(
    private readonly cleanup: Cleanup,
    private readonly toggle: (head: number) => void,
  ) {}

  /** A head that is off is as pale in the saved picture as on the screen. */
  pictures(): Picture[] {
    return this.#cards
      .filter(({ button }) => !button.hidden)
      .map(({ button, map }) => ({
        root: map.root,
        svg: () => (button.ariaPressed === "true" ? map.svg() : `<g opacity="0.25">${map.svg()}</g>`),
      }));
  }

  show(drawn: Drawn, { order, off, after }: Shown, theme: Theme): void {
    const { num_heads, tokens } = drawn;
    this.#resize(drawn);
    // Only the last retraining is kept whole.
    const attn = after && after === drawn.retrained.at(-1) ? drawn.retrained_attn : drawn.attn;
    const all = Float32Array.from(attn);
    const size = tokens.length ** 2;
    const worth = worthOf(drawn, order === "gradient");
    const most = Math.max(...worth, 1e-12);
    const next = drawn.orders[order][off.length];
    for (let head = 0; head < num_heads; head++) {
      const { button, name, map, bar, worth: label } = this.#cards[head]!;
      const place = off.indexOf(head);
      const gate = place >= 0 ? `off, ${ordinal(place + 1)} to go` : head === next ? "on, next to go" : "on";
      write(name, `head ${head} · ${gate}`);
      button.setAttribute("aria-pressed", String(place < 0));
      map.paint(all.subarray(head * size, (head + 1) * size), weights[theme], [0, 1]);
      const width = `${Math.max(0, (100 * worth[head]!) / most).toFixed(1)}%`;
      if (bar.style.width !== width) bar.style.width = width;
      write(label, scientific(Math.abs(worth[head]!)).replace(/^/, worth[head]! < 0 ? "−" : ""));
    }
  }

  recolour(): void {
    for (const { map } of this.#cards) map.recolour();
  }

  /** Cards are kept and hidden rather than made anew. */
  #resize({ num_heads, task, tokens }: Drawn): void {
    while (this.#cards.length < num_heads) this.#add();
    const words = tokens.map((token) => symbolWords(task)[token]!);
    const axes = JSON.stringify([num_heads, words]);
    if (axes === this.#axes) return;
    this.#axes = axes;
    const columns = words.map((label, i) => ({ label, start: i, end: i + 1 }));
    const shared = { rows: words, columns, columnCount: words.length };
    this.#cards.forEach(({ button, map }, head) => {
      button.hidden = head >= num_heads;
      if (head < num_heads) map.setAxes(shared);
    });
    this.root.style.setProperty("--mha-columns", String(num_heads <= 2 ? num_heads : 4));
  }

  #add(): void {
    const head = this.#cards.length;
    const map = new HeatMap({ labelWidth: 60, upright: true, mostCell: 22, labels: "room" }, this.cleanup);
    const name = element("span", { class: "mha-tile-name" });
    const bar = element("i", {});
    const worth = element("span", { class: "mha-svg-text" });
    const button = element(
      "button",
      { type: "button", class: "mha-tile", name: "head", value: head },
      name,
      map.root,
      element("span", { class: "mha-worth" }, element("span", { class: "mha-track" }, bar), worth),
    );
    this.cleanup.listen(button, "click", () => this.toggle(head));
    this.#cards.push({ button, name, map, bar, worth });
    this.root.append(button);
  }
}

/** What each head is worth in nats: the slope of the loss at its gate, or what the loss gains without it alone. */
export function worthOf({ gradients, without, loss }: Drawn, slope: boolean): number[] {
  return slope ? Array.from(gradients) : Array.from(without, (other) => other - loss);
}
