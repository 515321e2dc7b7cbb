/**
 * Reads untrusted values into typed ones, reporting every fault and going on.
 *
 * A definition may come from TypeScript, from plain JavaScript or from JSON, so nothing about its
 * shape is taken for granted. A reader that meets something wrong reports it and yields a fallback,
 * so that one fault hides no other.
 *
 * - RD1  A reader never throws, whatever it is given.
 * - RD2  A reader that yields `undefined` has reported why.
 *
 * @module
 */
import {
  CodedError,
  parseCpuMillicores,
  parseDurationMs,
  parseSizeBytes,
} from "@ashlar/foundation";
import { type Fault, fault } from "../fault.ts";

export type Report = Parameters<typeof fault>[0];

/** Collects the faults of one definition. */
export class Faults {
  readonly list: Fault[] = [];

  report(fields: Report): undefined {
    this.list.push(fault(fields));
    return undefined;
  }
}

/** Reads `value`, found at `path`; `undefined` after it has reported a fault. */
export type Read<Result> = (value: unknown, path: string, faults: Faults) => Result | undefined;

/** A field of an object: how it is read, and what stands in where it is absent or faulty. */
export interface Field<Result> {
  readonly read: Read<Result>;
  readonly required: boolean;
  readonly fallback: Result;
}

/** A field that must be given. `fallback` only keeps the reading going. */
export function need<Result>(read: Read<Result>, fallback: NoInfer<Result>): Field<Result> {
  return { read, required: true, fallback };
}

/** A field that may be left out, and its default. */
export function may<Result, const Default>(
  read: Read<Result>,
  fallback: Default,
): Field<Result | Default> {
  return { read, required: false, fallback };
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type ResultOf<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Result> ? Result : never;
};

/** An object with exactly these fields. Fields in `ignored` are somebody else's to read. */
export function shape<F extends Fields>(
  what: string,
  fields: F,
  ignored: readonly string[] = [],
): Read<ResultOf<F>> {
  const names = Object.keys(fields);
  const known = new Set([...names, ...ignored]);
  return (value, path, faults) => {
    if (!isRecord(value)) return wrongType(value, path, what, faults);
    for (const name of Object.keys(value)) {
      if (!known.has(name)) reportUnknownField(name, path, names, faults);
    }
    const result: Record<string, unknown> = {};
    for (const name of names) {
      const field = fields[name];
      if (field !== undefined) result[name] = readField(value, name, field, { path, faults });
    }
    return result as ResultOf<F>;
  };
}

function readField(
  owner: Readonly<Record<string, unknown>>,
  name: string,
  field: Field<unknown>,
  at: { readonly path: string; readonly faults: Faults },
): unknown {
  const path = join(at.path, name);
  const given = owner[name];
  if (given !== undefined) return field.read(given, path, at.faults) ?? field.fallback;
  if (field.required) {
    // What the reader says to nothing at all is what it expects.
    const asked = new Faults();
    field.read(undefined, path, asked);
    const expected = asked.list[0]?.expected ?? "a value";
    const problem = "is missing";
    at.faults.report({ code: "FIELD_MISSING", path, value: undefined, expected, problem });
  }
  return field.fallback;
}

function reportUnknownField(
  name: string,
  path: string,
  names: readonly string[],
  faults: Faults,
): void {
  faults.report({
    code: "FIELD_UNKNOWN",
    path: join(path, name),
    value: name,
    expected: `one of ${names.join(", ")}`,
    problem: `unknown field "${name}"`,
    candidates: names,
  });
}

/** `a.b`, or `b` alone at the top. */
export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function wrongType(
  value: unknown,
  path: string,
  expected: string,
  faults: Faults,
): undefined {
  return faults.report({ code: "TYPE_WRONG", path: path || "definition", value, expected });
}

export function invalid(value: unknown, path: string, expected: string, faults: Faults): undefined {
  return faults.report({ code: "VALUE_INVALID", path, value, expected });
}

/** Text; with a pattern, text that matches all of it. */
export function text(expected = "text", pattern?: RegExp): Read<string> {
  return (value, path, faults) => {
    if (typeof value !== "string") return wrongType(value, path, expected, faults);
    if (pattern !== undefined && !pattern.test(value)) {
      return invalid(value, path, expected, faults);
    }
    return value;
  };
}

export const filled: Read<string> = text("text that is not empty", /\S/);

/** A DNS label that starts with a letter and has at most `max` characters. */
export function label(max: number): Read<string> {
  const expected = `a name of lower-case letters, digits and hyphens, at most ${max} characters`;
  const pattern = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;
  return (value, path, faults) => {
    if (typeof value !== "string") return wrongType(value, path, expected, faults);
    if (pattern.test(value) && value.length <= max) return value;
    return faults.report({ code: "NAME_INVALID", path, value, expected });
  };
}

