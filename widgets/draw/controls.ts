import { element, write, type Cleanup } from "./dom";

/** A labelled control whose `name` is the trait it sets. `show` writes the trait's value without telling anybody. */
export interface Control {
  root: HTMLElement;
  input: HTMLInputElement | HTMLSelectElement;
  show(value: unknown): void;
}

type Change = (value: string) => void;
// Each bundle has its own copy of this module, and their ids meet on one page.
const own = Math.random().toString(36).slice(2, 8);
let count = 0;

function labelled(label: string, input: Control["input"], ...after: HTMLElement[]): HTMLElement {
  input.id = `mha-${input.name}-${own}${++count}`;
  return element(
    "div",
    { class: "mha-control" },
    element("label", { for: input.id }, label),
    input,
    ...after,
  );
}

/** A slider over whole numbers; `describe` writes what the number means beside it. */
export function slider(
  cleanup: Cleanup,
  name: string,
  label: string,
  range: { min: number; max: number; step?: number },
  describe: (value: number) => string,
  change: Change,
): Control {
  const input = element("input", {
    type: "range",
    name,
    min: range.min,
    max: range.max,
    step: range.step ?? 1,
  });
  const read = element("output", { class: "mha-readout" });
  const root = labelled(label, input, read);
  read.htmlFor = input.id;
  const describeNow = () => {
    const words = describe(input.valueAsNumber);
    write(read, words);
    input.setAttribute("aria-valuetext", words);
  };
  cleanup.listen(input, "input", () => {
    describeNow();
    change(input.value);
  });
  return {
    root,
    input,
    show(value) {
      if (input.value !== String(value)) input.value = String(value);
      describeNow();
    },
  };
}

export function select(
  cleanup: Cleanup,
  name: string,
  label: string,
  options: [value: string, text: string][],
  change: Change,
): Control {
  const input = element(
    "select",
    { name },
    ...options.map(([value, text]) => element("option", { value }, text)),
  );
  cleanup.listen(input, "change", () => change(input.value));
  return {
    root: labelled(label, input),
    input,
    show(value) {
      const text = String(value);
      // A value set from Python need not be among ours: offer it, rather than show another one.
      if (![...input.options].some((option) => option.value === text)) {
        input.append(element("option", { value: text }, text));
      }
      input.value = text;
    },
  };
}

export function checkbox(
  cleanup: Cleanup,
  name: string,
  label: string,
  change: (on: boolean) => void,
): Control {
  const input = element("input", { type: "checkbox", name });
  cleanup.listen(input, "change", () => change(input.checked));
  const root = labelled(label, input);
  root.classList.add("mha-check");
  return { root, input, show: (value) => void (input.checked = Boolean(value)) };
}

/** A field for text or a number; what stands in it is left alone while the reader types. */
export function field(
  cleanup: Cleanup,
  name: string,
  label: string,
  attributes: Record<string, string | number>,
  change: Change,
): Control {
  const input = element("input", { type: "text", name, autocomplete: "off", ...attributes });
  cleanup.listen(input, "input", () => change(input.value));
  return {
    root: labelled(label, input),
    input,
    show(value) {
      const text = String(value);
      if (input.value !== text && document.activeElement !== input) input.value = text;
    },
  };
}
