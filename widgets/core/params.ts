/** What a reader can set, and what is wrong with it. Twin of mha_lessons/params.py: the same sentences, word for word. */

import { tokenize } from "./tokens";

export const MAX_TOKENS = 256;
export const MAX_CHARACTERS = 10_000;
export const MIN_D_MODEL = 4;
export const MAX_D_MODEL = 256;
export const MIN_D_MODEL_DESIGNED = 16;
export const MAX_WIDTH = 1024;
export const MAX_ATTENTION_WEIGHTS = 2 ** 24;
export const MIN_TEMPERATURE = 0.05;
export const MAX_TEMPERATURE = 20;
export const MAX_SEED = 2 ** 32 - 1;
/** A gate may be any number of at most this size; the controls offer 0, 0.5, 1 and 2. */
export const MAX_GATE = 10;

export interface Params {
  readonly text: string;
  readonly num_heads: number;
  readonly d_model: number;
  /** null: d_model / num_heads */
  readonly d_head: number | null;
  readonly causal: boolean;
  readonly temperature: number;
  readonly seed: number;
  readonly source: "random" | "designed";
}

/** The width of one head that these parameters ask for. */
export function headWidth({
  d_model,
  d_head,
  num_heads,
}: Pick<Params, "d_model" | "d_head" | "num_heads">): number {
  return d_head ?? Math.floor(d_model / num_heads);
}

type Fields = Record<keyof Params, unknown>;

/** null, or one sentence that says what is wrong and what would work. Takes anything, since it may come from a file
 * or a kernel; the first fault is named. */
export function check(params: unknown): string | null {
  const fields = (typeof params === "object" && params !== null ? params : {}) as Fields;
  const heads = fields.num_heads as number;
  const d_model = fields.d_model as number;
  const d_head = (fields.d_head ?? null) as number | null;
  return (
    checkTypes(fields) ??
    checkText(fields.text as string) ??
    checkHeads(heads, d_model, d_head) ??
    checkSize(tokenize(fields.text as string).length, heads) ??
    (fields.source === "designed" && d_model < MIN_D_MODEL_DESIGNED
      ? `Designed heads need d_model = ${MIN_D_MODEL_DESIGNED} or more, got ${d_model}. Try ${MIN_D_MODEL_DESIGNED}.`
      : null)
  );
}

/** null, or one sentence that says what is wrong with the gates. */
export function checkGates(gates: unknown): string | null {
  const wanted = `gates should be a list of numbers from -${MAX_GATE} to ${MAX_GATE}, one for each head`;
  if (!Array.isArray(gates)) return `${wanted}, got ${describe(gates)}.`;
  const wrong = gates.findIndex((gate) => typeof gate !== "number" || !(Math.abs(gate) <= MAX_GATE));
  return wrong < 0 ? null : `${wanted}, got ${describe(gates[wrong])} for head ${wrong}.`;
}

/** Each value alone. */
function checkTypes(fields: Fields): string | null {
  const { text, num_heads, d_model, causal, temperature, seed, source } = fields;
  const d_head = fields.d_head ?? null;
  if (typeof text !== "string") return `text should be a sentence, got ${describe(text)}.`;
  if (!isWhole(d_model, MIN_D_MODEL, MAX_D_MODEL))
    return `d_model should be a whole number from ${MIN_D_MODEL} to ${MAX_D_MODEL}, got ${describe(d_model)}.`;
  if (!isWhole(num_heads, 1, MAX_WIDTH))
    return `num_heads should be a whole number from 1 to ${MAX_WIDTH}, got ${describe(num_heads)}.`;
  if (d_head !== null && !isWhole(d_head, 1, MAX_WIDTH))
    return `d_head should be a whole number from 1 to ${MAX_WIDTH}, or nothing for d_model // num_heads, got ${describe(d_head)}.`;
  if (typeof causal !== "boolean") return `causal should be true or false, got ${describe(causal)}.`;
  if (typeof temperature !== "number" || !(temperature >= MIN_TEMPERATURE && temperature <= MAX_TEMPERATURE))
    return `temperature should be a number from ${MIN_TEMPERATURE} to ${MAX_TEMPERATURE}, got ${describe(temperature)}.`;
  if (!isWhole(seed, 0, MAX_SEED))
    return `seed should be a whole number from 0 to ${MAX_SEED}, got ${describe(seed)}.`;
  if (source !== "random" && source !== "designed")
    return `source should be "random" or "designed", got ${describe(source)}.`;
  return null;
}

function checkText(text: string): string | null {
  // Counted first, so that a text of megabytes is refused without being cut into tokens.
  const characters = countCharacters(text);
  if (characters > MAX_CHARACTERS)
    return `The sentence has ${characters} characters. At most ${MAX_CHARACTERS} fit: shorten it.`;
  const tokens = tokenize(text).length;
  if (tokens === 0) return "The sentence is empty. Type at least one word.";
  if (tokens > MAX_TOKENS)
    return `The sentence has ${tokens} words and punctuation marks. At most ${MAX_TOKENS} fit: shorten it.`;
  return null;
}

function checkHeads(num_heads: number, d_model: number, d_head: number | null): string | null {
  if (d_head === null && d_model % num_heads !== 0) {
    const divisors = Array.from({ length: d_model }, (_, i) => i + 1).filter((i) => d_model % i === 0);
    const fewer = divisors.filter((i) => i < num_heads).slice(-1);
    const more = divisors.filter((i) => i > num_heads).slice(0, 1);
    const advice = [...fewer, ...more].join(" or ");
    return `d_model = ${d_model} cannot be split into ${num_heads} equal heads. Try ${advice}.`;
  }
  if (d_head !== null && num_heads * d_head > MAX_WIDTH)
    return (
      `${num_heads} heads of width ${d_head} are ${num_heads * d_head} numbers side by side. ` +
      `At most ${MAX_WIDTH} fit: try d_head = ${Math.floor(MAX_WIDTH / num_heads)}.`
    );
  return null;
}

function checkSize(tokens: number, num_heads: number): string | null {
  const weights = num_heads * tokens * tokens;
  if (weights <= MAX_ATTENTION_WEIGHTS) return null;
  return (
    `${num_heads} heads over ${tokens} tokens are ${weights} attention weights. ` +
    `At most ${MAX_ATTENTION_WEIGHTS} fit: try ${Math.floor(MAX_ATTENTION_WEIGHTS / tokens ** 2)} heads.`
  );
}

function isWhole(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

/** Unicode characters: what Python's len counts. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--;
  }
  return count;
}

/** A refused value in words: a number as JavaScript writes it, anything else by its kind. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return /^[a-z_]{1,20}$/.test(value) ? `"${value}"` : "text";
  if (Array.isArray(value)) return "a list";
  if (typeof value !== "number") return "an object";
  if (Number.isNaN(value)) return "NaN";
  const size = Math.abs(value);
  if (size === Infinity) return value > 0 ? "infinity" : "-infinity";
  const plain = size === 0 || (size >= 1e-4 && size < 1e16);
  return plain ? String(value) : value.toExponential().replace("+", "");
}
