// Of the page's script; a module, as in JupyterLab, has none, and gets its numbers from the kernel.
const here = (document.currentScript as HTMLScriptElement | null)?.src;
const loading = new Map<string, Promise<string>>();

interface Page {
  mhaReaders?: Record<string, string>;
  mhaLessons?: { workers?: Record<string, string> };
}

/** The weights of a model that comes with the package, as base64. */
export function loadReader(name: string): Promise<string> {
  return once(`../readers/${name}.js`, (page) => page.mhaReaders?.[name]);
}

/** The text of the worker that retrains. */
export function loadWorker(): Promise<string> {
  return once("head_pruner.worker.js", (page) => page.mhaLessons?.workers?.["head_pruner"]);
}

/** What a script beside ours leaves behind: `file://` lets a page load data in no other way. One that failed is tried
 * again when it is asked for again. */
function once(file: string, left: (page: Page) => string | undefined): Promise<string> {
  let found = loading.get(file);
  if (!found) {
    found = run(file, left).catch((error: Error) => {
      loading.delete(file);
      throw error;
    });
    loading.set(file, found);
  }
  return found;
}

async function run(file: string, left: (page: Page) => string | undefined): Promise<string> {
  if (!here) throw new Error("in JupyterLab this comes from the kernel, so leave engine at 'kernel'");
  const script = document.createElement("script");
  script.src = new URL(file, here).href;
  try {
    await new Promise((done, failed) => {
      script.onload = done;
      script.onerror = () => failed(new Error(`${file.replace("../", "")} is not beside the page`));
      document.head.append(script);
    });
  } finally {
    script.remove();
  }
  const found = left(globalThis as Page);
  if (!found) throw new Error(`${file.replace("../", "")} holds something else; build the book again`);
  return found;
}
