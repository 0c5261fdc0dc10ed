import type { Model } from "../frame/index";

/** A widget's state on a page: what anywidget's model is in JupyterLab, without a kernel behind it. */
export class PageModel implements Model {
  static #groups = new Map<string, Set<PageModel>>();
  #state: Map<string, unknown>;
  #heard = new Map<string, Set<() => void>>();
  #peers: Set<PageModel> | undefined;

  /** Models with the same `group` keep the traits named by `shared` equal, as `ipywidgets.link` does in a notebook. */
  constructor(state: Record<string, unknown>) {
    this.#state = new Map(Object.entries({ ...state, engine: "page" }));
    const group = state["group"];
    if (typeof group !== "string" || group === "") return;
    const peers = PageModel.#groups.get(group) ?? new Set<PageModel>();
    PageModel.#groups.set(group, peers.add(this));
    this.#peers = peers;
  }

  get(name: string): unknown {
    return this.#state.get(name);
  }

  set(name: string, value: unknown): void {
    if (JSON.stringify(this.#state.get(name)) === JSON.stringify(value)) return;
    this.#state.set(name, value);
    for (const event of [`change:${name}`, "change"]) {
      for (const heard of [...(this.#heard.get(event) ?? [])]) heard();
    }
    if (!this.#shares(name)) return;
    for (const peer of this.#peers!) if (peer !== this && peer.#shares(name)) peer.set(name, value);
  }

  save_changes(): void {} // there is nobody to send them to

  on(event: string, heard: () => void): void {
    if (!this.#heard.has(event)) this.#heard.set(event, new Set());
    this.#heard.get(event)!.add(heard);
  }

  off(event: string, heard: () => void): void {
    this.#heard.get(event)?.delete(heard);
  }

  #shares(name: string): boolean {
    const shared = this.#state.get("shared");
    return (
      this.#peers !== undefined && this.#state.has(name) && Array.isArray(shared) && shared.includes(name)
    );
  }
}
