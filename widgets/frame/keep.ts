import { read, type Model } from "./source";
import type { Values } from "./traits";

/** Traits that outlive a visit to the page: on this machine, in this browser, and nowhere else. */
export interface Kept {
  readonly traits: readonly string[];
  /** What tells this widget from the others of its page: their order would shift when the page grows. */
  key(initial: Values): string;
  /** Whether stored values may be taken: a page changes, and anybody can write into the storage. */
  accepts(stored: Values, initial: Values): boolean;
}

/** Give the model what an earlier visit left. */
export function restore(model: Model, kept: Kept, initial: Values): void {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(place(kept, initial)) ?? "null");
    if (typeof stored !== "object" || stored === null) return;
    const own = Object.fromEntries(kept.traits.map((name) => [name, (stored as Values)[name]]));
    if (!kept.accepts(own, initial)) return;
    for (const [name, value] of Object.entries(own)) model.set(name, value);
  } catch {
    // no storage here, or not ours: the widget starts afresh
  }
}

/** Leave the values for the next visit, or nothing where they are as at the start. */
export function save(model: Model, kept: Kept, initial: Values): void {
  const now = read(model, kept.traits);
  try {
    if (kept.traits.every((name) => now[name] === initial[name]))
      localStorage.removeItem(place(kept, initial));
    else localStorage.setItem(place(kept, initial), JSON.stringify(now));
  } catch {
    // a browser that keeps nothing: all else works
  }
}

function place(kept: Kept, initial: Values): string {
  return `mha-lessons ${location.pathname} ${kept.key(initial)}`;
}
