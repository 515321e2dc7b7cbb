/**
 * Finds the place in a source file that an error is about, and shows the lines around it.
 *
 * Node tells the place of a syntax error in the first lines of its stack, of a thrown error in the
 * stack's frames, and of a failed import only by the names in its message.
 *
 * - CEX1  A place is named only where its file can be read and has that line.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { SourcePlace } from "../errors.ts";

/** The place nearest to the definition in `file`, or null where the error does not say. */
export function placeOf(error: unknown, file: string): SourcePlace | null {
  if (!(error instanceof Error)) return null;
  const stack = error.stack ?? "";
  const place = placeInHeader(stack) ?? placeOfImport(error.message) ?? placeInFrames(stack, file);
  return place !== null && readLines(place.file).length >= place.line ? place : null;
}

/** Up to two lines before, the line itself, a caret under the column, and one line after. */
export function excerptAt(place: SourcePlace): string {
  const lines = readLines(place.file);
  const first = Math.max(1, place.line - 2);
  const last = Math.min(lines.length, place.line + 1);
  const width = String(last).length;
  const out: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = (lines[number - 1] ?? "").replaceAll("\t", " ");
    const mark = number === place.line ? ">" : " ";
    out.push(`${mark} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number === place.line) {
      out.push(`  ${" ".repeat(width)} | ${" ".repeat(place.column - 1)}^`);
    }
  }
  return out.join("\n");
}

/** `file:///a.ts:2`, the lines, a row of carets: how Node shows what does not parse. */
function placeInHeader(stack: string): SourcePlace | null {
  const lines = stack.split("\n");
  const head = /^(file:\/\/\S+):(\d+)$/.exec(lines[0] ?? "");
  const url = head?.[1];
  if (url === undefined) return null;
  const carets = lines.slice(1, 12).find((line) => /^\s*\^+\s*$/.test(line));
  return {
    file: fileURLToPath(url),
    line: Number(head?.[2]),
    column: carets === undefined ? 1 : carets.indexOf("^") + 1,
  };
}

/** The import statement that names what could not be found. */
function placeOfImport(message: string): SourcePlace | null {
  const match = /^Cannot find (?:module|package) '([^']+)' imported from (\S+)/.exec(message);
  const [, missing, from] = match ?? [];
  if (missing === undefined || from === undefined || !existsSync(from)) return null;
  const needle = missing.startsWith("/") ? basename(missing) : missing;
  const lines = readLines(from);
  const index = lines.findIndex((line) => /["']/.test(line) && line.includes(needle));
  const line = lines[index];
  if (line === undefined) return null;
  return { file: from, line: index + 1, column: line.indexOf(needle) + 1 };
}

/** The first frame in the definition's directory, else the first in any file outside packages. */
function placeInFrames(stack: string, file: string): SourcePlace | null {
  const places: SourcePlace[] = [];
  for (const [, url, line, column] of stack.matchAll(/(file:\/\/[^\s()]+):(\d+):(\d+)/g)) {
    if (url === undefined || url.includes("/node_modules/")) continue;
    places.push({ file: fileURLToPath(url), line: Number(line), column: Number(column) });
  }
  const own = places.find((place) => place.file.startsWith(`${dirname(file)}/`));
  return own ?? null;
}

function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch {
    return [];
  }
}
