/** Weights in the format of safetensors: the length of a header, the header as JSON, then the numbers. */

export interface Tensors {
  /** Each tensor flat, widened to float32. */
  readonly tensors: Readonly<Record<string, Float32Array>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly data_offsets: readonly [number, number];
}

const HEADER = 8; // bytes of the header's length

/** Read float16 and float32 tensors. Throws a sentence for anything else. */
export function readSafetensors(bytes: Uint8Array): Tensors {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < HEADER ? Infinity : Number(view.getBigUint64(0, true));
  if (HEADER + length > bytes.length) throw new Error("the file of weights is cut off");
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER, HEADER + length)));
  const { __metadata__: metadata = {}, ...entries } = header as Record<string, Entry>;
  const tensors = Object.entries(entries).map(([name, { dtype, data_offsets }]) => {
    const [start, end] = data_offsets.map((offset) => HEADER + length + offset) as [number, number];
    if (end > bytes.length) throw new Error("the file of weights is cut off");
    if (dtype !== "F16" && dtype !== "F32") throw new Error(`weights should be F16 or F32, got ${dtype}`);
    const width = dtype === "F16" ? 2 : 4;
    const read = (i: number) =>
      width === 2 ? half(view.getUint16(start + 2 * i, true)) : view.getFloat32(start + 4 * i, true);
    return [name, Float32Array.from({ length: (end - start) / width }, (_, i) => read(i))] as const;
  });
  return { tensors: Object.fromEntries(tensors), metadata: metadata as unknown as Record<string, string> };
}

/** A float16 from its bits (IEEE 754): a sign, 5 bits of exponent, 10 of fraction. */
export function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 0) return sign * fraction * 2 ** -14;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction) * 2 ** (exponent - 15);
}
