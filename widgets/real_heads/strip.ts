import { css, decimals, element, weights, write, type Cleanup, type Theme } from "../draw/index";

const MOST = 48; // words; of a longer text those around the chosen one

/** The sentence itself: a word is chosen by a click, and the others are marked by how much it looks at them. */
export class Strip {
  readonly root: HTMLElement;
  #words: { button: HTMLButtonElement; word: HTMLElement; weight: HTMLElement }[] = [];
  #first = 0;
  #count = 0;

  constructor(
    private readonly cleanup: Cleanup,
    private readonly choose: (token: number) => void,
  ) {
    this.root = element("div", {
      class: "mha-strip",
      role: "radiogroup",
      "aria-label": "The word that looks",
    });
    cleanup.listen(this.root, "keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const now = this.#words.findIndex(({ button }) => button === document.activeElement);
      if (!step || now < 0) return;
      event.preventDefault();
      const next = this.#first + now + step;
      if (next < 0 || next >= this.#count) return;
      this.choose(next);
      this.#follow = true;
    });
  }

  #follow = false;

  /** `row` is the chosen token's attention. */
  show(tokens: readonly string[], token: number, row: ArrayLike<number>, theme: Theme): void {
    this.#count = tokens.length;
    const shown = Math.min(MOST, tokens.length);
    this.#first = Math.max(0, Math.min(token - Math.floor(shown / 2), tokens.length - shown));
    while (this.#words.length < shown) this.#add();
    const scale = weights[theme];
    this.#words.forEach(({ button, word, weight }, i) => {
      button.hidden = i >= shown;
      if (button.hidden) return;
      const place = this.#first + i;
      const chosen = place === token;
      const share = row[place] ?? 0;
      write(word, tokens[place]!);
      write(weight, share >= 0.005 ? decimals(share, 2) : "");
      button.value = String(place);
      button.setAttribute("aria-checked", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      // The square root, as everywhere: the mark under the word has the colour of its weight.
      weight.style.setProperty("--mha-share", css(scale, share));
      if (chosen && this.#follow) button.focus();
    });
    this.#follow = false;
  }

  #add(): void {
    const word = element("span", { class: "mha-word" });
    const weight = element("span", { class: "mha-word-weight", "aria-hidden": "true" });
    const button = element(
      "button",
      { type: "button", name: "token", role: "radio", class: "mha-token" },
      word,
      weight,
    );
    this.cleanup.listen(button, "click", () => this.choose(Number(button.value)));
    this.#words.push({ button, word, weight });
    this.root.append(button);
  }
}
