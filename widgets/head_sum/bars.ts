import { canvasPen, element, svgPen, type Cleanup, type Pen } from "../draw/index";

/** A vector as bars, up for positive and down for negative; all strips of one sum share scale and columns. */
export class Bars {
  readonly root = element("canvas", { class: "mha-bars", "data-picture": "bars", "aria-hidden": "true" });
  #values: ArrayLike<number> = [];
  #ghost: ArrayLike<number> = [];
  #most = 1;
  #chosen = 0;
  #size = { width: 0, height: 0 };
  #colours: Record<"up" | "down" | "surface" | "mark" | "strong-line", string> | null = null;

  constructor(cleanup: Cleanup) {
    // Asked for once: reading sizes and colours between drawings would make the browser lay out each time.
    const observer = new ResizeObserver(() => {
      this.#size = { width: this.root.clientWidth, height: this.root.clientHeight };
      this.#redraw();
    });
    observer.observe(this.root);
    cleanup.add(() => observer.disconnect());
  }

  /** A bar of size `most` fills its half; the column `chosen` is marked; `ghost` stands pale behind the bars. */
  show(values: ArrayLike<number>, most: number, chosen: number, ghost: ArrayLike<number> = []): void {
    this.#values = values;
    this.#ghost = ghost;
    this.#most = most;
    this.#chosen = chosen;
    this.#redraw();
  }

  /** The column under a pointer, or null beside the strip. */
  columnAt(event: { clientX: number }): number | null {
    const box = this.root.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.#values.length);
    return column >= 0 && column < this.#values.length ? column : null;
  }

  /** Draw in the colours of a theme that has changed. */
  recolour(): void {
    this.#colours = null;
    this.#redraw();
  }

  svg(): string {
    const parts: string[] = [];
    this.#draw(svgPen(parts), this.#size.width, this.#size.height);
    return parts.join("");
  }

  #redraw(): void {
    const { width, height } = this.#size;
    if (width && height) this.#draw(canvasPen(this.root, width, height), width, height);
  }

  #draw(pen: Pen, width: number, height: number): void {
    const { up, down, surface, mark, "strong-line": line } = (this.#colours ??= this.#readColours());
    const step = width / this.#values.length;
    const middle = height / 2;
    const gap = step > 4 ? 1 : 0;
    pen.box(0, 0, width, height, { colour: surface });
    pen.box(this.#chosen * step, 0, step, height, { colour: mark, opacity: 0.18 });
    const bar = (value: number, i: number, opacity: number) => {
      const size = (value / this.#most) * (middle - 1);
      pen.box(i * step, middle, step - gap, -size, { colour: size > 0 ? up : down, opacity });
    };
    for (let i = 0; i < this.#ghost.length; i++) bar(this.#ghost[i]!, i, 0.25);
    for (let i = 0; i < this.#values.length; i++) bar(this.#values[i]!, i, 1);
    const baseline: [number, number][] = [
      [0, middle],
      [width, middle],
    ];
    pen.line(baseline, { colour: line, width: 1 });
    // At both edges, so that the mark can be followed through all strips.
    for (const x of [this.#chosen * step, (this.#chosen + 1) * step - gap]) {
      const edge: [number, number][] = [
        [x, 0],
        [x, height],
      ];
      pen.line(edge, { colour: mark, width: 1 });
    }
  }

  #readColours() {
    const style = getComputedStyle(this.root);
    const read = (name: string) => style.getPropertyValue(`--mha-${name}`);
    return {
      up: read("up"),
      down: read("down"),
      surface: read("surface"),
      mark: read("mark"),
      "strong-line": read("strong-line"),
    };
  }
}
