import { element } from "../draw/index";
import type { News, Order } from "./worker/protocol";

export interface Trainer extends Omit<Worker, "postMessage"> {
  postMessage(order: Order): void;
}

let loading: Promise<string> | undefined;

/** The worker's text. It is large, so the page fetches it only when a reader presses Train: by a script, since a page
 * from file:// may fetch nothing else. */
function workerText(): Promise<string> {
  return (loading ??= new Promise<string>((done, failed) => {
    const own = document.querySelector<HTMLScriptElement>('script[src$="head_trainer.js"]');
    if (!own)
      return failed(
        new Error("the page does not carry the trainer; in a notebook, leave engine at 'kernel'"),
      );
    const script = element("script", { src: own.src.replace(/\.js$/, ".worker.js") });
    const workers = () =>
      (globalThis as { mhaLessons?: { workers: Record<string, string> } }).mhaLessons?.workers;
    script.onload = () => {
      const text = workers()?.["head_trainer"];
      if (text) done(text);
      else failed(new Error("head_trainer.worker.js is not what was expected; build the widgets again"));
    };
    script.onerror = () => failed(new Error("head_trainer.worker.js is missing beside head_trainer.js"));
    document.head.append(script);
  }).catch((error: unknown) => {
    loading = undefined; // the next press tries again
    throw error;
  }));
}

/** A worker made of a blob, which a page from file:// may have, too. Throws what the browser says against it. */
export async function startWorker(
  hear: (news: News) => unknown,
  fail: (error: string) => unknown,
): Promise<Trainer> {
  if (typeof WebAssembly === "undefined") throw new Error("this browser has no WebAssembly");
  const address = URL.createObjectURL(new Blob([await workerText()], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.onmessage = ({ data }: MessageEvent<News>) => {
    URL.revokeObjectURL(address);
    hear(data);
  };
  worker.onerror = (event) => fail(event.message || "this browser does not let the page start a worker");
  return worker;
}
