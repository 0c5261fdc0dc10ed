import { element, type NumberTable } from "../draw/index";
import type { Frame, Picture, Values, View as FramedView } from "../frame/index";
import { matching, type Option } from "./matching";
import { prose } from "./prose";

type State = "open" | "right" | "wrong";

/** One option's line: the choice, and what is said about it. */
interface Line {
  readonly option: Option;
  readonly root: HTMLElement;
  readonly radio: HTMLInputElement;
  readonly why: HTMLElement;
}

const SIGNS: Record<State, string> = { open: "", right: "✓", wrong: "✗" };

/** A question, its answers, and what each of them gets to hear. */
export class View implements FramedView<object> {
  readonly controls = [];
  readonly body: readonly HTMLElement[];
  #name = `self-check-${Math.random().toString(36).slice(2)}`; // JupyterLab loads a module for each widget: no counter
  #form = element("form", { class: "mha-ask", novalidate: true });
  #typed = element("input", { type: "text", class: "mha-typed", autocomplete: "off", spellcheck: "false" });
  #hint = element("p", { class: "mha-hint", role: "status" });
  #check = element("button", { type: "submit", class: "mha-button", "data-action": "check" }, "Check");
  #reveal = button("reveal", "Show the answer");
  #again = button("reset", "Start again");
  #lines: Line[] = [];
  #built = "";
  #said = "";
  #values: Values = {};
  #options: readonly Option[] = [];
  #typing = false;

  constructor({ cleanup, set }: Frame) {
    this.body = [this.#form];
    cleanup.listen(this.#form, "submit", (event) => {
      event.preventDefault();
      const chosen = this.#answer();
      if (chosen === "")
        return this.#say("open", this.#typing ? "Type an answer first." : "Choose an answer first.");
      set({ chosen, revealed: matching(this.#options, chosen)?.right === true });
      this.showValues(this.#values); // the same answer again changes nothing, and is told again
    });
    cleanup.listen(this.#reveal, "click", () => {
      set({ revealed: true });
      this.#again.focus(); // this button goes, and the keyboard should not lose its place
    });
    cleanup.listen(this.#again, "click", () => {
      set({ chosen: "", revealed: false });
      (this.#typing ? this.#typed : this.#lines[0]?.radio)?.focus();
    });
  }

  pictures = (): Picture[] => [];
  draw(): void {} // all there is to show are the values
  recolour(): void {}
  numbers = (): NumberTable[] => [];
  say = (): string => ""; // the hint under the question is the live region

  showValues(values: Values): void {
    this.#values = values;
    const { title, question, options, typed, otherwise, chosen, revealed } = values;
    this.#build(String(title), String(question), options as Option[], Boolean(typed));
    this.#mark(String(chosen), Boolean(revealed), String(otherwise));
  }

  /** Make the form; its parts stay the same elements until the question changes. */
  #build(title: string, question: string, options: Option[], typing: boolean): void {
    const now = JSON.stringify([title, question, options, typing]);
    if (now === this.#built) return;
    this.#built = now;
    this.#options = options;
    this.#typing = typing;
    this.#lines = options.map((option, i) => line(option, this.#name, i, typing));
    const asked = element(
      "legend",
      {},
      element("span", { class: "mha-ask-title" }, title),
      element("span", { class: "mha-ask-question" }, ...prose(question)),
    );
    const label = element("label", {}, "Your answer", this.#typed);
    const answers = this.#lines.map(({ root }) => root);
    this.#form.replaceChildren(
      element("fieldset", {}, asked, ...(typing ? [label] : answers)),
      element("div", { class: "mha-buttons" }, this.#check, this.#reveal, this.#again),
      this.#hint,
      ...(typing ? answers : []),
    );
  }

  /** Show what was answered, and say about it what there is to say. */
  #mark(chosen: string, revealed: boolean, otherwise: string): void {
    const found = chosen === "" ? undefined : matching(this.#options, chosen);
    for (const { option, root, radio, why } of this.#lines) {
      const own = option === found;
      const seen = own || revealed;
      root.dataset["verdict"] = seen ? state(option) : "open";
      root.dataset["chosen"] = String(own);
      why.hidden = !seen;
      if (seen) radio.setAttribute("aria-describedby", why.id);
      else radio.removeAttribute("aria-describedby"); // a description is read out even where it is hidden
      if (this.#typing) root.hidden = !revealed;
      else if (own) radio.checked = true;
      else if (chosen === "") radio.checked = false;
    }
    if (this.#typing && (chosen !== "" || !revealed) && document.activeElement !== this.#typed)
      this.#typed.value = chosen;
    this.#reveal.hidden = revealed;
    this.#again.hidden = chosen === "" && !revealed;
    if (found?.right) this.#say("right", "Right.", found.why);
    else if (revealed) this.#say("open", `The answer: ${right(this.#options)}.`);
    else if (found && this.#typing) this.#say("wrong", `Not ${found.text}. ${found.why}`);
    else if (found)
      this.#say("wrong", `Not “${found.text}”. Try another answer, or have it shown.`, found.why);
    else if (chosen !== "") this.#say("wrong", otherwise);
    else this.#say("open", "");
  }

  #answer(): string {
    if (this.#typing) return this.#typed.value.trim();
    return this.#lines.find(({ radio }) => radio.checked)?.option.text ?? "";
  }

  /** Tell the verdict; `why` stands beside the option for the eye, and is here for the ear. */
  #say(verdict: State, sentence: string, why = ""): void {
    const now = `${verdict} ${sentence} ${why}`;
    if (now === this.#said) return; // a live region speaks whenever it is written
    this.#said = now;
    this.#hint.dataset["verdict"] = verdict;
    const heard = element("span", { class: "mha-visually-hidden" }, " ", ...prose(why));
    this.#hint.replaceChildren(...(SIGNS[verdict] ? [sign(verdict), " "] : []), ...prose(sentence), heard);
  }
}

function line(option: Option, name: string, place: number, typing: boolean): Line {
  const radio = element("input", { type: "radio", name, value: option.text });
  const verdict = state(option);
  const word = element("b", { class: "mha-word" }, sign(verdict), verdict === "right" ? " Right. " : " No. ");
  const why = element("p", { class: "mha-why", id: `${name}-${place}` }, word, ...prose(option.why));
  const text = element("span", {}, ...prose(option.text));
  const label = typing ? element("p", { class: "mha-foreseen" }, text) : element("label", {}, radio, text);
  return { option, radio, why, root: element("div", { class: "mha-option" }, label, why) };
}

/** A sign that the eye takes in; the words beside it say the same. */
function sign(verdict: State): HTMLElement {
  return element("span", { "aria-hidden": "true" }, SIGNS[verdict]);
}

function button(action: string, text: string): HTMLButtonElement {
  return element("button", { type: "button", class: "mha-button", "data-action": action }, text);
}

const state = (option: Option): State => (option.right ? "right" : "wrong");

const right = (options: readonly Option[]): string =>
  options
    .filter((option) => option.right)
    .map(({ text }) => text)
    .join(" or ");
