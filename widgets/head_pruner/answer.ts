import { readSequence, sequences, FRESH } from "../core/index";
import {
  accuracyCurve,
  checkOrder,
  importanceOf,
  judged,
  type HeadLogits,
  type Shares,
  type TrainedReader,
} from "../core/pruning";
import type { Failure } from "../frame/index";

/** Who decides which head goes next. */
export const ORDERS = ["gradient", "ablation", "hand"] as const;
export type Order = (typeof ORDERS)[number];

/** [accuracy, all_right] as heads go, the whole model first. */
export type Curve = readonly (readonly [number, number])[];

/** What came of training on without some heads. */
export interface Retrained {
  readonly off: readonly number[];
  readonly steps: number;
  readonly accuracy: number;
  readonly all_right: number;
}

/** What the widget draws. */
export interface Drawn {
  /** Number of the kernel's picture, told back once it is drawn: a notebook that was closed tells nothing. */
  readonly beat?: number;
  readonly task: string;
  readonly num_heads: number;
  readonly d_head: number;
  readonly answers: number;
  readonly classes: number;
  /** The sequence in the pictures, which no training saw. */
  readonly tokens: readonly number[];
  /** mean |dL / dgate|, in nats, [head] */
  readonly gradients: ArrayLike<number>;
  /** of the whole model, in nats, and without each head alone */
  readonly loss: number;
  readonly without: ArrayLike<number>;
  /** Heads as they go; by hand as far as the reader went. */
  readonly orders: Readonly<Record<Order, readonly number[]>>;
  readonly curves: Readonly<Record<Order, Curve>>;
  /** [head, query, key] */
  readonly attn: ArrayLike<number>;
  readonly retrained: readonly Retrained[];
  /** attn after the last retraining; empty before */
  readonly retrained_attn: ArrayLike<number>;
  /** A retraining under way. */
  readonly training: { readonly off: readonly number[]; readonly steps: number; readonly of: number } | null;
  /** Why a retraining failed or was stopped, in one sentence; else empty. */
  readonly note: string;
}

/** What is worked out once for a model. */
export interface Prepared {
  readonly reader: TrainedReader;
  readonly fixed: Omit<Drawn, "orders" | "curves" | "retrained" | "retrained_attn" | "training" | "note">;
  readonly found: HeadLogits;
  readonly orders: Pick<Drawn["orders"], "gradient" | "ablation">;
  readonly curves: Pick<Drawn["curves"], "gradient" | "ablation">;
}

const pairs = (curve: Shares[]): Curve => curve.map(({ accuracy, all_right }) => [accuracy, all_right]);

export function prepare(reader: TrainedReader): Prepared {
  const { task, weights, num_heads, seed } = reader;
  const { by_gradient, by_ablation, ...importance } = importanceOf(reader);
  const found = judged(reader);
  const { tokens } = sequences(task, seed, FRESH, 1);
  const fixed = {
    task: task.name,
    num_heads,
    d_head: weights["w_o"]!.length / task.d_model / num_heads,
    answers: task.answers,
    classes: task.classes,
    tokens: [...tokens],
    attn: readSequence(task, weights, num_heads, tokens).attn,
    ...importance,
  };
  const orders = { gradient: by_gradient, ablation: by_ablation };
  const curves = {
    gradient: pairs(accuracyCurve(found, by_gradient)),
    ablation: pairs(accuracyCurve(found, by_ablation)),
  };
  return { reader, fixed, found, orders, curves };
}

/** The prepared model with the reader's own order, and what was retrained. */
export function drawnOf(
  { reader, fixed, found, orders, curves }: Prepared,
  by_hand: unknown,
  run: Pick<Drawn, "retrained" | "retrained_attn" | "training" | "note">,
): Drawn | Failure {
  const error = checkOrder(by_hand, reader.num_heads);
  if (error !== null) return { error };
  const hand = by_hand as number[];
  return {
    ...fixed,
    orders: { ...orders, hand },
    curves: { ...curves, hand: pairs(accuracyCurve(found, hand)) },
    ...run,
  };
}

/** The state of the picture: whose order, and the heads that are off in the order they went. */
export interface Shown {
  readonly order: Order;
  readonly off: readonly number[];
  readonly shares: readonly [number, number];
  /** Where these very heads are off and the rest was trained on. */
  readonly after: Retrained | undefined;
}

export function shownOf(drawn: Drawn, values: Readonly<Record<string, unknown>>): Shown {
  const order = ORDERS.find((name) => name === values["order"]) ?? "gradient";
  const all = drawn.orders[order];
  const gone = Math.max(0, Math.min(all.length, Math.round(Number(values["gone"]) || 0)));
  const off = order === "hand" ? all : all.slice(0, gone);
  const after = drawn.retrained.find((each) => sameHeads(each.off, off));
  return { order, off, shares: drawn.curves[order][off.length]!, after };
}

export function sameHeads(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((head) => other.includes(head));
}

const MUCH = 0.05; // of the look-ups: a loss of more than this is called a break

/** How many heads can go before the accuracy falls by more than five points, or null if it never does on this curve. */
export function breaksAfter(curve: Curve): number | null {
  const at = curve.findIndex(([accuracy]) => accuracy < curve[0]![0] - MUCH);
  return at < 0 ? null : at - 1;
}
