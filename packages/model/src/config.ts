/**
 * Typed configuration: declared once, read from one file, overridden by environment variables.
 *
 * The same declaration gives the program its typed values ({@link parseConfig}), the Plan its
 * `config`, and the documentation its table. It holds no secret: those are declared by `secret`.
 *
 * - CF1  The environment wins over the file, the file over the default.
 * - CF2  `parseConfig` reports every wrong value at once, each with where it came from.
 * - CF3  What `parseConfig` returns has every declared name, is frozen, and keeps to every bound.
 *
 * @module
 */
import {
  CodedError,
  type Duration,
  parseDurationMs,
  parseSizeBytes,
  type Size,
} from "@ashlar/foundation";
import { ConfigError } from "./errors.ts";
import { type Fault, fault } from "./fault.ts";
import type { ConfigPlan } from "./plan/part.ts";

/** What a configuration value may be once it is parsed. */
export type ConfigValue = string | number | boolean | readonly string[];

/** One declared value. Made by {@link integer}, {@link string} and the like. */
export interface ConfigField<Value extends ConfigValue = ConfigValue> {
  readonly type: ConfigPlan["type"];
  /** In the parsed unit: milliseconds for a duration, bytes for a size. */
  readonly default: Value;
  /** Absent: the name in upper snake case, so `sessionMinutes` reads `SESSION_MINUTES`. */
  readonly env?: string;
  readonly description: string;
  /** The values of an `enum`; empty for other types. */
  readonly values: readonly string[];
  /** Bounds of a number, of a text's length, or of a list's length. */
  readonly min: number | null;
  readonly max: number | null;
}

export type ConfigFields = Readonly<Record<string, ConfigField>>;

/** The configuration that a part takes. Made by {@link config}. */
export interface ConfigDeclaration<Fields extends ConfigFields = ConfigFields> {
  readonly type: "config";
  readonly fields: Fields;
}

/** The parsed values: `ConfigValues<typeof usersConfig>`. */
export type ConfigValues<Declaration extends ConfigDeclaration> = {
  readonly [Name in keyof Declaration["fields"]]: Declaration["fields"][Name] extends ConfigField<
    infer Value
  >
    ? Value
    : never;
};

interface Described {
  /** One sentence for the generated table. */
  readonly description?: string;
  /** The variable that overrides the file. Default: the name in upper snake case. */
  readonly env?: string;
}

interface Bounded<Bound> {
  /** Smallest value allowed. Default: no bound. */
  readonly min?: Bound;
  /** Largest value allowed. Default: no bound. */
  readonly max?: Bound;
}

/** Declares a part's configuration. Names are `camelCase`; put the unit in them: `waitMs`. */
export function config<const Fields extends ConfigFields>(
  fields: Fields,
): ConfigDeclaration<Fields> {
  return { type: "config", fields };
}

/** A whole number between `min` and `max`, both allowed. */
export function integer(
  options: Described & Bounded<number> & { readonly default: number },
): ConfigField<number> {
  return field("integer", options.default, options);
}

/** A number that may have a fraction. */
export function number(
  options: Described & Bounded<number> & { readonly default: number },
): ConfigField<number> {
  return field("number", options.default, options);
}

/** Text. `min` and `max` bound its length in UTF-16 units. */
export function string(
  options: Described & Bounded<number> & { readonly default: string },
): ConfigField<string> {
  return field("string", options.default, options);
}

/** `true` or `false`; in the environment also `1` or `0`. */
export function boolean(options: Described & { readonly default: boolean }): ConfigField<boolean> {
  return field("boolean", options.default, options);
}

/** A time such as `"30s"`. The program gets milliseconds. */
export function duration(
  options: Described & Bounded<Duration> & { readonly default: Duration },
): ConfigField<number> {
  return field("duration", readUnit(parseDurationMs, options.default), {
    ...options,
    ...bounds(parseDurationMs, options),
  });
}

/** An amount of memory or storage such as `"64Mi"`. The program gets bytes. */
export function size(
  options: Described & Bounded<Size> & { readonly default: Size },
): ConfigField<number> {
  return field("size", readUnit(parseSizeBytes, options.default), {
    ...options,
    ...bounds(parseSizeBytes, options),
  });
}

