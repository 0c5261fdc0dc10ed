/** What values a trait may take. Twin of the traitlets in mha_lessons/widgets; a test walks both. */
export type Trait =
  | { kind: "text"; most: number }
  | { kind: "whole"; min: number; max: number; none?: true }
  | { kind: "real"; min: number; max: number }
  | { kind: "flag" }
  | { kind: "choice"; of: readonly string[] }
  | { kind: "reals"; min: number; max: number; most: number }
  | { kind: "fixed" }; // the author sets it, and no link may change it

export type Values = Record<string, unknown>;

const MOST_FRAGMENT = 20_000; // characters; a longer link is refused unread

/** The value that a text of a link stands for, or undefined if the trait cannot take it. A link is untrusted. */
export function parse(trait: Trait, text: string): unknown {
  const number = text.trim() === "" ? NaN : Number(text);
  switch (trait.kind) {
    case "text":
      return text.length <= trait.most ? text : undefined;
    case "whole":
      if (trait.none && text === "none") return null;
      return Number.isInteger(number) && number >= trait.min && number <= trait.max ? number : undefined;
    case "real":
      return number >= trait.min && number <= trait.max ? number : undefined;
    case "flag":
      return text === "yes" ? true : text === "no" ? false : undefined;
    case "choice":
      return trait.of.includes(text) ? text : undefined;
    case "fixed":
      return undefined;
    case "reals": {
      const parts = text === "" ? [] : text.split(" ");
      const numbers = parts.map((part) => (part === "" ? NaN : Number(part)));
      const good = numbers.every((part) => part >= trait.min && part <= trait.max);
      return good && numbers.length <= trait.most ? numbers : undefined;
    }
  }
}

/** One sentence that says which number no trait can hold, such as that of an empty field; null where all can be held. */
export function misfit(traits: Record<string, Trait>, values: Values): string | null {
  for (const [name, value] of Object.entries(values)) {
    const trait = traits[name];
    if (trait?.kind !== "whole" || typeof value !== "number" || Number.isInteger(value)) continue;
    const got = Number.isNaN(value) ? "nothing" : String(value);
    return `${name} should be a whole number from ${trait.min} to ${trait.max}, got ${got}.`;
  }
  return null;
}

function write(value: unknown): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : String(value);
}

/** The fragment that names a widget of the page and its values: `#head_explorer-1?num_heads=8&causal=yes`. */
export function toFragment(place: string, values: Values): string {
  const fields = new URLSearchParams(Object.entries(values).map(([name, value]) => [name, write(value)]));
  return `#${place}?${fields}`;
}

/** The values that a fragment gives to the widget in `place`; what it does not know or may not be is left out. */
export function fromFragment(fragment: string, place: string, traits: Record<string, Trait>): Values {
  const start = `#${place}?`;
  if (!fragment.startsWith(start) || fragment.length > MOST_FRAGMENT) return {};
  const values: Values = {};
  for (const [name, text] of new URLSearchParams(fragment.slice(start.length))) {
    const trait = Object.hasOwn(traits, name) ? traits[name] : undefined;
    const value = trait && parse(trait, text);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** A value as Python writes it. */
export function python(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The call that makes this widget in a notebook. */
export function pythonCall(name: string, values: Values): string {
  const fields = Object.entries(values).map(([trait, value]) => `${trait}=${python(value)}`);
  return `${name}(${fields.join(", ")})`;
}
