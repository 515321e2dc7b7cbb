/**
 * The command line's few colours and symbols, and the width of what they colour.
 *
 * @module
 */
import { stripVTControlCharacters } from "node:util";
import picocolors from "picocolors";

type Paint = (text: string) => string;

export interface Style {
  readonly coloured: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly blue: Paint;
  readonly cyan: Paint;
  readonly magenta: Paint;
  readonly underline: Paint;
  /** The same colour for the same name, from a palette that reads on light and dark. */
  readonly byName: (name: string) => Paint;
}

export function createStyle(coloured: boolean): Style {
  const colours = picocolors.createColors(coloured);
  const palette: readonly Paint[] = [
    colours.cyan,
    colours.magenta,
    colours.green,
    colours.yellow,
    colours.blue,
    colours.cyanBright,
    colours.magentaBright,
    colours.greenBright,
  ];
  const { bold, dim, red, green, yellow, blue, cyan, magenta, underline } = colours;
  return {
    coloured,
    bold,
    dim,
    red,
    green,
    yellow,
    blue,
    cyan,
    magenta,
    underline,
    byName: (name) => palette[hash(name) % palette.length] ?? colours.cyan,
  };
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0;
  }
  return value;
}

/** Columns that `text` takes on a terminal. Our symbols are all one column wide. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - widthOf(text)));
}

// oxlint-disable-next-line no-control-regex -- colours begin with the control character ESC.
const escapeOrCharacter = /(\u001b\[[0-9;]*m)|[\s\S]/gu;

/** Cuts to `width` columns with an ellipsis; colours are closed. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let out = "";
  let used = 0;
  for (const [piece, escape] of text.matchAll(escapeOrCharacter)) {
    if (escape !== undefined) out += escape;
    else if (used < width - 1) {
      out += piece;
      used += 1;
    }
  }
  const ellipsis = width > 0 ? "…" : "";
  return out.includes("\u001b[") ? `${out}${ellipsis}\u001b[0m` : out + ellipsis;
}

/** `0.4s`, `12s`, `3m 05s`, `2h 07m`, `4d 03h`. */
export function formatElapsed(elapsedMs: number): string {
  const seconds = Math.max(0, elapsedMs) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m ${two(whole % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours}h ${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** Rows in columns as wide as their widest cell, two spaces apart; no trailing spaces. */
export function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widthOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) => padEnd(cell, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Lines in a rounded box. */
export function box(lines: readonly string[], paintFrame: Paint): readonly string[] {
  const width = Math.max(...lines.map(widthOf));
  const rule = "─".repeat(width + 2);
  return [
    paintFrame(`╭${rule}╮`),
    ...lines.map((line) => `${paintFrame("│")} ${padEnd(line, width)} ${paintFrame("│")}`),
    paintFrame(`╰${rule}╯`),
  ];
}
