import { element, Legend, weights, write, type NumberTable, type Theme } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { sameHeads, shownOf, type Drawn, type Shown } from "./answer";
import { Cards } from "./cards";
import { code } from "./code";
import type { Command } from "./command";
import { Controls } from "./controls";
import { CurvePlot } from "./curve";
import { tables } from "./numbers";
import { heads, left, percent, RULES, TASKS, verdict } from "./phrases";

const TICKS = [0, 0.1, 0.25, 0.5, 1].map((weight): [number, string] => [Math.sqrt(weight), String(weight)]);

/** How many heads can go, and which: the curve on the left, the heads with their gates on the right. */
export class View implements FramedView<Drawn> {
  readonly controls: readonly HTMLElement[];
  readonly body: readonly HTMLElement[];
  #controls: Controls;
  #rule = element("p", { class: "mha-rule" });
  #share = element("output", { class: "mha-big mha-svg-text" });
  #left = element("p", { class: "mha-svg-text" });
  #verdict = element("p", { class: "mha-verdict mha-svg-text" });
  #curve: CurvePlot;
  #retrain = element("button", { type: "button", class: "mha-button", name: "retrain" });
  #state = element("p", { class: "mha-state mha-svg-text", role: "status" });
  #title = element("h3", {});
  #worth = element("p", { class: "mha-read mha-svg-text" });
  #cards: Cards;
  #legend = new Legend("weight");
  #now: { drawn: Drawn; shown: Shown } | undefined;
  #orders = 0;
  #beat: number | undefined;

  constructor(private readonly frame: Frame) {
    const { cleanup, set } = frame;
    this.#controls = new Controls(cleanup, set);
    this.#curve = new CurvePlot(cleanup, (gone) => this.#go(gone));
    this.#cards = new Cards(cleanup, (head) => this.#toggle(head));
    cleanup.listen(this.#retrain, "click", () => {
      if (!this.#now || this.#retrain.ariaDisabled === "true") return;
      this.#command(this.#now.drawn.training ? "stop" : "retrain", this.#now.shown.off);
    });
    this.controls = [this.#controls.root];
    this.body = [
      this.#rule,
      element("div", { class: "mha-score" }, this.#share, element("div", {}, this.#left, this.#verdict)),
      element(
        "div",
        { class: "mha-two" },
        element(
          "section",
          {},
          element("h3", {}, "Look-ups right, as heads go"),
          this.#curve.root,
          element("div", { class: "mha-retrain" }, this.#retrain, this.#state),
        ),
        element("section", {}, this.#title, this.#cards.root, this.#worth, this.#legend.root),
      ),
    ];
  }

  pictures = (): Picture[] => [this.#curve, ...this.#cards.pictures(), this.#legend];

  showValues(values: Values): void {
    this.#controls.show(values);
  }

  draw(drawn: Drawn, values: Values, theme: Theme): void {
    const shown = shownOf(drawn, values);
    this.#now = { drawn, shown };
    if (drawn.beat !== undefined && drawn.beat !== this.#beat) this.frame.set({ _seen: drawn.beat });
    this.#beat = drawn.beat;
    const { order, shares, after } = shown;
    const task = TASKS[drawn.task]!.replace(
      "{n} symbols",
      drawn.answers === 1 ? "symbol" : `${drawn.answers} symbols`,
    );
    write(this.#rule, `The task: ${task}. ${RULES[order]}`);
    write(this.#share, percent(after?.accuracy ?? shares[0]));
    write(this.#left, left(drawn, shown));
    write(this.#verdict, verdict(drawn, order));
    this.#controls.draw(drawn, shown);
    this.#curve.show(drawn, shown);
    this.#showRetraining(drawn, shown);
    const trained = after && after === drawn.retrained.at(-1) ? ", after retraining" : "";
    write(this.#title, `The heads${trained}: press one to switch it off or on`);
    this.#cards.show(drawn, shown, theme);
    write(
      this.#worth,
      order === "gradient"
        ? "Bars: the slope of the loss at each gate, all heads on, in nats."
        : "Bars: how much higher the loss is without this head alone, in nats.",
    );
  }

  recolour(theme: Theme): void {
    this.#legend.show(weights[theme], TICKS, (place) => place * place);
    this.#curve.recolour();
    this.#cards.recolour();
  }

  numbers(drawn: Drawn, values: Values): NumberTable[] {
    return tables(drawn, shownOf(drawn, values));
  }

  say(drawn: Drawn, values: Values): string {
    const shown = shownOf(drawn, values);
    const share = percent(shown.after?.accuracy ?? shown.shares[0]);
    return `${share} ${left(drawn, shown)}. ${verdict(drawn, shown.order)} ${drawn.note}`;
  }

  code(drawn: Drawn, values: Values): string {
    return code(drawn, shownOf(drawn, values), values);
  }

  reset(): void {
    this.#command("forget", []);
  }

  #showRetraining({ training, num_heads, note }: Drawn, { off, after }: Shown): void {
    const on = num_heads - off.length;
    const which = on === num_heads ? "all heads on" : `the ${heads(on)} left`;
    write(this.#retrain, training ? "Stop retraining" : `Retrain ${on ? which : "without heads"}`);
    this.#retrain.ariaDisabled = String(!training && on === 0);
    const other =
      training && !sameHeads(training.off, off) ? ` ${heads(num_heads - training.off.length)}` : "";
    const done = after ? `Retrained for ${after.steps} steps: ◆ ${percent(after.accuracy)}.` : "";
    const going = training ? `Retraining${other}: step ${training.steps} of ${training.of}.` : "";
    write(this.#state, going || note || done);
  }

  #toggle(head: number): void {
    if (!this.#now) return;
    const { off } = this.#now.shown;
    const by_hand = off.includes(head) ? off.filter((each) => each !== head) : [...off, head];
    this.frame.set({ order: "hand", by_hand });
  }

  #go(gone: number): void {
    if (!this.#now) return;
    const { drawn, shown } = this.#now;
    if (shown.order === "hand") this.frame.set({ by_hand: drawn.orders.hand.slice(0, gone) });
    else this.frame.set({ gone });
  }

  #command(name: Command[0], off: readonly number[]): void {
    this.frame.set({ _command: [name, [...off], ++this.#orders, Math.random()] });
  }
}
