import type { Values } from "./traits";

/** What of anywidget's model a widget needs; the page's model has it, too. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, heard: () => void): void;
  off(event: string, heard: () => void): void;
  /** Where there is a JupyterLab: its connection to the kernel. */
  readonly widget_manager?: { readonly kernel?: Connection | null };
}

/** JupyterLab's signals; `disposed` comes when the kernel is shut down. */
interface Connection {
  readonly statusChanged?: Signal;
  readonly disposed?: Signal;
}

type Slot = (sender: unknown, argument: unknown) => void;

interface Signal {
  connect(slot: Slot): void;
  disconnect(slot: Slot): void;
}

export interface Failure {
  /** One sentence: what came, what was wanted, what to do. */
  readonly error: string;
}

/** Where numbers come from; a view cannot tell the page from the kernel, but for the mark it shows. */
export interface Source<Answer> {
  readonly origin: "page" | "kernel";
  /** Who answers now that the kernel has ended; undefined while it lives, or where there was none. */
  readonly ended?: "page" | "nobody" | undefined;
  /** Set some traits and ask for the numbers; only the latest request is sure to be answered. */
  request(change: Values): void;
  /** What is set but waits to be sent. */
  pending(): Values;
  /** Hear the latest answer, now if there is one, and each later one. */
  subscribe(heard: (answer: Answer | Failure) => void): () => void;
  dispose(): void;
}

/** Who waits for answers, with the last one kept for who comes later. */
export class Audience<Answer> {
  #heard = new Set<(answer: Answer | Failure) => void>();
  #last: Answer | Failure | undefined;

  tell(answer: Answer | Failure): void {
    this.#last = answer;
    for (const heard of this.#heard) heard(answer);
  }

  join(heard: (answer: Answer | Failure) => void): () => void {
    this.#heard.add(heard);
    if (this.#last) heard(this.#last);
    return () => this.#heard.delete(heard);
  }

  clear(): void {
    this.#heard.clear();
  }
}

/** Call back when one of these traits changes; returns what undoes it. */
export function listen(model: Model, names: readonly string[], heard: () => void): () => void {
  for (const name of names) model.on(`change:${name}`, heard);
  return () => names.forEach((name) => model.off(`change:${name}`, heard));
}

export function read(model: Model, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, model.get(name) ?? null]));
}

const SLOW = 30; // ms of arithmetic
const PAUSE = 100; // ms

/** The page computes: at most once a frame, however many traits change in it. Where that takes long, it waits for a
 * pause in the changes: what the reader types is on the screen before anything is computed from it. An answer that has
 * to be loaded first is a promise; if another one is asked for meanwhile, it is not told. */
export function pageSource<Answer extends object>(
  model: Model,
  asks: readonly string[],
  compute: (values: Values) => Answer | Failure | Promise<Answer | Failure>,
): Source<Answer> {
  const audience = new Audience<Answer>();
  let frame = 0;
  let timer = 0;
  let slow = 0; // answers in a row; one alone may be the browser compiling the code, or another program in the way
  let latest: unknown;
  const answer = () => {
    frame = 0;
    const started = performance.now();
    const computed = compute(read(model, asks));
    slow = performance.now() - started > SLOW ? slow + 1 : 0;
    latest = computed;
    if (!(computed instanceof Promise)) audience.tell(computed);
    else void computed.then((loaded) => latest === computed && audience.tell(loaded));
  };
  const unlisten = listen(model, asks, () => {
    clearTimeout(timer);
    if (slow > 1) timer = window.setTimeout(answer, PAUSE);
    else frame ||= requestAnimationFrame(answer);
  });
  answer();
  return {
    origin: "page",
    request(change) {
      for (const [name, value] of Object.entries(change)) model.set(name, value);
      model.save_changes();
    },
    pending: () => ({}),
    subscribe: (heard) => audience.join(heard),
    dispose() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      latest = undefined;
      unlisten();
      audience.clear();
    },
  };
}

/** The kernel computes: one request is under way at a time, and what changes meanwhile goes in the next one. */
export function kernelSource<Answer extends object>(model: Model): Source<Answer> {
  const audience = new Audience<Answer>();
  let waiting: Values | null = null;
  let underway = 0;
  const send = () => {
    if (!waiting) return;
    for (const [name, value] of Object.entries(waiting)) model.set(name, value);
    waiting = null;
    underway = Number(model.get("_request")) + 1;
    model.set("_request", underway);
    model.save_changes();
  };
  const hear = () => {
    const packed = model.get("_answer") as Packed | undefined;
    if (!packed || !("request" in packed)) return;
    if (packed.request >= underway) underway = 0;
    if (underway === 0) send();
    audience.tell("error" in packed ? { error: packed.error } : (unpack(packed) as Answer));
  };
  const unlisten = listen(model, ["_answer"], hear);
  hear();
  return {
    origin: "kernel",
    request(change) {
      waiting = { ...waiting, ...change };
      if (underway === 0) send();
    },
    pending: () => waiting ?? {},
    subscribe: (heard) => audience.join(heard),
    dispose() {
      unlisten();
      audience.clear();
    },
  };
}

/** The kernel's answer: plain values, and tensors one after the other in a float32 buffer. */
interface Numbers {
  request: number;
  fields: [name: string, length: number][];
  data: DataView;
}
type Packed = { request: number; error: string } | Numbers;

function unpack({ fields, data, request: _, ...plain }: Numbers): object {
  let offset = data.byteOffset;
  const tensors: Record<string, Float32Array> = {};
  for (const [name, length] of fields) {
    const end = offset + 4 * length;
    // A view needs an offset that is a multiple of four, which a message does not promise.
    tensors[name] = offset % 4 ? new Float32Array(data.buffer.slice(offset, end)) : new Float32Array(data.buffer, offset, length); // prettier-ignore
    offset = end;
  }
  return { ...plain, ...tensors };
}
