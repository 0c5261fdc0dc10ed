import { Cleanup, element, followTheme, keepPlainKeys, table, write, type Theme } from "../draw/index";
import { onKernelEnd, survivingSource } from "./kernel_end";
import { kernelSource, listen, pageSource, read, type Failure, type Model, type Source } from "./source";
import type { Spec, View } from "./spec";
import { addActions } from "./actions";
import { restore, save } from "./keep";
import { misfit, type Values } from "./traits";

/** A widget as anywidget and the page's host want it. */
export function widget<Answer extends object>(spec: Spec<Answer>) {
  return {
    spec,
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      const mounted = new Mounted(spec, model, el);
      return () => mounted.cleanup.run();
    },
  };
}

export type Widget = ReturnType<typeof widget>;

/** One widget in one place: it joins the model, the source of the numbers and the view. */
export class Mounted<Answer extends object> {
  readonly cleanup = new Cleanup();
  readonly source: Source<Answer>;
  readonly view: View<Answer>;
  /** The values at the start, to which "Reset" returns. */
  readonly initial: Values;
  answer: Answer | undefined;

  #names: string[];
  #asked: Values = {};
  #theme: Theme = "light";
  #queued = false;
  #refused = false;
  #speaking = 0;
  #message = element("p", { class: "mha-message", role: "alert" });
  #origin = element("p", { class: "mha-origin" });
  #numbers = element("section", { class: "mha-numbers", "aria-label": "Numbers", hidden: true });
  #live = element("p", { class: "mha-visually-hidden", role: "status" });

  constructor(
    readonly spec: Spec<Answer>,
    readonly model: Model,
    readonly root: HTMLElement,
  ) {
    this.#names = Object.keys(spec.traits);
    this.initial = read(model, this.#names);
    root.classList.add("mha");
    root.dataset["widget"] = spec.name;
    root.dataset["state"] = "loading";
    if (spec.kept && this.inPage) restore(model, spec.kept, this.initial);
    const page = (model: Model) =>
      "source" in spec ? spec.source(model) : pageSource(model, spec.asks, (values) => spec.compute(values));
    const heir = spec.outlives === false ? null : page;
    this.source =
      this.inPage || spec.asks.length === 0
        ? page(model)
        : survivingSource(model, spec.asks, kernelSource<Answer>(model), heir, (ended) =>
            onKernelEnd(model, root, ended),
          );
    this.cleanup.add(() => this.source.dispose());
    this.view = spec.view({
      cleanup: this.cleanup,
      set: (change) => this.set(change),
      latest: () => ({ ...read(model, this.#names), ...this.source.pending() }),
    });
    this.#build();
    this.#follow();
  }

  get inPage(): boolean {
    return this.model.get("engine") === "page";
  }

  /** The values of the picture: those its numbers were computed for, and the rest as they stand. */
  get shown(): Values {
    return { ...read(this.model, this.#names), ...this.#asked };
  }

  /** Set traits, and ask for new numbers if they depend on one of them. */
  set(change: Values): void {
    const wrong = misfit(this.spec.traits, change);
    const was = this.#refused;
    this.#refused = wrong !== null;
    if (wrong !== null) return this.#hear({ error: wrong });
    if (was) write(this.#message, ""); // the value from before may come back, and then nothing changes
    if (Object.keys(change).some((name) => this.spec.asks.includes(name))) return this.source.request(change);
    for (const [name, value] of Object.entries(change)) this.model.set(name, value);
    if (!this.source.ended) this.model.save_changes();
  }

  /** Open or close the tables; true if they are open now. */
  toggleNumbers(): boolean {
    this.#numbers.hidden = !this.#numbers.hidden;
    this.#draw();
    return !this.#numbers.hidden;
  }

  #build(): void {
    this.root.replaceChildren(
      element("div", { class: "mha-controls" }, ...this.view.controls, this.#message),
      ...(this.spec.asks.length ? [this.#origin] : []),
      ...this.view.body,
      ...(this.spec.toolbar === false ? [] : [addActions(this)]),
      this.#numbers,
      this.#live,
    );
  }

  #follow(): void {
    const { cleanup, root, view } = this;
    view.showValues(read(this.model, this.#names));
    const asks = new Set(this.spec.asks);
    cleanup.add(listen(this.model, this.#names, () => this.#changed()));
    const picked = this.#names.filter((name) => !asks.has(name)); // for the others there will be an answer to draw
    cleanup.add(listen(this.model, picked, () => this.#redraw()));
    keepPlainKeys(root, cleanup);
    followTheme(root, cleanup, (theme) => {
      this.#theme = theme;
      view.recolour(theme);
      this.#draw();
    });
    cleanup.add(this.source.subscribe((heard) => this.#hear(heard)));
    cleanup.add(() => clearTimeout(this.#speaking));
  }

  #changed(): void {
    this.view.showValues(read(this.model, this.#names));
    if (this.spec.kept && this.inPage) save(this.model, this.spec.kept, this.initial);
  }

  #redraw(): void {
    if (this.#queued) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false; // several traits may have changed together: draw once
      this.#draw();
      this.#say();
    });
  }

  #hear(heard: Answer | Failure): void {
    if ("error" in heard) {
      this.#message.textContent =
        heard.error + (this.answer ? " The picture is the last one that worked." : "");
      if (!this.answer) this.root.dataset["state"] = "failed";
      return;
    }
    this.answer = heard;
    this.#asked = read(this.model, this.spec.asks);
    this.#message.textContent = "";
    const { origin } = this.source;
    this.#origin.dataset["origin"] = origin;
    const { by = "torch", made } = heard as { by?: string; made?: string };
    const computed = origin === "kernel" ? `computed by ${by} in the kernel` : "computed in this page";
    write(this.#origin, (made ?? computed) + this.#ending());
    this.#draw();
    this.#say();
    this.root.dataset["state"] = "ready";
  }

  /** What to expect of a widget whose kernel has ended. */
  #ending(): string {
    const { ended, origin } = this.source;
    if (!ended) return "";
    if (origin === "page") return "; the kernel has ended";
    return ended === "page"
      ? "; the kernel has ended, and this page computes what you change"
      : "; the kernel has ended: run the cell again to go on";
  }

  #draw(): void {
    if (!this.answer) return;
    this.view.draw(this.answer, this.shown, this.#theme);
    if (this.#numbers.hidden) return;
    this.#numbers.replaceChildren(...this.view.numbers(this.answer, this.shown).map(table));
  }

  /** Tell a screen reader what changed, once the reader has paused. */
  #say(): void {
    clearTimeout(this.#speaking);
    this.#speaking = window.setTimeout(() => {
      if (this.answer) this.#live.textContent = this.view.say(this.answer, this.shown);
    }, 400);
  }
}
