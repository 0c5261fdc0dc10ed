/** What labels and lines are drawn with: a canvas on the screen, SVG in a saved file. One drawing routine serves both. */
export interface Pen {
  text(words: string, x: number, y: number, style: TextStyle): void;
  line(points: [number, number][], style: LineStyle): void;
  /** A filled rectangle; a negative width or height goes the other way. */
  box(x: number, y: number, width: number, height: number, style: { colour: string; opacity?: number }): void;
}

export interface TextStyle {
  size: number;
  colour: string;
  align: "left" | "center" | "right";
  bold?: boolean;
  /** Written upwards, as a label over a column. */
  upright?: boolean;
}

export interface LineStyle {
  colour: string;
  width: number;
  opacity?: number;
  /** Lengths of dash and gap in px. */
  dash?: [number, number];
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";

/** Make a canvas sharp at this screen's resolution, and give the pen that draws on it in CSS pixels. */
export function canvasPen(canvas: HTMLCanvasElement, width: number, height: number): Pen {
  const ratio = devicePixelRatio || 1;
  const [wide, tall] = [Math.round(width * ratio), Math.round(height * ratio)];
  // A canvas that is given a size, even the same, makes the browser lay the page out again.
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== tall) canvas.height = tall;
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width + 1, height + 1);
  context.textBaseline = "middle";
  let font = ""; // a font is read anew whenever it is set, even the same
  const stroke = ({ colour, width, opacity = 1, dash = [0, 0] }: LineStyle) => {
    context.setLineDash(dash[0] ? dash : []);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.globalAlpha = opacity;
    context.stroke();
    context.globalAlpha = 1;
  };
  return {
    text(words, x, y, { size, colour, align, bold, upright }) {
      const wanted = `${bold ? "bold " : ""}${size}px ${FONT}`;
      if (wanted !== font) context.font = font = wanted;
      context.fillStyle = colour;
      context.textAlign = align;
      if (!upright) return context.fillText(words, x, y);
      context.save();
      context.translate(x, y);
      context.rotate(-Math.PI / 2);
      context.fillText(words, 0, 0);
      context.restore();
    },
    line(points, style) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x, y);
      stroke(style);
    },
    box(x, y, width, height, { colour, opacity = 1 }) {
      context.fillStyle = colour;
      context.globalAlpha = opacity;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    },
  };
}

/** A pen that writes SVG elements into `parts`. */
export function svgPen(parts: string[]): Pen {
  const anchors = { left: "start", center: "middle", right: "end" };
  const stroke = ({ colour, width, opacity = 1, dash }: LineStyle) =>
    `fill="none" stroke="${escapeXml(colour)}" stroke-width="${round(width)}" stroke-opacity="${round(opacity)}"` +
    (dash ? ` stroke-dasharray="${dash.join(" ")}"` : "");
  return {
    text(words, x, y, { size, colour, align, bold, upright }) {
      const place = upright
        ? `transform="translate(${round(x)} ${round(y)}) rotate(-90)"`
        : `x="${round(x)}" y="${round(y)}"`;
      parts.push(
        `<text ${place} dominant-baseline="central" text-anchor="${anchors[align]}" font-size="${round(size)}"` +
          `${bold ? ' font-weight="bold"' : ""} fill="${escapeXml(colour)}">${escapeXml(words)}</text>`,
      );
    },
    line(points, style) {
      const path = points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
      parts.push(`<polyline points="${path}" ${stroke(style)}/>`);
    },
    box(x, y, width, height, { colour, opacity = 1 }) {
      const [left, top] = [round(Math.min(x, x + width)), round(Math.min(y, y + height))];
      const [wide, tall] = [round(Math.abs(width)), round(Math.abs(height))];
      parts.push(
        `<rect x="${left}" y="${top}" width="${wide}" height="${tall}" fill="${escapeXml(colour)}" ` +
          `fill-opacity="${round(opacity)}"/>`,
      );
    },
  };
}

/** Text that is safe between tags and in attributes; characters that XML forbids are left out. */
export function escapeXml(text: string): string {
  const allowed = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
  return allowed.replace(/[<>&"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
