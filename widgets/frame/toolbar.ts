import { element, type Cleanup } from "../draw/index";

type Act = () => string | Promise<string>;

/** Buttons in a row; each says in the status line what it has done. */
export class Toolbar {
  readonly root: HTMLElement;
  #status = element("span", { class: "mha-status", role: "status" });
  #buttons = element("div", { class: "mha-buttons" });
  #fading = 0;

  constructor(
    label: string,
    private readonly cleanup: Cleanup,
  ) {
    this.root = element(
      "div",
      { class: "mha-toolbar", role: "group", "aria-label": label },
      this.#buttons,
      this.#status,
    );
    cleanup.add(() => clearTimeout(this.#fading));
  }

  /** A button named by `data-action`; `act` returns the sentence to say, or throws. */
  add(action: string, label: string, act: Act): HTMLButtonElement {
    const button = element("button", { type: "button", class: "mha-button", "data-action": action }, label);
    this.cleanup.listen(button, "click", async () => {
      try {
        this.#say(await act());
      } catch (error) {
        this.#say(`That did not work: ${error instanceof Error ? error.message : String(error)}.`);
      }
    });
    this.#buttons.append(button);
    return button;
  }

  #say(sentence: string): void {
    clearTimeout(this.#fading);
    this.#status.textContent = sentence;
    this.#fading = window.setTimeout(() => (this.#status.textContent = ""), 6_000);
  }
}
