import type { Theme } from "./theme";

/** A table of colours, each as the 32 bits that ImageData wants: alpha, blue, green, red from high to low. */
export type Scale = Uint32Array;

// Stops chosen for even steps of lightness; blue against orange stays apart for every common colour blindness.
const SEQUENTIAL: Record<Theme, string[]> = {
  light: ["f7f9fc", "d5e2f5", "a9c4ea", "779fdb", "4b78c6", "2b53a4", "183277", "0c1a47"],
  dark: ["1a1f29", "1f3354", "264a80", "3066ad", "4a88d4", "79abec", "b4d2fa", "f2f7ff"],
};
const DIVERGING: Record<Theme, string[]> = {
  light: ["8f3d00", "c8661a", "e8a068", "f6d9c0", "fafafa", "cbdcf3", "87aee2", "3f74c2", "12408a"],
  dark: ["ffc795", "ee9350", "b05f24", "5c361d", "1c2029", "21385e", "2f62a6", "5c97e0", "b0d2ff"],
};

/** For weights, 0 to 1. The square root is baked in: in a long sentence every weight is small, and none is lost. */
export const weights = bake(SEQUENTIAL, 1024, Math.sqrt);
/** For signed numbers; the middle is the background. */
export const signed = bake(DIVERGING, 255, (share) => share);

type Curve = (share: number) => number;

function bake(stops: Record<Theme, string[]>, size: number, curve: Curve): Record<Theme, Scale> {
  return { light: table(stops.light, size, curve), dark: table(stops.dark, size, curve) };
}

function table(stops: string[], size: number, curve: Curve): Scale {
  const colours = stops.map((hex) => [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  return Uint32Array.from({ length: size }, (_, i) => {
    const place = curve(i / (size - 1)) * (colours.length - 1);
    const low = Math.min(Math.floor(place), colours.length - 2);
    const [r, g, b] = [0, 1, 2].map((channel) =>
      Math.round(
        colours[low]![channel]! + (place - low) * (colours[low + 1]![channel]! - colours[low]![channel]!),
      ),
    ) as [number, number, number];
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
}

/** One colour of a scale, for CSS; `share` runs from 0 to 1. */
export function css(scale: Scale, share: number): string {
  const bits = scale[Math.round(Math.max(0, Math.min(1, share)) * (scale.length - 1))]!;
  return `rgb(${bits & 255} ${(bits >> 8) & 255} ${(bits >> 16) & 255})`;
}