/** One of a few words: `oneOf(["fast", "safe"], { default: "safe" })`. */
export function oneOf<const Word extends string>(
  values: readonly Word[],
  options: Described & { readonly default: NoInfer<Word> },
): ConfigField<Word> {
  return { ...field<Word>("enum", options.default, options), values };
}

/** Texts; in the environment separated by commas. `min` and `max` bound how many. */
export function list(
  options: Described & Bounded<number> & { readonly default: readonly string[] },
): ConfigField<readonly string[]> {
  return field("list", options.default, options);
}

function field<Value extends ConfigValue>(
  type: ConfigPlan["type"],
  value: Value,
  options: Described & { readonly min?: unknown; readonly max?: unknown },
): ConfigField<Value> {
  const common = {
    type,
    default: value,
    description: options.description ?? "",
    values: [],
    min: typeof options.min === "number" ? options.min : null,
    max: typeof options.max === "number" ? options.max : null,
  };
  return options.env === undefined ? common : { ...common, env: options.env };
}

/** A text with a unit that does not parse is kept as NaN, so that `check` reports it with the rest. */
function readUnit(parse: (text: string) => number, text: string): number {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof CodedError) return Number.NaN;
    throw error;
  }
}

function bounds(
  parse: (text: string) => number,
  options: Bounded<string>,
): { readonly min?: number; readonly max?: number } {
  return {
    ...(options.min === undefined ? {} : { min: readUnit(parse, options.min) }),
    ...(options.max === undefined ? {} : { max: readUnit(parse, options.max) }),
  };
}

/** The variable that overrides a declared value. */
export function configEnv(name: string, declared: Pick<ConfigField, "env">): string {
  return declared.env ?? upperSnake(name);
}

