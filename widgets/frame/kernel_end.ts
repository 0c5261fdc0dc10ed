import { Audience, listen, type Failure, type Model, type Source } from "./source";

const ENDS = new Set(["restarting", "autorestarting", "terminating", "dead"]); // of JupyterLab's kernel connection
const ORPHANED = "jupyter-widgets-disconnected"; // what ipywidgets calls a view without a kernel, such as a saved one

/** Call back once the kernel behind a view has ended, at once if it has none; returns what undoes it. */
export function onKernelEnd(model: Model, root: HTMLElement, ended: () => void): () => void {
  if (root.classList.contains(ORPHANED)) {
    ended();
    return () => {};
  }
  const kernel = model.widget_manager?.kernel; // JupyterLab's; another host has no such thing
  const hear = (_: unknown, status: unknown) => {
    if (ENDS.has(String(status))) ended();
  };
  kernel?.statusChanged?.connect(hear);
  kernel?.disposed?.connect(ended);
  return () => {
    kernel?.statusChanged?.disconnect(hear);
    kernel?.disposed?.disconnect(ended);
  };
}

/**
 * The kernel answers while it lives. After that its last answer stays until something changes; then the page answers, if
 * it can.
 */
export function survivingSource<Answer extends object>(
  model: Model,
  asks: readonly string[],
  kernel: Source<Answer>,
  page: ((model: Model) => Source<Answer>) | null,
  whenEnded: (ended: () => void) => () => void,
): Source<Answer> {
  const audience = new Audience<Answer>();
  let source = kernel;
  let ended = false;
  let waiting = false; // for an answer that will not come if the kernel ends now
  let last: Answer | Failure | undefined;
  let unlisten = () => {};
  const hear = (answer: Answer | Failure) => {
    waiting = false;
    last = answer;
    audience.tell(answer);
  };
  let leave = source.subscribe(hear);
  const takeOver = () => {
    const pending = source.pending();
    unlisten();
    leave();
    source.dispose();
    for (const [name, value] of Object.entries(pending)) model.set(name, value);
    source = page!(muted(model));
    leave = source.subscribe(hear);
  };
  const unwatch = whenEnded(() => {
    if (ended) return;
    ended = true;
    if (page && waiting) return takeOver();
    if (page) unlisten = listen(model, asks, takeOver);
    if (last) audience.tell(last); // so that the mark beside it is written anew
  });
  return {
    get origin() {
      return source.origin;
    },
    get ended() {
      return ended ? (page ? "page" : "nobody") : undefined;
    },
    request(change) {
      waiting = true;
      if (!ended || source !== kernel) return source.request(change);
      for (const [name, value] of Object.entries(change)) model.set(name, value); // the first one calls the page
      if (!page) audience.tell({ error: "The kernel has ended: run the cell again." });
    },
    pending: () => source.pending(),
    subscribe: (heard) => audience.join(heard),
    dispose() {
      unwatch();
      unlisten();
      leave();
      source.dispose();
      audience.clear();
    },
  };
}

/** The model, without a word to a kernel that is not there. */
function muted(model: Model): Model {
  return {
    get: (name) => model.get(name),
    set: (name, value) => model.set(name, value),
    save_changes() {},
    on: (event, heard) => model.on(event, heard),
    off: (event, heard) => model.off(event, heard),
  };
}
