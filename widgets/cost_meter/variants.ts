import { bytesText, countText, exactText, flopsText, ratioText, type Meter } from "../core/index";
import { element, write } from "../draw/index";

const COLUMNS = ["parameters", "one more token", "cache a token", "cache in all"];
const NAMES = ["MHA", "GQA", "MQA", "MLA"] as const;

/** What the four ways to keep keys and values cost at the same sizes; the row of the settings stands out. */
export class Variants {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #rows = NAMES.map((name) => {
    const kind = element("span", { class: "mha-svg-text" });
    const cells = COLUMNS.map((_, i) =>
      element("td", { "data-number": `${name}-${i}`, class: "mha-svg-text" }),
    );
    const head = element("th", { scope: "row" }, element("b", { class: "mha-svg-text" }, name), " ", kind);
    return { name, kind, cells, root: element("tr", { "data-variant": name }, head, ...cells) };
  });

  constructor() {
    const heads = ["keys and values", ...COLUMNS].map((name) =>
      element("th", { scope: "col", class: "mha-svg-text" }, name),
    );
    const table = element(
      "table",
      { class: "mha-variants" },
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...this.#rows.map(({ root }) => root)),
    );
    this.root = element("section", {}, this.#title, table);
  }

  show(meter: Meter): void {
    const { variants, own, context, layers } = meter;
    const stacked = layers === 1 ? "one layer" : `${layers} layers`;
    write(this.#title, `Four ways to keep keys and values: ${stacked}, ${exactText(context)} tokens`);
    const whole = variants[0]!.cache; // MHA's
    for (const { name, kind, cells, root } of this.#rows) {
      const variant = variants.find((each) => each.name === name);
      if (root.hidden !== !variant) root.hidden = !variant;
      root.classList.toggle("mha-own", name === own);
      if (name === own) root.setAttribute("aria-current", "true");
      else root.removeAttribute("aria-current");
      if (!variant) continue;
      write(kind, sharing(variant.num_kv_heads, meter.num_heads));
      const share = ratioText(variant.cache, whole);
      const texts = [
        countText(variant.parameters),
        flopsText(variant.flops),
        bytesText(variant.cache),
        bytesText(variant.cache * context) + (share === "same" ? "" : ` (${share})`),
      ];
      texts.forEach((words, i) => write(cells[i]!, words));
    }
  }
}

function sharing(groups: number, heads: number): string {
  if (groups === 0) return "one latent vector";
  if (heads === 1) return "1 for 1 head";
  return groups === 1 ? "1 for all heads" : `${groups} for ${heads} heads`;
}
