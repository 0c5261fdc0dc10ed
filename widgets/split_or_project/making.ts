import { decimals, element, largest, signed, write, type Theme } from "../draw/index";
import { Stage } from "./stage";
import type { Sum } from "./steps";

const LABEL = 132; // px, room for the name of a row
const MOST_TERMS = 16; // written out; of a longer sum only the first ones

/** The sum that made the chosen number: a row, a column, their products, and what they add up to. */
export class Making {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #stage = new Stage();
  #sum = element("p", { class: "mha-sum" });

  constructor() {
    this.root = element("section", { class: "mha-making" }, this.#title, this.#stage.root, this.#sum);
  }

  show({ name, left, right, total, after }: Sum, theme: Theme): void {
    const whole = decimals(total, 3);
    this.#sum.dataset["value"] = String(total);
    this.#stage.root.hidden = !left || !right;
    if (!left || !right) {
      write(this.#title, "The chosen number");
      write(this.#sum, `${name}: ${whole}`);
      return;
    }
    write(this.#title, `The sum behind ${name}`);
    const product = Array.from(left.values, (value, i) => value * right.values[i]!);
    // Each row has its own range: a product of two small numbers would vanish beside them.
    const share = (values: ArrayLike<number>) => largest(values) || 1;
    const rows = [left.values, right.values, product];
    const most = Math.max(...rows.map(share));
    this.#stage.show(
      [
        {
          name: "row × column",
          shape: `${product.length} products`,
          rows: [left.name, `× ${right.name}`, "= product"],
          left: LABEL,
          columns: product.length,
          values: rows.flatMap((values) => Array.from(values)),
          scale: signed[theme],
          range: [-most, most],
        },
      ],
      theme,
    );
    const written = product.slice(0, MOST_TERMS).map((value, i) => {
      const size = decimals(Math.abs(value), 3);
      return i === 0 ? decimals(value, 3) : `${value < 0 ? "−" : "+"} ${size}`;
    });
    const rest = product.length > MOST_TERMS ? ` + … (${product.length - MOST_TERMS} more)` : "";
    write(this.#sum, `${written.join(" ")}${rest} = ${whole}${after ?? ""}`);
  }

  pictures() {
    return this.#stage.root.hidden ? [] : this.#stage.pictures();
  }
}
