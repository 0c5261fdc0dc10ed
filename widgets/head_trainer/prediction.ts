import { element, write, type Cleanup } from "../draw/index";
import { runsOf, type Drawn } from "./answer";
import { heads, percent } from "./phrases";

/** What a reader may expect of the one head, before training; empty: nothing said. */
export const PREDICTIONS = ["", "same", "worse", "better"] as const;
const CLOSE = 0.02; // accuracies nearer than this count as the same

/** A question before the training and its answer after. */
export class Prediction {
  readonly root: HTMLElement;
  #ask = element("legend", {});
  #result = element("p", { class: "mha-verdict", role: "status" });
  #inputs: HTMLInputElement[] = [];
  #labels: Record<string, HTMLElement> = {};

  constructor(cleanup: Cleanup, set: (change: { prediction: string }) => void) {
    const group = `prediction-${Math.random().toString(36).slice(2)}`; // radios of two widgets are two groups
    const options = PREDICTIONS.slice(1).map((value) => {
      const input = element("input", { type: "radio", name: group, value, "data-part": "prediction" });
      cleanup.listen(input, "change", () => set({ prediction: value }));
      this.#inputs.push(input);
      this.#labels[value] = element("span", {});
      return element("label", {}, input, this.#labels[value]);
    });
    const field = element("fieldset", {}, this.#ask, ...options);
    this.root = element("div", { class: "mha-predict" }, field, this.#result);
  }

  showValue(prediction: unknown): void {
    for (const input of this.#inputs) input.checked = input.value === prediction;
  }

  show(drawn: Drawn, prediction: unknown, steps: number): void {
    const [one, many] = runsOf(drawn);
    const others = heads(many.num_heads);
    write(
      this.#ask,
      `Before you press Train: both models have ${drawn.parameters.toLocaleString("en")} parameters and see the same ` +
        `sequences. After ${steps} steps, will one head do`,
    );
    write(this.#labels["same"]!, `as well as ${others}`);
    write(this.#labels["worse"]!, "worse");
    write(this.#labels["better"]!, "better");
    write(
      this.#result,
      verdict(one.accuracy, many.accuracy, one.steps >= steps && many.steps >= steps, others, prediction),
    );
  }
}

function verdict(
  one: number | null,
  many: number | null,
  done: boolean,
  others: string,
  prediction: unknown,
): string {
  if (!done || one === null || many === null) return "";
  const truth = Math.abs(one - many) < CLOSE ? "same" : one < many ? "worse" : "better";
  const words = { same: `as well as ${others}`, worse: "worse", better: "better" };
  const found = `One head: ${percent(one)} of the look-ups right. ${others}: ${percent(many)}. So one head does ${words[truth]}`;
  if (!prediction) return `${found}.`;
  return prediction === truth
    ? `${found}, as you predicted.`
    : `${found}; you predicted ${words[prediction as "same"]}.`;
}
