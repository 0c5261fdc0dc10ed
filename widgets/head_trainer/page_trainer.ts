import { type TrainerSettings } from "../core/index";
import { Audience, startWorker, listen, read } from "../frame/index";
import type { Failure, WorkerFor, Model, Source, Values } from "../frame/index";
import { drawnOf, handedOn, start, type Drawn, type RunRecord } from "./answer";
import { ASKS, type Command } from "./command";
import type { News, Order } from "./worker/protocol";
import { committedRuns } from "./committed";
import { heads } from "./phrases";

const BATCH = 32;

/** Trains in the page: a worker for each of the two runs, so that they go on side by side and the page stays free. */
export class PageTrainer implements Source<Drawn> {
  readonly origin = "page";
  #audience = new Audience<Drawn>();
  #runs: RunRecord[] = [];
  #workers: (WorkerFor<Order> | undefined)[] = [];
  #settings!: TrainerSettings;
  /** How far each run is to go. */
  #goals: number[] = [];
  #note = "";
  #frame = 0;
  #changed = false; // settings, since the runs began
  #era = 0; // a worker that was asked for before a restart is not wanted any more
  #undo: (() => void)[];

  constructor(private readonly model: Model) {
    const leave = () => this.#restart(); // a page that the browser keeps for "back" would train on
    addEventListener("pagehide", leave);
    this.#undo = [
      listen(model, ASKS, () => {
        this.#changed = true;
        this.#later();
      }),
      listen(model, ["_command"], () => this.#obey()),
      () => removeEventListener("pagehide", leave),
    ];
    this.#restart();
  }

  request(change: Values): void {
    for (const [name, value] of Object.entries(change)) this.model.set(name, value);
    this.model.save_changes();
  }

  pending = (): Values => ({});

  subscribe(heard: (answer: Drawn | Failure) => void): () => void {
    return this.#audience.join(heard);
  }

  dispose(): void {
    for (const undo of this.#undo) undo();
    cancelAnimationFrame(this.#frame);
    this.#stop();
    this.#audience.clear();
  }

  /** Once a frame at most, however much happens in it; a change of settings comes before news of what was. */
  #later(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#changed) this.#restart();
      else this.#tell();
    });
  }

  #obey(): void {
    const [command] = this.model.get("_command") as Command;
    if (command === "restart" || this.#changed) this.#restart();
    if (command === "restart" || this.#runs.length === 0) return;
    if (command === "open") return this.#handOn();
    const steps = Number(this.model.get("steps"));
    this.#runs.forEach(({ facts }, i) => {
      if (facts.state === "diverged" || facts.state === "failed") return;
      this.#goals[i] = command === "pause" ? 0 : command === "step" ? facts.steps + 1 : steps;
      if (command === "pause") this.#workers[i]?.postMessage({ until: 0 });
      else void this.#go(i);
    });
  }

  /** Start from the seed again, with the settings as they stand now. */
  #restart(): void {
    this.#stop();
    this.#changed = false;
    const values = read(this.model, [...ASKS, "steps"]);
    const runs = start(values);
    if ("error" in runs) {
      this.#runs = [];
      return this.#audience.tell(runs);
    }
    this.#settings = values as unknown as TrainerSettings;
    this.#runs = runs;
    this.#note = "";
    this.#tell();
  }

  #stop(): void {
    this.#era++;
    for (const worker of this.#workers.splice(0)) worker?.terminate();
  }

  async #go(i: number): Promise<void> {
    const run = this.#runs[i]!;
    if (run.facts.steps >= this.#goals[i]!) return;
    if (!this.#workers[i]) {
      if (run.facts.state === "compiling") return; // it is on its way, and the goal is set
      const era = this.#era;
      this.#set(i, { state: "compiling" });
      try {
        if (typeof WebAssembly === "undefined") throw new Error("this browser has no WebAssembly");
        const hear = (news: News) => era === this.#era && this.#hear(i, news);
        const worker = await startWorker<Order, News>("head_trainer", hear);
        if (era !== this.#era) return worker.terminate();
        this.#workers[i] = worker;
      } catch (error) {
        if (era === this.#era) this.#hear(i, { kind: "failed", error: (error as Error).message });
        return;
      }
      const { steps: _, ...settings } = this.#settings;
      this.#workers[i]!.postMessage({ begin: { ...settings, num_heads: run.facts.num_heads, batch: BATCH } });
    }
    this.#workers[i]!.postMessage({ until: this.#goals[i]! }); // a pause may have come while it started
  }

  #hear(i: number, news: News): void {
    const run = this.#runs[i]!;
    if (news.kind === "compiling") return this.#set(i, { state: "compiling" });
    if (news.kind === "failed") return this.#fail(news.error);
    run.losses.push(...news.losses);
    run.accuracies.push(...news.accuracies);
    run.weights = news.weights;
    const { steps, cpu_ms } = news;
    if (news.kind === "going")
      return this.#set(i, { state: "training", steps, cpu_ms, accuracy: null, all_right: null });
    const { accuracy, all_right } = news;
    if (news.kind === "resting")
      return this.#set(i, { state: "resting", steps, cpu_ms, accuracy, all_right });
    this.#note =
      `${heads(run.facts.num_heads)}: the loss went out of bounds after step ${steps + 1}. Shown is step ${steps}, the last good one. ` +
      "Choose a smaller learning rate to train again.";
    this.#set(i, { state: "diverged", steps, cpu_ms, accuracy, all_right });
  }

  /** One run alone says nothing: both are as before training. */
  #fail(error: string): void {
    this.#stop();
    const own = committedRuns(this.#settings);
    this.#runs = (start(this.#settings) as RunRecord[]).map((run, i) => ({
      ...run,
      facts: { ...run.facts, state: "failed" },
      losses: [...(own?.losses[i] ?? [])],
    }));
    this.#note =
      `Training did not work here: ${error}. The models below are those before training. ` +
      (own?.sentence ?? "");
    this.#later();
  }

  #set(i: number, facts: Partial<RunRecord["facts"]>): void {
    this.#runs[i]!.facts = { ...this.#runs[i]!.facts, ...facts };
    this.#later();
  }

  /** Give the trained heads to the widgets that share `given` with this one. */
  #handOn(): void {
    this.model.set("given", handedOn(this.#settings, this.#runs[1]!));
    this.model.save_changes();
  }

  #tell(): void {
    if (this.#runs.length === 0) return; // settings that cannot be: the sentence stays
    const linked = Boolean(this.model.get("group"));
    this.#audience.tell(drawnOf(this.#settings, this.#runs, this.#note, linked));
  }
}
