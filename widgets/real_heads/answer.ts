import { checkPacked, fromText, type Packed } from "../core/packed";
import type { Failure, Values } from "../frame/index";
import { MODELS, SENTENCES } from "./catalogue";
import { load } from "./load";

/** What this widget draws. */
export type Drawn = Packed & {
  /** Where the sentence's question is about. */
  readonly token: number;
  /** A model of the catalogue, or null where the attention was handed in. */
  readonly model: string | null;
};

/** As it comes: from the kernel as bytes, which are unpacked once. */
type Received = Omit<Drawn, "codes"> & { codes: DataView | Uint8Array; source?: string };

/** As a page carries it. */
type Carried = Omit<Received, "codes"> & { codes: string };

const OLD = "This browser is too old to unpack attention weights: open the page in one of 2023 or later.";

/** The attention of a prepared sentence, or what Python handed over, when the page draws alone. */
export function answer(values: Values): Drawn | Failure | Promise<Drawn | Failure> {
  const given = (values["given"] ?? {}) as { error?: string } & Carried;
  if (given.error) return { error: given.error };
  if (Object.keys(given).length > 0) return unpacked({ ...given, model: null });
  const model = String(values["model"]);
  const sentence = String(values["sentence"]);
  return load(model, sentence).then((found) =>
    "error" in found && typeof found.error === "string"
      ? { error: found.error }
      : unpacked({ ...(found as Carried), model }),
  );
}

function unpacked(carried: Carried): Failure | Promise<Drawn | Failure> {
  if (!("DecompressionStream" in globalThis)) return { error: OLD };
  return fromText(carried.codes).then(
    (codes) => received({ ...carried, codes }),
    ({ message }: Error) => undrawable(message),
  );
}

/** Data from elsewhere as attention that can be drawn; a promise of the kernel's answer keeps its other fields. */
export function received(found: Received): (Drawn & { made?: string }) | Failure {
  const { buffer, byteOffset, byteLength } = found.codes;
  const drawn = { ...found, codes: new Uint8Array(buffer, byteOffset, byteLength) };
  const fault = checkPacked(drawn);
  return fault ? undrawable(fault) : { ...drawn, made: made(drawn) };
}

function undrawable(fault: string): Failure {
  return { error: `These weights cannot be drawn: ${fault}. Make them anew.` };
}

function made({ model, source }: { model: string | null; source?: string }): string {
  const name = model === null ? null : MODELS[model]?.name;
  return name ? `measured in ${name} (${source})` : "attention handed in";
}

export function sentenceOf(name: unknown) {
  return SENTENCES.find((each) => each.name === name) ?? SENTENCES[0]!;
}
