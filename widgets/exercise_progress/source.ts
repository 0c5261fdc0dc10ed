import { entries } from "../core/exercise_progress";
import { element, write, type Cleanup } from "../draw/index";

const MOST = 1_000_000; // bytes; twelve exercises take 2 kB

/** Where the progress comes from: a file that the reader opens, or, where there is a kernel, their own. */
export class Source {
  readonly root: HTMLElement;
  readonly message = element("p", { class: "mha-message mha-refused", role: "alert" });
  #file = element("input", { type: "file", name: "opened", accept: ".json,application/json" });
  #close = button("close", "Close the file");
  #refresh = button("refresh", "Refresh");

  constructor(cleanup: Cleanup, opened: (said: object) => void, refresh: () => void) {
    const label = element("label", { class: "mha-control mha-open" }, element("span", {}, "Open a file of progress"), this.#file); // prettier-ignore
    this.root = element("div", { class: "mha-source" }, label, this.#close, this.#refresh);
    cleanup.listen(this.#file, "change", async () => {
      const file = this.#file.files?.[0];
      if (!file) return;
      const said = await read(file);
      write(this.message, typeof said === "string" ? `${said} What you see is as it was.` : "");
      if (typeof said !== "string") opened(said);
      this.#file.value = ""; // so that the same file can be opened again, once it is mended
    });
    cleanup.listen(this.#close, "click", () => {
      opened({});
      this.#file.focus(); // this button goes, and the keyboard should not lose its place
    });
    cleanup.listen(this.#refresh, "click", refresh);
  }

  /** `live`: a kernel reads the reader's own file. */
  show(opened: boolean, live: boolean): void {
    this.#close.hidden = !opened;
    this.#refresh.hidden = !live || opened;
  }

  clear(): void {
    write(this.message, "");
  }
}

/** What a file says, with its name; a sentence, if it is no file of progress. */
async function read(file: File): Promise<object | string> {
  if (file.size > MOST) return `${file.name} is too large for progress: ${file.size} bytes.`;
  let said: unknown;
  try {
    said = JSON.parse(await file.text());
  } catch {
    return `${file.name} is no progress: it should be what check() writes, and is no JSON.`;
  }
  const found = entries(said);
  if ("error" in found) return `${file.name} is no progress: ${found.error}`;
  return { name: file.name, exercises: found.kept };
}

function button(name: string, text: string): HTMLButtonElement {
  return element("button", { type: "button", class: "mha-button", name }, text);
}
