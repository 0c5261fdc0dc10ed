import { element, write, type Cleanup } from "../draw/index";
import { runsOf, type Drawn, type RunShown } from "./answer";
import type { Command } from "./command";

type Order = Exclude<Command[0], "open">;

const LABELS: [Order, string][] = [
  ["train", "Train"],
  ["pause", "Pause"],
  ["step", "Step"],
  ["restart", "Restart"],
];

/** Train, pause, step, restart, and in words where the two runs stand. */
export class Buttons {
  readonly root: HTMLElement;
  #buttons: HTMLButtonElement[];
  #status = element("p", { class: "mha-state", role: "status" });
  #note = element("p", { class: "mha-message", role: "alert" });

  constructor(cleanup: Cleanup, order: (command: Order) => void) {
    this.#buttons = LABELS.map(([name, label]) => {
      const button = element("button", { type: "button", class: "mha-button", name }, label);
      // Not `disabled`: a button that goes dead under the reader's finger would lose the keyboard's focus.
      cleanup.listen(button, "click", () => button.ariaDisabled === "true" || order(name));
      return button;
    });
    const row = element("div", { class: "mha-buttons" }, ...this.#buttons, this.#status);
    this.root = element("div", { class: "mha-run" }, row, this.#note);
  }

  show(drawn: Drawn, steps: number): void {
    const runs = runsOf(drawn);
    const working = runs.some(({ state }) => isWorking(state));
    const left = runs.some(
      ({ state, steps: made }) => made < steps && (state === "untrained" || state === "resting"),
    );
    const begun = runs.some(({ state }) => state !== "untrained");
    const possible = { train: left && !working, pause: working, step: left && !working, restart: begun };
    for (const button of this.#buttons) button.ariaDisabled = String(!possible[button.name as Order]);
    write(this.#status, describe(runs, steps));
    write(this.#note, drawn.note);
  }
}

function isWorking(state: RunShown["state"]): boolean {
  return state === "training" || state === "compiling";
}

function describe(runs: readonly RunShown[], steps: number): string {
  const states = runs.map(({ state }) => state);
  const made =
    runs[0]!.steps === runs[1]!.steps ? `${runs[0]!.steps}` : runs.map((run) => run.steps).join(" and ");
  if (states.includes("failed")) return "";
  if (states.includes("compiling")) return "Compiling the training step: this takes a moment, once.";
  if (states.includes("training")) return `Training: step ${made} of ${steps}.`;
  if (states.every((state) => state === "untrained"))
    return "Not trained yet: both start from the same random numbers.";
  const seconds = runs.map(({ cpu_ms }) => (cpu_ms / 1000).toFixed(1)).join(" and ");
  const done = runs.every((run) => run.steps >= steps);
  return `${done ? "Done" : "At rest"}: step ${made} of ${steps}, ${seconds} seconds of training.`;
}
