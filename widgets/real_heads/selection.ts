import type { Measure } from "../core/head_measures";
import type { Values } from "../frame/index";
import type { Drawn } from "./answer";

/** What the reader has chosen, as far as it is there. */
export interface Selection {
  readonly layer: number;
  readonly head: number;
  /** The head counted over all layers that are there. */
  readonly index: number;
  readonly token: number;
  readonly key: number | null;
  readonly measure: Measure;
  readonly order: "model" | "highest" | "lowest";
  readonly at_least: number;
  readonly hide_sink: boolean;
  readonly view: "lines" | "matrix" | "both";
}

/** Another model or sentence may not have what was chosen: the nearest that is there. */
export function within({ layers, num_heads, tokens, token }: Drawn, values: Values): Selection {
  const wanted = Number(values["layer"]) || 0;
  const row = layers.reduce(
    (best, layer, i) => (Math.abs(layer - wanted) < Math.abs(layers[best]! - wanted) ? i : best),
    0,
  );
  const head = Math.max(0, Math.min(Number(values["head"]) || 0, num_heads - 1));
  const place = (value: unknown) => Math.max(0, Math.min(Number(value), tokens.length - 1));
  return {
    layer: layers[row]!,
    head,
    index: row * num_heads + head,
    token: place(values["token"] ?? token),
    key: values["key"] === null || values["key"] === undefined ? null : place(values["key"]),
    measure: values["measure"] as Measure,
    order: values["order"] as Selection["order"],
    at_least: Number(values["at_least"]) || 0,
    hide_sink: values["hide_sink"] === true,
    view: values["view"] as Selection["view"],
  };
}
