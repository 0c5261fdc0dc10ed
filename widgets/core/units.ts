/** Sizes as a reader takes them in: 16,640, 6.44 billion, 512 KiB. Twin of mha_lessons/units.py. */

const BYTES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const COUNTS = ["", "thousand", "million", "billion", "trillion"];
const FLOPS = ["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP", "PFLOP"];

/** Bytes in powers of 1024, to three digits. */
export function bytesText(size: number): string {
  return scaled(size, 1024, BYTES);
}

/** Floating-point operations in powers of 1000, to three digits. */
export function flopsText(count: number): string {
  return scaled(count, 1000, FLOPS);
}

/** A count: every digit below a million, three of them above. */
export function countText(count: number): string {
  return count < 1e6 ? exactText(Math.trunc(count)) : scaled(count, 1000, COUNTS);
}

/** A whole number with every digit. */
export function exactText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** How many times as much, in a word. */
export function ratioText(value: number, reference: number): string {
  if (value === reference) return "same";
  if (!value || !reference) return value ? "new" : "none";
  return value > reference ? `× ${digits(value / reference)}` : `÷ ${digits(reference / value)}`;
}

function scaled(size: number, step: number, names: readonly string[]): string {
  let power = 0;
  // 999.6 would be written as 1000: it belongs to the next unit
  while (power < names.length - 1 && size >= (step === 1024 ? step : 999.5)) {
    size /= step;
    power++;
  }
  return `${digits(size)} ${names[power]}`.trimEnd();
}

/** Three digits, halves up, without zeros at the end; four where the number has four before the point. */
function digits(size: number): string {
  const places = size < 9.995 ? 100 : size < 99.95 ? 10 : 1;
  return String(Math.floor(size * places + 0.5) / places);
}
