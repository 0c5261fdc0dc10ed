import { BITS, divisors, exactText, headsOf, latentWidths, MODELS, MOST, sizesOf, type KnownModel, type Stack } from "../core/index"; // prettier-ignore
import { checkbox, element, field, select, write, type Control } from "../draw/index";
import type { Frame, Values } from "../frame/index";
import { Steps } from "./steps";

const HEAD_WIDTHS = [16, 32, 64, 128, 256];
const MOST_HEADS = 256; // on the slider; Python may ask for more
const CONTEXTS = Array.from({ length: 17 }, (_, i) => 2 ** (i + 4)); // 16 to a million
const OWN = "your own sizes";

const READ: Record<string, string> = {
  paper: "Sizes as read in the paper",
  configuration: "Sizes as read in a configuration file",
};

/** What the reader can set. */
export class Controls {
  readonly roots: readonly HTMLElement[];
  #model: Control;
  #source = element("p", { class: "mha-source" });
  #steps: { num_heads: Steps; num_kv_heads: Steps; context: Steps };
  #inputs: Record<string, Control>;
  #stack: Stack | null = null;
  #chosen = "";

  constructor({ cleanup, set }: Frame) {
    const whole = (text: string) => (text.trim() === "" ? NaN : Number(text));
    const names = MODELS.map(({ name }): [string, string] => [name, name]);
    this.#model = select(cleanup, "model", "A model's sizes", [["", OWN], ...names], (name) => {
      const model = MODELS.find((each) => each.name === name);
      this.#chosen = name;
      if (model) set({ ...sizesOf(model) });
    });
    const number = (name: "d_model" | "layers", label: string) =>
      field(cleanup, name, label, { type: "number", min: 1, max: MOST[name], step: 1 }, (text) =>
        set({ [name]: whole(text) }),
      );
    const widths: [string, string][] = [
      ["none", "fixed d_model"],
      ...HEAD_WIDTHS.map((width): [string, string] => [String(width), `fixed d_head = ${width}`]),
    ];
    this.#steps = {
      num_heads: new Steps(cleanup, "num_heads", "Heads", this.#heads, (count) =>
        set(this.#regrouped(count)),
      ),
      num_kv_heads: new Steps(cleanup, "num_kv_heads", "Key/value heads", this.#sharing, (count) =>
        set({ num_kv_heads: count === this.#stack?.num_heads ? null : count }),
      ),
      context: new Steps(
        cleanup,
        "context",
        "Context",
        (tokens) => `${exactText(tokens)} tokens`,
        (context) => set({ context }),
      ),
    };
    this.#inputs = {
      d_model: number("d_model", "Width d_model"),
      d_head: select(cleanup, "d_head", "Heads share or grow", widths, (width) =>
        set({ d_head: width === "none" ? null : Number(width) }),
      ),
      layers: number("layers", "Layers"),
      bits: select(
        cleanup,
        "bits",
        "Precision",
        [...BITS].reverse().map((bits) => [String(bits), `${bits} bits`]),
        (bits) => set({ bits: Number(bits) }),
      ),
      latent: checkbox(cleanup, "latent", "One latent vector instead (MLA)", (latent) => set({ latent })),
      bias: checkbox(cleanup, "bias", "Biases", (bias) => set({ bias })),
    };
    const { num_heads, num_kv_heads, context } = this.#steps;
    const { d_model, d_head, layers, bits, latent, bias } = this.#inputs;
    const row = (...controls: { root: HTMLElement }[]) =>
      element("div", { class: "mha-row" }, ...controls.map(({ root }) => root));
    this.roots = [
      row(num_heads, num_kv_heads, context),
      row(d_head!, d_model!, layers!, bits!),
      row(this.#model, latent!, bias!),
      this.#source,
    ];
  }

  show(values: Values): void {
    const stack = values as unknown as Stack;
    this.#stack = stack;
    const { num_heads, num_kv_heads, latent } = stack;
    const counts = divisors(within(stack.d_model, MOST.d_model)).filter((count) => count <= MOST_HEADS);
    this.#steps.num_heads.show(counts, num_heads);
    this.#steps.num_kv_heads.show(divisors(within(num_heads, MOST.num_heads)), num_kv_heads ?? num_heads);
    this.#steps.context.show(CONTEXTS, stack.context);
    for (const [name, input] of Object.entries(this.#inputs)) input.show(values[name] ?? "none");
    this.#steps.num_kv_heads.input.disabled = latent;
    this.#inputs["bias"]!.input.disabled = latent;
    const model = this.#matching(stack);
    this.#model.show(model?.name ?? "");
    const plain = model?.latent
      ? "without biases, and without the compression of the queries"
      : "without biases";
    const from = model && `${READ[model.read]}: ${model.source}. Counted ${plain}.`;
    write(this.#source, from || "Sizes of your own. Choose a model to start from.");
  }

  /** What a head count means: the width of each head and of all together. */
  #heads = (count: number): string => {
    if (!this.#stack) return "";
    const { d_model, d_head } = this.#stack;
    const own = d_head ?? d_model / count;
    return Number.isInteger(own) ? `${count} × ${own} = ${count * own} dimensions` : String(count);
  };

  #sharing = (groups: number): string => {
    if (!this.#stack) return "";
    if (this.#stack.latent) {
      const { d_latent, d_rotary } = latentWidths(headsOf(this.#stack).d_head);
      return `none: a vector of ${d_latent} + ${d_rotary}`;
    }
    const { num_heads } = this.#stack;
    if (groups === num_heads) return `${groups}, one for each head: MHA`;
    return groups === 1 ? "1 for all heads: MQA" : `${groups}, each for ${num_heads / groups} heads: GQA`;
  };

  /** Another head count; the groups stay if they still fit, or become fewer. */
  #regrouped(num_heads: number): Values {
    const groups = this.#stack?.num_kv_heads ?? null;
    if (groups === null || num_heads % groups === 0) return { num_heads };
    const fitting = divisors(num_heads).filter((count) => count <= groups);
    return { num_heads, num_kv_heads: fitting.at(-1)! };
  }

  /** The model of these sizes; of several, the one that was chosen. */
  #matching(stack: Stack): KnownModel | undefined {
    const same = MODELS.filter((model) =>
      Object.entries(sizesOf(model)).every(([name, value]) => stack[name as keyof Stack] === value),
    );
    return same.find(({ name }) => name === this.#chosen) ?? same[0];
  }
}

/** A size that a list can be made of, whatever a reader is typing. */
function within(size: number, most: number): number {
  return Number.isInteger(size) && size >= 1 && size <= most ? size : 1;
}