/** `sessionMinutes`, `session-minutes` and `session.minutes` all become `SESSION_MINUTES`. */
export function upperSnake(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

/** Where a program's configuration comes from. */
export interface ConfigSources {
  /** The parsed JSON file, `{ name: value }`; absent where there is none. */
  readonly file?: unknown;
  /** The process environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * The typed values of a declaration.
 *
 * A file may give durations and sizes as numbers (milliseconds, bytes) or as text with a unit; an
 * environment variable gives them as text with a unit. An empty variable counts as absent, except
 * for a text or a list, which it empties.
 *
 * @throws {ConfigError} `CONFIG_INVALID`, naming every wrong value and its source.
 */
export function parseConfig<Fields extends ConfigFields>(
  declaration: ConfigDeclaration<Fields>,
  sources: ConfigSources,
): ConfigValues<ConfigDeclaration<Fields>> {
  const faults: Fault[] = [];
  const file = readFile(declaration, sources.file, faults);
  const values: Record<string, ConfigValue> = {};
  for (const [name, declared] of Object.entries(declaration.fields)) {
    values[name] = readField(name, declared, { file, env: sources.env ?? {} }, faults);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(values) as ConfigValues<ConfigDeclaration<Fields>>;
}

function readFile(
  declaration: ConfigDeclaration,
  file: unknown,
  faults: Fault[],
): Readonly<Record<string, unknown>> {
  if (file === undefined) return {};
  if (typeof file !== "object" || file === null || Array.isArray(file)) {
    faults.push(
      fault({
        code: "CONFIG_FILE_INVALID",
        path: "config",
        value: file,
        expected: "an object of names and values",
      }),
    );
    return {};
  }
  const names = Object.keys(declaration.fields);
  for (const name of Object.keys(file)) {
    if (Object.hasOwn(declaration.fields, name)) continue;
    faults.push(
      fault({
        code: "CONFIG_NAME_UNKNOWN",
        path: `config.${name}`,
        value: name,
        expected: `one of ${names.join(", ")}`,
        problem: `unknown name "${name}" in the file`,
        candidates: names,
      }),
    );
  }
  return { ...file };
}

function readField(
  name: string,
  declared: ConfigField,
  sources: {
    readonly file: Readonly<Record<string, unknown>>;
    readonly env: Readonly<Record<string, string | undefined>>;
  },
  faults: Fault[],
): ConfigValue {
  const variable = configEnv(name, declared);
  const text = sources.env[variable];
  const textual = declared.type === "string" || declared.type === "list";
  const fromEnv = text !== undefined && (text !== "" || textual);
  const given = fromEnv
    ? configValueFromText(declared, text)
    : Object.hasOwn(sources.file, name)
      ? sources.file[name]
      : declared.default;
  const value = coerceConfigValue(declared, given);
  if (value !== undefined) return value;
  const source = fromEnv ? ` (from ${variable})` : "";
  const shown = fromEnv ? text : given;
  faults.push(
    fault({
      code: "CONFIG_VALUE_INVALID",
      path: `config.${name}`,
      value: shown,
      expected: describeField(declared),
      source,
      candidates: declared.values,
    }),
  );
  return declared.default;
}

/** What an environment variable's text stands for; the text itself where it stands for nothing. */
function configValueFromText(declared: ConfigField, text: string): unknown {
  switch (declared.type) {
    case "integer":
    case "number":
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case "boolean":
      if (text === "true" || text === "1") return true;
      return text === "false" || text === "0" ? false : text;
    case "list":
      return text === "" ? [] : text.split(",").map((each) => each.trim());
    case "duration":
    case "size":
    case "enum":
    case "string":
    default:
      return text;
  }
}

/** The value in its parsed unit if it keeps to the declaration; `undefined` if it does not. */
export function coerceConfigValue(declared: ConfigField, given: unknown): ConfigValue | undefined {
  const { min, max } = declared;
  switch (declared.type) {
    case "integer":
      return Number.isInteger(given) ? within(given as number, min, max) : undefined;
    case "number":
      return typeof given === "number" ? within(given, min, max) : undefined;
    case "duration":
      return withinUnit(parseDurationMs, given, declared);
    case "size":
      return withinUnit(parseSizeBytes, given, declared);
    case "boolean":
      return typeof given === "boolean" ? given : undefined;
    case "enum":
      return typeof given === "string" && declared.values.includes(given) ? given : undefined;
    case "string":
      if (typeof given !== "string") return undefined;
      return within(given.length, min, max) === undefined ? undefined : given;
    case "list":
    default:
      if (!Array.isArray(given) || !given.every((each) => typeof each === "string")) {
        return undefined;
      }
      return within(given.length, min, max) === undefined ? undefined : Object.freeze([...given]);
  }
}

function withinUnit(
  parse: (text: string) => number,
  given: unknown,
  declared: ConfigField,
): number | undefined {
  const amount = typeof given === "string" ? readUnit(parse, given) : given;
  return Number.isInteger(amount) && (amount as number) >= 0
    ? within(amount as number, declared.min, declared.max)
    : undefined;
}

function within(amount: number, min: number | null, max: number | null): number | undefined {
  if (!Number.isFinite(amount)) return undefined;
  if (min !== null && !(amount >= min)) return undefined;
  return max !== null && !(amount <= max) ? undefined : amount;
}

const nounByType: Readonly<Record<Exclude<ConfigPlan["type"], "enum">, string>> = {
  string: "text",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  duration: 'a duration such as "30s"',
  size: 'a size such as "64Mi"',
  list: "a list of texts",
};

const boundUnit: Readonly<Partial<Record<ConfigPlan["type"], string>>> = {
  string: " characters",
  list: " entries",
  duration: " ms",
  size: " bytes",
};

/** What a declaration allows, in words: `an integer from 1 to 1440`. */
export function describeField(declared: ConfigField): string {
  if (declared.type === "enum") return `one of ${declared.values.join(", ")}`;
  const { min, max } = declared;
  const unit = boundUnit[declared.type] ?? "";
  const noun = nounByType[declared.type];
  if (min !== null && max !== null) return `${noun} from ${min} to ${max}${unit}`;
  if (min !== null) return `${noun} of at least ${min}${unit}`;
  return max === null ? noun : `${noun} of at most ${max}${unit}`;
}
