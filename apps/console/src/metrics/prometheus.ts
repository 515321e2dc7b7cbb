/**
 * Reads the Prometheus text format (version 0.0.4), as much as a scrape of our own parts needs.
 *
 * A line that cannot be read is skipped and counted: one broken metric must not hide the others.
 *
 * - CN6  Reading never throws and reads at most `seriesMax` series, whatever the text.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 * @module
 */

export type FamilyKind = "counter" | "gauge" | "histogram" | "summary" | "untyped";

export interface Sample {
  /** The full name, with `_bucket`, `_sum`, `_count`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The label part as it stood in the text: with the name, the identity of the series. */
  readonly key: string;
  readonly value: number;
}

export interface Exposition {
  readonly samples: readonly Sample[];
  readonly kinds: ReadonlyMap<string, FamilyKind>;
  readonly help: ReadonlyMap<string, string>;
  readonly skippedLines: number;
}

/** More series than this from one replica are not read: its labels have run away. */
export const seriesMax = 20_000;

export function parseExposition(text: string): Exposition {
  const samples: Sample[] = [];
  const kinds = new Map<string, FamilyKind>();
  const help = new Map<string, string>();
  let skippedLines = 0;
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const line = text.slice(start, end).trim();
    start = end + 1;
    if (line === "") continue;
    if (line.startsWith("#")) {
      readComment(line, kinds, help);
      continue;
    }
    const sample = samples.length < seriesMax ? parseSample(line) : undefined;
    if (sample === undefined) skippedLines++;
    else samples.push(sample);
  }
  return { samples, kinds, help, skippedLines };
}

const familyKinds: ReadonlySet<string> = new Set([
  "counter",
  "gauge",
  "histogram",
  "summary",
  "untyped",
]);

function readComment(
  line: string,
  kinds: Map<string, FamilyKind>,
  help: Map<string, string>,
): void {
  const match = /^#\s*(TYPE|HELP)\s+([a-zA-Z_:][\w:]*)\s+(.*)$/.exec(line);
  if (match === null) return;
  const [, what, name = "", rest = ""] = match;
  if (what === "HELP") help.set(name, rest);
  else if (familyKinds.has(rest.trim())) kinds.set(name, rest.trim() as FamilyKind);
}

/** One line: `name{label="value",…} 12.5 [timestamp]`. Undefined when it has another shape. */
export function parseSample(line: string): Sample | undefined {
  const brace = line.indexOf("{");
  let name: string;
  let key = "";
  let labels: Readonly<Record<string, string>> = {};
  let rest: string;
  if (brace >= 0) {
    name = line.slice(0, brace).trim();
    const parsed = parseLabels(line, brace + 1);
    if (parsed === undefined) return undefined;
    labels = parsed.labels;
    key = line.slice(brace, parsed.end);
    rest = line.slice(parsed.end).trim();
  } else {
    const space = line.search(/\s/);
    if (space < 0) return undefined;
    name = line.slice(0, space);
    rest = line.slice(space).trim();
  }
  if (!/^[a-zA-Z_:][\w:]*$/.test(name)) return undefined;
  const value = parseValue(rest.split(/\s+/)[0] ?? "");
  return value === undefined ? undefined : { name, labels, key, value };
}

function parseLabels(
  line: string,
  from: number,
): { readonly labels: Record<string, string>; readonly end: number } | undefined {
  const labels: Record<string, string> = {};
  let at = from;
  for (;;) {
    while (line[at] === " " || line[at] === ",") at++;
    if (line[at] === "}") return { labels, end: at + 1 };
    const equals = line.indexOf("=", at);
    if (equals < 0 || line[equals + 1] !== '"') return undefined;
    const name = line.slice(at, equals).trim();
    const close = closingQuote(line, equals + 2);
    if (close < 0) return undefined;
    labels[name] = unescape(line.slice(equals + 2, close));
    at = close + 1;
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at++) {
    if (line[at] === "\\") at++;
    else if (line[at] === '"') return at;
  }
  return -1;
}

function unescape(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}

function parseValue(text: string): number | undefined {
  if (text === "+Inf" || text === "Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  if (text === "NaN") return Number.NaN;
  const value = Number(text);
  return text === "" || Number.isNaN(value) ? undefined : value;
}
