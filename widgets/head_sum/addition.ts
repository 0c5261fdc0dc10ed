import { norm, parts, shares, type HeadSum } from "../core/index";
import { decimals, element, scientific, write, type Cleanup } from "../draw/index";
import { Bars } from "./bars";
import { Gate } from "./gate";

type Choose = (change: { query?: number; dimension?: number }) => void;

interface Row {
  root: HTMLElement;
  name: HTMLElement;
  bars: Bars;
  read: HTMLElement;
}

/** One word's output as a column addition: a strip for each head, the rule, the output, and what a gate changed. */
export class Addition {
  readonly root: HTMLElement;
  #title = element("h3", {});
  #rows = element("div", {
    class: "mha-addition",
    tabindex: 0,
    role: "application",
    "data-part": "addition",
  });
  #heads: (Row & { gate: Gate })[] = [];
  #bias: Row;
  #output: Row;
  #reference: Row;
  #change: Row;
  #gap = element("b", { "data-number": "gap" });
  /** What the check says more of a layer with a bias, and of tensors handed in, whose output is at gates 1. */
  #more = [element("span", {}), element("span", {})] as const;
  #changeGap = element("b", { "data-number": "change_gap" });
  #place = { query: 0, dimension: 0, words: 1, width: 1 };

  constructor(
    private readonly cleanup: Cleanup,
    private readonly setGate: (head: number, gate: number) => void,
    setGates: (gates: number[]) => void,
    private readonly choose: Choose,
  ) {
    this.#bias = this.#row("bias, which has no gate", "+");
    this.#output = this.#row("output", "=");
    this.#reference = this.#row("output, all gates 1", "");
    this.#change = this.#row("change", "");
    this.#output.root.classList.add("mha-result");
    this.#rows.setAttribute(
      "aria-label",
      "What each head adds, a bar a dimension. Left and right choose a dimension, up and down a word.",
    );
    const check = element(
      "p",
      { class: "mha-note" },
      "Check over all words: the layer computes the output as concat · W",
      element("sup", {}, "O"),
      this.#more[0],
      "; the sum of the strips",
      this.#more[1],
      " is at most ",
      this.#gap,
      " away from it. The change is the sum of (gate − 1) × what the head adds, to within ",
      this.#changeGap,
      ". Numbers of 32 bits round that much.",
    );
    this.#rows.append(
      element(
        "div",
        { class: "mha-term mha-heading", "aria-hidden": "true" },
        element("span", { class: "mha-name mha-svg-text" }, "what each head adds"),
        element("span", { class: "mha-gate mha-svg-text" }, "gate"),
        element("span", { class: "mha-bars mha-svg-text" }, "a bar for each dimension, pale: at gate 1"),
        element("span", { class: "mha-length mha-svg-text" }, "length · share"),
      ),
      this.#bias.root,
      this.#output.root,
      this.#reference.root,
      this.#change.root,
    );
    const all = (label: string, set: () => void) => {
      const button = element("button", { type: "button", class: "mha-button" }, label);
      cleanup.listen(button, "click", set);
      return button;
    };
    const buttons = element(
      "div",
      { class: "mha-buttons" },
      all("All gates 1", () => setGates([])),
      all("All off", () => setGates(this.#heads.map(() => 0))),
    );
    const top = element("div", { class: "mha-top" }, this.#title, buttons);
    this.root = element("section", {}, top, this.#rows, check);
    cleanup.listen(this.#rows, "keydown", (event) => {
      if (event.target === this.#rows && this.#move(event.key)) event.preventDefault();
    });
  }

  show(sum: HeadSum, query: number, dimension: number): void {
    const { tokens, num_heads, d_model, contributions, gates, bias } = sum;
    this.#place = { query, dimension, words: tokens.length, width: d_model };
    this.#resize(num_heads);
    const vectors = num_heads + Number(bias !== undefined);
    const title = `The output at “${tokens[query]}” = ${vectors === 1 ? "what one head adds" : `${vectors} vectors, added`}`;
    if (this.#title.textContent !== title) this.#title.textContent = title;
    const at = (tensor: Float32Array, row: number) => tensor.subarray(row * d_model, (row + 1) * d_model);
    const output = at(sum.output, query);
    const reference = at(sum.reference, query);
    const added = parts(sum, query);
    const full = Array.from(gates, (_, head) => at(contributions, head * tokens.length + query));
    // The strips at gate 1 count, too: then a gate that is closed leaves the scale of the others alone.
    const most = [...added, ...full, output, reference].reduce((top, vector) => Math.max(top, ...vector.map(Math.abs)), 0) || 1; // prettier-ignore
    const share = shares(sum, query);
    const read = (i: number) => {
      const percent = Number.isFinite(share[i]) ? ` · ${decimals(share[i]! * 100, 0)} %` : "";
      return `${decimals(norm(added[i]!), 2)}${percent}`;
    };
    full.forEach((vector, head) => {
      const row = this.#heads[head]!;
      const role = sum.roles?.[head];
      // A gate from Python need not be one of the four buttons.
      const factor = [0, 0.5, 1, 2].includes(gates[head]!) ? "" : ` × ${signed(gates[head]!)}`;
      write(row.name, `head ${head}${factor}${role ? ` · ${role}` : ""}`);
      row.gate.show(gates[head]!);
      row.root.classList.toggle("mha-off", gates[head] === 0);
      this.#fill(row, added[head]!, gates[head] === 1 ? [] : vector, most, read(head));
    });
    if (this.#bias.root.hidden !== !bias) this.#bias.root.hidden = !bias;
    write(this.#more[0], bias ? " + bias" : "");
    write(this.#more[1], sum.made ? " at gates 1" : "");
    if (bias) this.#fill(this.#bias, bias, [], most, read(num_heads));
    const change = output.map((value, i) => value - reference[i]!);
    this.#fill(this.#output, output, [], most, decimals(norm(output), 2));
    this.#fill(this.#reference, reference, [], most, decimals(norm(reference), 2));
    write(this.#change.name, this.#cause(gates));
    this.#fill(this.#change, change, [], most, decimals(norm(change), 2));
    for (const [place, value] of [
      [this.#gap, sum.gap],
      [this.#changeGap, sum.change_gap],
    ] as const) {
      // prettier-ignore
      write(place, scientific(value));
      place.dataset["value"] = String(value);
    }
  }

  pictures(): Bars[] {
    return this.#all().map(({ bars }) => bars);
  }

  recolour(): void {
    for (const { bars } of this.#all()) bars.recolour();
  }

  #all(): Row[] {
    return [...this.#heads, this.#bias, this.#output, this.#reference, this.#change];
  }

  #fill(row: Row, values: Float32Array, ghost: ArrayLike<number>, most: number, read: string): void {
    row.bars.show(values, most, this.#place.dimension, ghost);
    write(row.read, read);
  }

  #row(name: string, sign: string, ...control: HTMLElement[]): Row {
    const bars = new Bars(this.cleanup);
    const label = element("span", { class: "mha-name mha-svg-text" }, name);
    const read = element("span", { class: "mha-length mha-svg-text" });
    const operator = element("span", { class: "mha-sign mha-svg-text", "aria-hidden": "true" }, sign);
    const root = element("div", { class: "mha-term" }, operator, label, ...control, bars.root, read);
    const point = (event: PointerEvent) => {
      const dimension = bars.columnAt(event);
      if (dimension !== null) this.choose({ dimension });
    };
    this.cleanup.listen(bars.root, "pointermove", point);
    this.cleanup.listen(bars.root, "pointerdown", point);
    return { root, name: label, bars, read };
  }

  /** Rows are kept and hidden rather than made anew: moving the head count must stay cheap. */
  #resize(count: number): void {
    while (this.#heads.length < count) {
      const head = this.#heads.length;
      const gate = new Gate(this.cleanup, head, (value) => this.setGate(head, value));
      const row = this.#row("", head === 0 ? "" : "+", gate.root);
      this.#heads.push({ ...row, gate });
      this.#bias.root.before(row.root);
    }
    this.#heads.forEach(({ root }, head) => {
      if (root.hidden !== head >= count) root.hidden = head >= count;
    });
    const height = `${Math.max(24, Math.min(38, Math.round(360 / (count + 3))))}px`;
    if (this.#rows.style.getPropertyValue("--mha-strip") !== height) {
      this.#rows.style.setProperty("--mha-strip", height);
    }
  }

  /** Where one gate alone has moved, the change is that head's part, times a number. */
  #cause(gates: Float32Array): string {
    const moved = [...gates.keys()].filter((head) => gates[head] !== 1);
    if (moved.length !== 1) return "change";
    return `change = ${signed(gates[moved[0]!]! - 1)} × head ${moved[0]}`;
  }

  #move(key: string): boolean {
    const { query, dimension, words, width } = this.#place;
    const within = (place: number, count: number) => Math.max(0, Math.min(count - 1, place));
    const change = {
      ArrowLeft: { dimension: within(dimension - 1, width) },
      ArrowRight: { dimension: within(dimension + 1, width) },
      ArrowUp: { query: within(query - 1, words) },
      ArrowDown: { query: within(query + 1, words) },
      Home: { dimension: 0 },
      End: { dimension: width - 1 },
    }[key];
    if (change) this.choose(change);
    return change !== undefined;
  }
}

function signed(factor: number): string {
  return String(Math.round(factor * 1000) / 1000).replace("-", "−");
}
