import { fromBase64 } from "../core/packed";
import { readerOf } from "../core/trained_reader";
import { Audience, startWorker, listen, loadBeside } from "../frame/index";
import type { Failure, WorkerFor, Model, Source, Values } from "../frame/index";
import { drawnOf, prepare, sameHeads, type Drawn, type Prepared } from "./answer";
import { ASKS, type Command } from "./command";
import { MODELS } from "./models";
import type { Begin, News } from "./worker/protocol";

const STEPS = 100; // of a retraining
type Run = Pick<Drawn, "retrained" | "retrained_attn" | "training" | "note">;
const NOTHING: Run = { retrained: [], retrained_attn: [], training: null, note: "" };

/** Prunes in the page, and retrains in a worker, so that the page stays free. */
export class PagePruner implements Source<Drawn> {
  readonly origin = "page";
  #audience = new Audience<Drawn>();
  #prepared: Promise<Prepared> | undefined;
  #of: unknown; // the model that is prepared
  #run = NOTHING;
  #worker: WorkerFor<Begin> | undefined;
  #frame = 0;
  #turn = 0; // only the latest answer is told
  #undo: (() => void)[];

  constructor(private readonly model: Model) {
    const leave = () => this.#stop(); // a page that the browser keeps for "back" would train on
    addEventListener("pagehide", leave);
    this.#undo = [
      listen(model, ASKS, () => this.#later()),
      listen(model, ["_command"], () => this.#obey()),
      () => removeEventListener("pagehide", leave),
    ];
    void this.#tell();
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
    this.#turn++;
    this.#stop();
    this.#audience.clear();
  }

  #later(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    const turn = ++this.#turn;
    const name = String(this.model.get("model"));
    const file = (this.model.get("reader") as { file?: string } | undefined)?.file;
    if (this.#of !== (file ?? name)) {
      this.#of = file ?? name;
      this.#stop();
      this.#run = NOTHING;
      this.#prepared = (file === undefined ? shipped(name) : Promise.resolve(file)).then((text) =>
        prepare(readerOf(fromBase64(text))),
      );
    }
    let answer: Drawn | Failure;
    try {
      answer = drawnOf(await this.#prepared!, this.model.get("by_hand"), this.#run);
    } catch (error) {
      if (turn === this.#turn) this.#of = undefined; // the next change tries again
      const which = file === undefined ? `The model “${MODELS[name] ?? name}”` : "The model handed in";
      answer = { error: `${which} could not be shown: ${(error as Error).message}.` };
    }
    if (turn === this.#turn) this.#audience.tell(answer);
  }

  #obey(): void {
    const [command, off = []] = this.model.get("_command") as Command;
    if (command === "retrain") return void this.#retrain(off);
    this.#stop();
    if (command === "forget") this.#run = NOTHING;
    this.#later();
  }

  #stop(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    if (this.#run.training) this.#set({ training: null, note: "Retraining was stopped." });
  }

  async #retrain(off: readonly number[]): Promise<void> {
    this.#stop();
    const training = { off, steps: 0, of: STEPS };
    this.#set({ training, note: "" });
    try {
      const { task, num_heads, seed, weights } = (await this.#prepared!).reader;
      const worker: WorkerFor<Begin> = await startWorker<Begin, News>(
        "head_pruner",
        (news) => worker === this.#worker && this.#hear(news, off),
      );
      if (this.#run.training !== training) return worker.terminate(); // something else was chosen meanwhile
      this.#worker = worker;
      worker.postMessage({ task: task.name, k: task.answers, num_heads, seed, weights, off, steps: STEPS });
    } catch (error) {
      if (this.#run.training === training)
        this.#hear({ kind: "failed", error: (error as Error).message }, off);
    }
  }

  #hear(news: News, off: readonly number[]): void {
    if (news.kind === "going") return this.#set({ training: { off, steps: news.steps, of: STEPS } });
    this.#worker?.terminate();
    this.#worker = undefined;
    if (news.kind === "failed")
      return this.#set({ training: null, note: `Retraining did not work here: ${news.error}.` });
    const { steps, accuracy, all_right, attn } = news;
    const others = this.#run.retrained.filter((each) => !sameHeads(each.off, off));
    const retrained = [...others, { off, steps, accuracy, all_right }];
    this.#set({ training: null, retrained, retrained_attn: attn });
  }

  #set(change: Partial<Run>): void {
    this.#run = { ...this.#run, ...change };
    this.#later();
  }
}

/** The weights of a model that comes with the package, as base64. */
function shipped(name: string): Promise<string> {
  return loadBeside(`../readers/${name}.js`, ({ mhaReaders }) => mhaReaders?.[name]);
}
