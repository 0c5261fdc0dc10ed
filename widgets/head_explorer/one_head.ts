import { element, HeatMap, LinePicture, weights, write, type Cleanup, type Theme } from "../draw/index";
import type { Drawn } from "./answer";
import { wordAxes } from "./heads";

/** Which head, which word looks, which word is looked at. */
export interface Selection {
  head: number;
  query: number;
  key: number;
}

/** One head large: lines between words, and the heat map in which a cell is chosen by pointer or arrow keys. */
export class OneHead {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #lines: LinePicture;
  #map: HeatMap;
  #axes = "";
  #count = 1;
  #selection: Selection = { head: 0, query: 0, key: 0 };

  constructor(cleanup: Cleanup, choose: (change: Partial<Selection>) => void) {
    this.#lines = new LinePicture(cleanup);
    this.#map = new HeatMap({ labelWidth: 110, upright: true, mostCell: 40 }, cleanup);
    const hint = "Arrow keys move from cell to cell; the line below says what is there.";
    Object.assign(this.#map.root, { tabIndex: 0, title: "" });
    this.#map.root.setAttribute("role", "application");
    this.#map.root.setAttribute(
      "aria-label",
      `Attention weights, words that look by words looked at. ${hint}`,
    );
    this.#map.root.dataset["part"] = "cells";
    this.#lines.root.setAttribute("role", "img");
    this.root = element(
      "section",
      { class: "mha-one-head" },
      this.#title,
      element(
        "div",
        { class: "mha-pair" },
        element(
          "figure",
          {},
          element(
            "div",
            { class: "mha-sides" },
            element("span", {}, "looks"),
            element("span", {}, "is looked at"),
          ),
          this.#lines.root,
        ),
        element(
          "figure",
          {},
          element("div", { class: "mha-sides" }, element("span", {}, "rows look, columns are looked at")),
          this.#map.root,
        ),
      ),
    );
    cleanup.listen(this.#map.root, "pointermove", (event) => {
      const cell = this.#map.cellAt(event);
      if (cell) choose({ query: cell.row, key: cell.column });
    });
    cleanup.listen(this.#map.root, "pointerdown", (event) => {
      const cell = this.#map.cellAt(event);
      if (cell) choose({ query: cell.row, key: cell.column });
    });
    const overLines = (event: PointerEvent) => {
      const query = this.#lines.wordAt(event);
      if (query !== null) choose({ query });
    };
    cleanup.listen(this.#lines.root, "pointermove", overLines);
    cleanup.listen(this.#lines.root, "pointerdown", overLines);
    cleanup.listen(this.#map.root, "keydown", (event) => {
      const change = this.#moved(event.key);
      if (!change) return;
      event.preventDefault();
      choose(change);
    });
  }

  show(drawn: Drawn, selection: Selection, theme: Theme): void {
    const { tokens, scores } = drawn;
    this.#count = tokens.length;
    this.#selection = selection;
    const { head, query, key } = selection;
    const size = tokens.length ** 2;
    const attn = drawn.attn.subarray(head * size, (head + 1) * size);
    const axes = tokens.join("\u0000");
    if (axes !== this.#axes) {
      this.#axes = axes;
      this.#map.setAxes(wordAxes(tokens));
    }
    this.#map.paint(attn, weights[theme], [0, 1], (i) => scores[head * size + i] === -Infinity);
    this.#map.outline(query, key);
    this.#lines.show(tokens, attn, query);
    this.#lines.root.setAttribute(
      "aria-label",
      `Lines from each word to the words that head ${head} looks at`,
    );
    const role = drawn.roles?.[head];
    write(this.#title, `Head ${head}${role ? ` · ${role}` : ""}`);
  }

  pictures(): (HeatMap | LinePicture)[] {
    return [this.#lines, this.#map];
  }

  recolour(): void {
    this.#map.recolour();
    this.#lines.recolour();
  }

  #moved(pressed: string): Partial<Selection> | null {
    const { query, key } = this.#selection;
    const last = this.#count - 1;
    const within = (place: number) => Math.max(0, Math.min(last, place));
    switch (pressed) {
      case "ArrowUp":
        return { query: within(query - 1) };
      case "ArrowDown":
        return { query: within(query + 1) };
      case "ArrowLeft":
        return { key: within(key - 1) };
      case "ArrowRight":
        return { key: within(key + 1) };
      case "Home":
        return { key: 0 };
      case "End":
        return { key: last };
      default:
        return null;
    }
  }
}