/** One of a few words. */
export function word<const Word extends string>(...words: readonly Word[]): Read<Word> {
  const known: ReadonlySet<unknown> = new Set(words);
  const expected = words.length === 1 ? `"${words[0]}"` : `one of ${words.join(", ")}`;
  return (value, path, faults) => {
    if (known.has(value)) return value as Word;
    const code = typeof value === "string" ? "VALUE_INVALID" : "TYPE_WRONG";
    return faults.report({ code, path, value, expected, candidates: words });
  };
}

export const flag: Read<boolean> = (value, path, faults) =>
  typeof value === "boolean" ? value : wrongType(value, path, "true or false", faults);

/** A whole number within bounds. */
export function count(min: number, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  const expected =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return (value, path, faults) => {
    if (typeof value !== "number") return wrongType(value, path, expected, faults);
    const fits = Number.isInteger(value) && value >= min && value <= max;
    return fits ? value : invalid(value, path, expected, faults);
  };
}

/** A number above `min`, and below `below` where it is given. */
export function above(min: number, below: number = Number.POSITIVE_INFINITY): Read<number> {
  const expected =
    below === Number.POSITIVE_INFINITY
      ? `a number above ${min}`
      : `a number between ${min} and ${below}`;
  return (value, path, faults) => {
    if (typeof value !== "number") return wrongType(value, path, expected, faults);
    return value > min && value < below ? value : invalid(value, path, expected, faults);
  };
}

/** A time with its unit, in milliseconds, within bounds. */
export function milliseconds(min = 0, max: number = Number.MAX_SAFE_INTEGER): Read<number> {
  return quantity(parseDurationMs, 'a duration such as "30s"', { min, max, unit: "ms" });
}

/** Whole seconds, in milliseconds: what Kubernetes can express for a probe. */
export function wholeSeconds(minMs = 0): Read<number> {
  const read = milliseconds(minMs);
  return (value, path, faults) => {
    const ms = read(value, path, faults);
    if (ms === undefined || ms % 1000 === 0) return ms;
    return invalid(value, path, 'whole seconds such as "5s"', faults);
  };
}

/** An amount of memory or storage with its unit, in bytes. */
export const byteSize: Read<number> = quantity(parseSizeBytes, 'a size such as "512Mi"', {
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
  unit: "bytes",
});

/** A share of CPU, in millicores. */
export const millicores: Read<number> = quantity(
  parseCpuMillicores,
  'a CPU share such as "250m" or "2"',
  { min: 1, max: Number.MAX_SAFE_INTEGER, unit: "millicores" },
);

function quantity(
  parse: (text: string) => number,
  expected: string,
  bounds: { readonly min: number; readonly max: number; readonly unit: string },
): Read<number> {
  return (value, path, faults) => {
    if (typeof value !== "string") return wrongType(value, path, expected, faults);
    const amount = parseOrNothing(parse, value);
    if (amount === undefined) {
      return faults.report({ code: "QUANTITY_INVALID", path, value, expected });
    }
    if (amount >= bounds.min && amount <= bounds.max) return amount;
    const most = bounds.max === Number.MAX_SAFE_INTEGER ? "" : ` and at most ${bounds.max}`;
    return invalid(value, path, `at least ${bounds.min}${most} ${bounds.unit}`, faults);
  };
}

function parseOrNothing(parse: (text: string) => number, value: string): number | undefined {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof CodedError) return undefined;
    throw error;
  }
}

/** A list; faulty entries are reported and left out. */
export function listOf<Result>(
  read: Read<Result>,
  options: { readonly min?: number } = {},
): Read<readonly Result[]> {
  return (value, path, faults) => {
    if (!Array.isArray(value)) return wrongType(value, path, "a list", faults);
    if (value.length < (options.min ?? 0)) {
      faults.report({
        code: "VALUE_INVALID",
        path,
        value,
        expected: `at least ${options.min ?? 0} of them`,
        problem: "is empty",
      });
    }
    const results: Result[] = [];
    for (const [at, entry] of value.entries()) {
      const result = read(entry, `${path}[${at}]`, faults);
      if (result !== undefined) results.push(result);
    }
    return results;
  };
}

/** A map; faulty entries are reported and left out. */
export function mapOf<Result>(
  read: Read<Result>,
  readName: Read<string> = filled,
): Read<Readonly<Record<string, Result>>> {
  return (value, path, faults) => {
    if (!isRecord(value)) return wrongType(value, path, "an object", faults);
    const results: Record<string, Result> = {};
    for (const [name, entry] of Object.entries(value)) {
      if (entry === undefined) continue;
      const place = join(path, name);
      const known = readName(name, place, faults);
      const result = read(entry, place, faults);
      if (known !== undefined && result !== undefined) results[known] = result;
    }
    return results;
  };
}

/** `null` as it is, all else by `read`. */
export function orNull<Result>(read: Read<Result>): Read<Result | null> {
  return (value, path, faults) => (value === null ? null : read(value, path, faults));
}

/** What `read` yields, turned into something else. */
export function turned<Given, Result>(
  read: Read<Given>,
  turn: (given: Given, path: string, faults: Faults) => Result | undefined,
): Read<Result> {
  return (value, path, faults) => {
    const given = read(value, path, faults);
    return given === undefined ? undefined : turn(given, path, faults);
  };
}
