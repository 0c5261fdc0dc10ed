import type { Failure } from "../frame/index";
import { MODELS, SENTENCES } from "./catalogue";

// Of the page's script; a module, as in JupyterLab, has none, and gets its sentences from the kernel.
const here = (document.currentScript as HTMLScriptElement | null)?.src;
const loading = new Map<string, Promise<object | Failure>>();

/** What the script of a sentence holds. It is loaded once; one that failed is tried again when it is asked for again. */
export function load(model: string, sentence: string): Promise<object | Failure> {
  const key = `${model}/${sentence}`;
  let found = loading.get(key);
  if (!found) {
    found = run(key).catch((error: Error) => {
      loading.delete(key);
      const text = SENTENCES.find(({ name }) => name === sentence)?.text ?? sentence;
      const name = MODELS[model]?.name ?? model;
      return { error: `${name}'s attention on “${text}” could not be loaded: ${error.message}` };
    });
    loading.set(key, found);
  }
  return found;
}

/** A classic script: `file://` lets a page load data in no other way. */
async function run(key: string): Promise<object> {
  if (!here) throw new Error("in JupyterLab it comes from the kernel, so leave engine at 'kernel'.");
  const file = `sentences/${key}.js`;
  const script = document.createElement("script");
  script.src = new URL(`../${file}`, here).href;
  try {
    await new Promise((done, failed) => {
      script.onload = done;
      script.onerror = () =>
        failed(new Error(`${file} is not beside the page. Choose another sentence, or load the page again.`));
      document.head.append(script);
    });
  } finally {
    script.remove();
  }
  const found = (globalThis as { mhaSentences?: Record<string, object> }).mhaSentences?.[key];
  if (!found) throw new Error(`${file} holds something else. Build the book again.`);
  return found;
}
