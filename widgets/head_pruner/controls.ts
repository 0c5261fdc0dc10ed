import { element, select, slider, type Cleanup, type Control } from "../draw/index";
import type { Values } from "../frame/index";
import { ORDERS, type Drawn, type Shown } from "./answer";
import { MODELS } from "./models";
import { ORDER_NAMES } from "./phrases";

/** Which model, who decides which head goes, and how many are gone. */
export class Controls {
  readonly root: HTMLElement;
  #model: Control;
  #order: Control;
  #gone: Control;
  #shown: { drawn: Drawn; shown: Shown } | undefined;

  constructor(cleanup: Cleanup, set: (change: Values) => void) {
    this.#model = select(cleanup, "model", "Trained model", Object.entries(MODELS), (model) =>
      set({ model, by_hand: [], gone: 0 }),
    );
    const orders = ORDERS.map((name): [string, string] => [name, ORDER_NAMES[name]]);
    this.#order = select(cleanup, "order", "Heads go", orders, (order) => set({ order }));
    const range = { min: 0, max: 16 };
    this.#gone = slider(cleanup, "gone", "Heads switched off", range, this.#describe, (text) => {
      const gone = Number(text);
      const { drawn, shown } = this.#shown ?? {};
      if (!drawn || shown!.order !== "hand") return set({ gone });
      set({ by_hand: drawn.orders.hand.slice(0, gone) }); // by hand it only leads back
    });
    this.root = element("div", { class: "mha-row" }, this.#model.root, this.#order.root, this.#gone.root);
  }

  show(values: Values): void {
    const { reader } = values as { reader?: { file?: string } };
    this.#model.root.hidden = reader?.file !== undefined; // handed in: there is no other to choose
    this.#model.show(values["model"]);
    this.#order.show(values["order"]);
  }

  /** The slider follows what is drawn: how far it goes depends on the model. */
  draw(drawn: Drawn, shown: Shown): void {
    this.#shown = { drawn, shown };
    const input = this.#gone.input as HTMLInputElement;
    const most = String(drawn.orders[shown.order].length);
    if (input.max !== most) input.max = most;
    this.#gone.show(shown.off.length);
  }

  #describe = (gone: number): string => {
    if (!this.#shown) return String(gone);
    const { drawn } = this.#shown;
    return `${gone} off, ${drawn.num_heads - gone} left`;
  };
}
