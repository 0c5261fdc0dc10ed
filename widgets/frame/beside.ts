import { element } from "../draw/index";

// Of the page's script; a module, as in JupyterLab, has none, and gets from the kernel what a page would load.
const here = (document.currentScript as HTMLScriptElement | null)?.src;
const loading = new Map<string, Promise<unknown>>();

/** What the scripts that are loaded later leave on the page. */
interface Page {
  mhaReaders?: Record<string, string>;
  mhaSentences?: Record<string, object>;
  mhaLessons?: { workers?: Record<string, string> };
}

/** What a script leaves on the page, whose address is given from the page's own scripts on: `file://` lets a page load data
 * in no other way. It is loaded once; one that failed is tried again when it is asked for again. */
export function loadBeside<Found>(file: string, left: (page: Page) => Found | undefined): Promise<Found> {
  let found = loading.get(file) as Promise<Found> | undefined;
  if (!found) {
    found = run(file, left).catch((error: Error) => {
      loading.delete(file);
      throw error;
    });
    loading.set(file, found);
  }
  return found;
}

async function run<Found>(file: string, left: (page: Page) => Found | undefined): Promise<Found> {
  if (!here) throw new Error("in JupyterLab this comes from the kernel, so leave engine at 'kernel'");
  const name = file.replace("../", "");
  const script = element("script", { src: new URL(file, here).href });
  try {
    await new Promise((done, failed) => {
      script.onload = done;
      script.onerror = () => failed(new Error(`${name} is not beside the page`));
      document.head.append(script);
    });
  } finally {
    script.remove();
  }
  const found = left(globalThis as Page);
  if (!found) throw new Error(`${name} holds something else; build the book again`);
  return found;
}

/** A worker that takes such orders. */
export interface WorkerFor<Order> extends Omit<Worker, "postMessage"> {
  postMessage(order: Order): void;
}

/** The worker of the widget `name`, which tells its news. Its text is large, so it is loaded here first; it is made of a
 * blob, which a page from file:// may have, too. Throws what the browser says against it. */
export async function startWorker<Order, News>(
  name: string,
  hear: (news: News | { kind: "failed"; error: string }) => unknown,
): Promise<WorkerFor<Order>> {
  const text = await loadBeside(`${name}.worker.js`, ({ mhaLessons }) => mhaLessons?.workers?.[name]);
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.onmessage = ({ data }: MessageEvent<News>) => {
    URL.revokeObjectURL(address);
    hear(data);
  };
  worker.onerror = ({ message }) =>
    hear({ kind: "failed", error: message || "this browser does not let the page start a worker" });
  return worker;
}
