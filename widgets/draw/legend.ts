import { element, write } from "./dom";
import { escapeXml, round, svgPen } from "./pen";
import { css, type Scale } from "./scales";

const STEPS = 24; // of the bar in a saved picture

/** A colour bar with its numbers: each tick has a place from 0 to 1 along the scale's steps of colour. */
export class Legend {
  readonly root: HTMLElement;
  #bar = element("span", { class: "mha-bar" });
  #ticks = element("span", { class: "mha-ticks" });
  #shown: [place: number, label: string][] = [];
  #scale: Scale | undefined;
  #colour: (place: number) => string = () => "";

  constructor(private readonly title: string) {
    this.root = element("div", { class: "mha-legend" }, element("span", {}, title));
    this.root.append(element("span", { class: "mha-scale" }, this.#bar, this.#ticks));
  }

  /** `at` maps a place along the bar to the scale's share: the bar is even in colour, not in value. */
  show(
    scale: Scale,
    ticks: [place: number, label: string][],
    at: (place: number) => number = (place) => place,
  ): void {
    this.#shown = ticks;
    this.#colour = (place) => css(scale, at(place));
    if (scale !== this.#scale) {
      this.#scale = scale;
      const stops = Array.from({ length: 13 }, (_, i) => `${this.#colour(i / 12)} ${(i / 12) * 100}%`);
      this.#bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    }
    while (this.#ticks.childElementCount < ticks.length) this.#ticks.append(element("span"));
    while (this.#ticks.childElementCount > ticks.length) this.#ticks.lastElementChild!.remove();
    ticks.forEach(([place, label], i) => {
      const tick = this.#ticks.children[i] as HTMLElement;
      const left = `${place * 100}%`;
      if (tick.style.left !== left) tick.style.left = left;
      write(tick, label);
    });
  }

  recolour(): void {} // the colours come with `show`

  /** The legend as SVG elements, its corner at 0, 0. */
  svg(): string {
    const outer = this.root.getBoundingClientRect();
    const bar = this.#bar.getBoundingClientRect();
    const [left, top] = [bar.left - outer.left, bar.top - outer.top];
    const colour = getComputedStyle(this.root).color;
    const parts = Array.from({ length: STEPS }, (_, i) => {
      const x = left + (i / STEPS) * bar.width;
      const fill = escapeXml(this.#colour((i + 0.5) / STEPS));
      return `<rect x="${round(x)}" y="${round(top)}" width="${round(bar.width / STEPS + 0.5)}" height="${round(bar.height)}" fill="${fill}"/>`;
    });
    const pen = svgPen(parts);
    pen.text(this.title, left - 22, top + bar.height / 2, { size: 13, colour, align: "right" });
    for (const [place, label] of this.#shown) {
      pen.text(label, left + place * bar.width, top + bar.height + 10, { size: 12, colour, align: "center" });
    }
    return parts.join("");
  }
}
