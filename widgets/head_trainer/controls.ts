import { headCounts, JUGGLING_LENGTH, taskOf, TASKS } from "../core/index";
import { checkbox, element, field, select, slider, type Cleanup, type Control } from "../draw/index";
import type { Values } from "../frame/index";

const NAMES: Record<string, string> = {
  juggling: "juggling",
  binding: "binding",
  near_far: "near and far",
};
/** Heads that do well on each task: a new task starts with them. */
const ENOUGH: Record<string, number> = { juggling: 8, binding: 2, near_far: 2 };
const STEPS = [100, 200, 300, 500, 1000, 2000];
const RATES = [0.0003, 0.001, 0.003, 0.01, 0.03];

/** What the reader sets before training, each control named by its trait. */
export class Controls {
  readonly roots: readonly HTMLElement[];
  #inputs: Record<string, Control>;

  constructor(cleanup: Cleanup, set: (change: Values) => void) {
    const options = (values: readonly number[]) =>
      values.map((value): [string, string] => [String(value), String(value)]);
    const whole = (text: string) => (text.trim() === "" ? NaN : Number(text));
    this.#inputs = {
      task: select(
        cleanup,
        "task",
        "Task",
        TASKS.map((name) => [name, NAMES[name]!]),
        (task) => set({ task, num_heads: ENOUGH[task]! }),
      ),
      k: slider(
        cleanup,
        "k",
        "Look-ups at once",
        { min: 1, max: JUGGLING_LENGTH - 1 },
        (k) => `${k} of ${JUGGLING_LENGTH - 1}`,
        (k) => set({ k: Number(k) }),
      ),
      num_heads: select(cleanup, "num_heads", "Heads, beside 1", [], (heads) =>
        set({ num_heads: Number(heads) }),
      ),
      steps: select(cleanup, "steps", "Steps", options(STEPS), (steps) => set({ steps: Number(steps) })),
      learning_rate: select(cleanup, "learning_rate", "Learning rate", options(RATES), (rate) =>
        set({ learning_rate: Number(rate) }),
      ),
      seed: field(cleanup, "seed", "Seed", { type: "number", min: 0, max: 2 ** 32 - 1, step: 1 }, (seed) =>
        set({ seed: whole(seed) }),
      ),
      mlp: checkbox(cleanup, "mlp", "MLP on top", (mlp) => set({ mlp })),
    };
    this.roots = [
      element("div", { class: "mha-row" }, ...Object.values(this.#inputs).map(({ root }) => root)),
    ];
  }

  show(values: Values): void {
    const { task, k } = values as { task: string; k: number };
    this.#inputs["k"]!.root.hidden = task !== "juggling";
    if (Object.hasOwn(NAMES, task)) this.#offerHeads(taskOf(task, k).d_model);
    for (const [name, control] of Object.entries(this.#inputs)) control.show(values[name]);
  }

  /** The head counts that divide this width, and how wide a head then is. */
  #offerHeads(d_model: number): void {
    const { input } = this.#inputs["num_heads"]!;
    if (input.dataset["width"] === String(d_model)) return;
    input.dataset["width"] = String(d_model);
    const offers = headCounts(d_model).map((heads) =>
      element("option", { value: heads }, `${heads} × ${d_model / heads} wide`),
    );
    input.replaceChildren(...offers);
  }
}
