/** An answer that the author foresaw. */
export interface Option {
  readonly text: string;
  readonly right?: boolean;
  /** Why it is right or wrong, in a sentence or two. */
  readonly why: string;
}

/** The option that an answer means: the same words, or a number that rounds to the option's digits. */
export function matching(options: readonly Option[], answer: string): Option | undefined {
  const given = plain(answer);
  return (
    options.find(({ text }) => plain(text) === given) ??
    options.find(({ text }) => rounds(given, plain(text)))
  );
}

/** Case, marks of prose and spaces at the ends or in a row do not matter; nor does which minus sign. */
function plain(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[`*]/g, "")
    .replace(/\u2212/g, "-")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/[.!]$/, "")
    .toLowerCase();
}

const NUMBER = /^(-?[\d.]+)(?: ?\/ ?([\d.]+))?( ?%)?$/;

/** The number that 0.5, 0,5, 1/2 and 50 % are; NaN for words. */
function number(text: string): number {
  const digits = text.replace(/,(?=\d{3}\b)/g, "").replace(",", ".");
  const [, top, bottom = "1", percent] = NUMBER.exec(digits) ?? [];
  return Number(top) / Number(bottom) / (percent ? 100 : 1);
}

/** Whether `given` is the number `wanted` to the decimals that this one has. */
function rounds(given: string, wanted: string): boolean {
  const places = wanted.split(".")[1]?.replace(/\D/g, "").length ?? 0;
  const room = places === 0 ? 0 : 0.5 * 10 ** -places;
  return Math.abs(number(given) - number(wanted)) <= room + 1e-9;
}
