import type { Model } from "../frame/index";

/** Models that share traits, and what was changed among them since the page was opened. */
interface Group {
  models: Set<PageModel>;
  changed: Map<string, unknown>;
}

/** A widget's state on a page: what anywidget's model is in JupyterLab, without a kernel behind it. */
export class PageModel implements Model {
  static #groups = new Map<string, Group>();
  #state: Map<string, unknown>;
  #heard = new Map<string, Set<() => void>>();
  #group: Group | undefined;

  constructor(state: Record<string, unknown>) {
    this.#state = new Map(Object.entries({ ...state, engine: "page" }));
  }

  /**
   * From now on models with the same `group` keep the traits named by `shared` equal, as `ipywidgets.link` does in
   * a notebook. A widget far down the page joins late, and takes over what the reader has changed meanwhile.
   */
  join(): void {
    const name = this.#state.get("group");
    if (typeof name !== "string" || name === "") return;
    const group = PageModel.#groups.get(name) ?? { models: new Set(), changed: new Map() };
    PageModel.#groups.set(name, group);
    this.#group = group;
    group.models.add(this);
    for (const [trait, value] of group.changed) if (this.#shares(trait)) this.set(trait, value);
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
    if (!this.#group || !this.#shares(name)) return;
    this.#group.changed.set(name, value);
    for (const peer of this.#group.models) if (peer !== this && peer.#shares(name)) peer.set(name, value);
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
    return this.#state.has(name) && Array.isArray(shared) && shared.includes(name);
  }
}
