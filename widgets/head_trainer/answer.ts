import {
  answersOf,
  checkTrainer,
  contribute,
  countParameters,
  FRESH,
  initialWeights,
  readSequence,
  sequences,
  symbolWords,
  taskOf,
  type ReaderWeights,
  type Task,
  type TrainerSettings,
} from "../core/index";
import type { Failure, Values } from "../frame/index";

/** Where a run stands. It rests when it is paused or has made all its steps. */
export type RunState = "untrained" | "compiling" | "training" | "resting" | "diverged" | "failed";

/** One of the two runs, in plain values; its arrays are in the answer, under its prefix. */
export interface RunFacts {
  readonly num_heads: number;
  readonly d_head: number;
  readonly state: RunState;
  readonly steps: number;
  /** On fresh sequences: right look-ups, and positions with all of them right. Null before the first rest. */
  readonly accuracy: number | null;
  readonly all_right: number | null;
  readonly cpu_ms: number;
}

/** The two runs: always one head, and the head count that the reader chose. */
export const PREFIXES = ["one", "many"] as const;
export type Prefix = (typeof PREFIXES)[number];

/** What came of a run, for one of the two. */
type Arrays<P extends Prefix> = {
  /** of every step */
  readonly [name in `${P}_losses` | `${P}_accuracies`]: ArrayLike<number>;
} & {
  /** on the held sequence: [head, query, key], and [position, answer] */
  readonly [name in `${P}_attn` | `${P}_said`]: ArrayLike<number>;
};

/** What the widget draws. */
export interface Drawn extends Arrays<"one">, Arrays<"many"> {
  readonly task: TrainerSettings["task"];
  readonly parameters: number;
  /** The sequence that the pictures are about, which no training sees. */
  readonly tokens: readonly number[];
  /** [position, answer], classes; -1 where nothing is asked */
  readonly targets: readonly number[];
  readonly answers: number;
  readonly classes: number;
  readonly runs: readonly [RunFacts, RunFacts];
  /** Why a run failed or was stopped, in one sentence; else empty. */
  readonly note: string;
  /** Whether there are widgets that the heads could be handed to. */
  readonly linked: boolean;
  /** Of the kernel alone: counts its pictures, so that it can be told which one was drawn. */
  readonly beat?: number;
}

/** A run as the view wants it. */
export interface RunShown extends RunFacts {
  readonly prefix: Prefix;
  readonly losses: ArrayLike<number>;
  readonly accuracies: ArrayLike<number>;
  readonly attn: ArrayLike<number>;
  readonly said: ArrayLike<number>;
}

export function runsOf(drawn: Drawn): [RunShown, RunShown] {
  return PREFIXES.map((prefix, i) => ({
    prefix,
    ...drawn.runs[i]!,
    losses: drawn[`${prefix}_losses`],
    accuracies: drawn[`${prefix}_accuracies`],
    attn: drawn[`${prefix}_attn`],
    said: drawn[`${prefix}_said`],
  })) as [RunShown, RunShown];
}

/** What the page knows of one run. */
export interface RunRecord {
  facts: RunFacts;
  losses: number[];
  accuracies: number[];
  weights: ReaderWeights;
}

/** A run before its first step. */
export function untrained(task: Task, num_heads: number, { seed, mlp }: TrainerSettings): RunRecord {
  const facts: RunFacts = {
    num_heads,
    d_head: task.d_model / num_heads,
    state: "untrained",
    steps: 0,
    accuracy: null,
    all_right: null,
    cpu_ms: 0,
  };
  return { facts, losses: [], accuracies: [], weights: initialWeights(task, task.d_model, seed, mlp) };
}

/** What is drawn of two runs. */
export function drawnOf(
  settings: TrainerSettings,
  runs: readonly RunRecord[],
  note: string,
  linked: boolean,
): Drawn {
  const task = taskOf(settings.task, settings.k);
  const held = sequences(task, settings.seed, FRESH, 1);
  const arrays = runs.map(({ facts, losses, accuracies, weights }, i) => {
    const { attn, logits } = readSequence(task, weights, facts.num_heads, held.tokens);
    const found = { losses, accuracies, attn, said: answersOf(task, logits) };
    return Object.entries(found).map(([name, values]) => [`${PREFIXES[i]}_${name}`, values]);
  });
  return {
    task: settings.task,
    parameters: countParameters(task, task.d_model, settings.mlp),
    tokens: [...held.tokens],
    targets: [...held.targets],
    answers: task.answers,
    classes: task.classes,
    runs: runs.map(({ facts }) => facts),
    note,
    linked,
    ...Object.fromEntries(arrays.flat()),
  } as Drawn;
}

/** The untrained runs of these settings, or what is wrong with them. */
export function start(values: object): RunRecord[] | Failure {
  const error = checkTrainer(values);
  if (error !== null) return { error };
  const settings = values as TrainerSettings;
  const task = taskOf(settings.task, settings.k);
  return [1, settings.num_heads].map((count) => untrained(task, count, settings));
}

/** The run's attention on the held sequence and what each head adds, packed as Python's `given_trace` packs a trace. */
export function handedOn(settings: TrainerSettings, { facts, weights }: RunRecord): Values {
  const task = taskOf(settings.task, settings.k);
  const { tokens } = sequences(task, settings.seed, FRESH, 1);
  const { q, k, v, scores, attn, z, output } = readSequence(task, weights, facts.num_heads, tokens);
  const { num_heads, d_head } = facts;
  const shape = { seq: tokens.length, d_model: task.d_model, num_heads, d_head };
  const contributions = contribute(z, weights["w_o"]!, shape, null);
  const tensors = { q, k, v, scores, attn, z, output, contributions, bias: weights["b_o"]! };
  const flat = new Uint8Array(Object.values(tensors).reduce((sum, { byteLength }) => sum + byteLength, 0));
  let start = 0;
  for (const { buffer, byteOffset, byteLength } of Object.values(tensors)) {
    flat.set(new Uint8Array(buffer, byteOffset, byteLength), start);
    start += byteLength;
  }
  return {
    tokens: Array.from(tokens, (token) => symbolWords(task.name)[token]!),
    num_heads,
    d_head,
    d_model: task.d_model,
    fields: Object.entries(tensors).map(([name, { length }]) => [name, length]),
    data: btoa(Array.from(flat, (byte) => String.fromCharCode(byte)).join("")),
  };
}
