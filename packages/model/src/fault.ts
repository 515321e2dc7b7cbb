/**
 * What is wrong with a piece of input, where it stands, and what would be right.
 *
 * - FT1  A fault's message begins with its path and ends with the nearest right name, where one is
 *        near, or else with what was expected.
 * - FT2  A value in a message is printed on one line and cut at a bounded length.
 *
 * @module
 */
import { suggest } from "@ashlar/foundation";

export interface Fault {
  /** Stable, for programs: `REFERENCE_UNKNOWN`. All are listed in docs/spec/model.md. */
  readonly code: string;
  /** Where: `services.web.uses[1]`. */
  readonly path: string;
  /** What stands there. Plain data. */
  readonly value: unknown;
  /** What would be right, in words. */
  readonly expected: string;
  /** The nearest right value, where one is near. */
  readonly suggestion?: string;
  /** All of it in one line, for people. */
  readonly message: string;
}

interface FaultFields {
  readonly code: string;
  readonly path: string;
  readonly value: unknown;
  readonly expected: string;
  /** What is wrong, without path and remedy. Default: `<value> is not <expected>`. */
  readonly problem?: string;
  /** Where the value came from, for example ` (from PORT)`. */
  readonly source?: string;
  /** Names that would have been right; the nearest becomes the suggestion. */
  readonly candidates?: Iterable<string>;
}

/** Builds a fault and words its message. */
export function fault(fields: FaultFields): Fault {
  const { code, path, value, expected } = fields;
  const { source = "" } = fields;
  const problem = fields.problem ?? `${printValue(value)}${source} is not ${expected}`;
  const near =
    typeof value === "string" && fields.candidates !== undefined
      ? suggest(value, fields.candidates)
      : undefined;
  const ending = near === undefined ? remedy(fields) : `; did you mean "${near}"?`;
  const message = `${path}: ${problem}${ending}`;
  const common = { code, path, value: plain(value), expected, message };
  return near === undefined ? common : { ...common, suggestion: near };
}

/** What would be right, unless the problem's own words have said it. */
function remedy({ problem, expected }: FaultFields): string {
  return problem === undefined ? "" : `; expected ${expected}`;
}

const printedLengthMax = 80;

/** A value as one short line: texts in quotes, objects by their name where they have one. */
function printValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  const named = nameOf(value);
  const text = named === undefined ? stringify(value) : `"${named}"`;
  return text.length > printedLengthMax ? `${text.slice(0, printedLengthMax - 1)}…` : text;
}

function nameOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("name" in value)) return undefined;
  return typeof value.name === "string" ? value.name : undefined;
}

function stringify(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "nothing";
  } catch {
    return "an object that refers to itself";
  }
}

/** Faults are data: a value that JSON cannot hold is kept as its printed form. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return nameOf(value) ?? printValue(value);
}
