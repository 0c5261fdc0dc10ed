import { checkPacked, fromBase64, type Packed } from "../core/packed";
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

/** As it comes: in base64 in a page, as bytes from the kernel. */
type Received = Omit<Drawn, "codes"> & { codes: string | DataView | Uint8Array; source?: string };

/** The attention of a prepared sentence, or what Python handed over, when the page draws alone. */
export function answer(values: Values): Drawn | Failure | Promise<Drawn | Failure> {
  const given = (values["given"] ?? {}) as { error?: string } & Received;
  if (given.error) return { error: given.error };
  if (Object.keys(given).length > 0) return received({ ...given, model: null });
  const model = String(values["model"]);
  const sentence = String(values["sentence"]);
  return load(model, sentence).then((found) =>
    "error" in found && typeof found.error === "string"
      ? { error: found.error }
      : received({ ...(found as unknown as Received), model }),
  );
}

/** Data from elsewhere as attention that can be drawn; a promise of the kernel's answer keeps its other fields. */
export function received(found: Received): (Drawn & { made?: string }) | Failure {
  const codes = bytesOf(found.codes);
  const drawn = { ...found, codes: codes ?? new Uint8Array() };
  const fault = codes ? checkPacked(drawn) : "the codes are no base64";
  if (fault) return { error: `These weights cannot be drawn: ${fault}. Make them anew.` };
  return { ...drawn, made: made(drawn) };
}

function bytesOf(codes: string | DataView | Uint8Array): Uint8Array | null {
  if (codes instanceof Uint8Array) return codes;
  if (typeof codes !== "string") return new Uint8Array(codes.buffer, codes.byteOffset, codes.byteLength);
  try {
    return fromBase64(codes);
  } catch {
    return null;
  }
}

function made({ model, source }: { model: string | null; source?: string }): string {
  const name = model === null ? null : MODELS[model]?.name;
  return name ? `measured in ${name} (${source})` : "attention handed in";
}

export function sentenceOf(name: unknown) {
  return SENTENCES.find((each) => each.name === name) ?? SENTENCES[0]!;
}
