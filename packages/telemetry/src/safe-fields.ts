/**
 * Turns whatever a program puts beside a log line into plain, bounded JSON data without secrets.
 *
 * - TEL1  A value under a name that looks secret is replaced at any depth, and so are the password
 *        of a URL, a bearer token and a JSON Web Token inside any text.
 * - TEL2  The result is bounded in depth, width and length, whatever went in, and making it never
 *        throws: cycles, getters that throw and exotic objects included.
 *
 * @module
 */
import type { LogFields } from "@ashlar/foundation";

const depthMax = 8;
const entriesMax = 64;
const textCharactersMax = 8_192;
/** Characters of all texts of one line together. */
const lineCharactersMax = 24_576;
const redacted = "[redacted]";

/** Compared with the name in lower case without separators. */
const secretNames: RegExp = new RegExp(
  [
    "passw(or)?d|passphrase|secret|token|authorization|cookie|credential|cardnumber",
    "apikey|privatekey|signingkey|accesskey",
    "^(pwd|pass|otp|pin|jwt|bearer|pan|cvv|cvc)$",
  ].join("|"),
);
/** Names that only look secret: how long a token lives, how many there are. */
const harmlessNames = /(ms|seconds|count|length|type|kind|name|present)$/;

/** Programs log the same few names over and over; strangers' names must not fill the memory. */
const judgedNamesMax = 1_024;
const judgedNames = new Map<string, boolean>();

/** True for a field name whose value must not be written down. */
export function looksSecret(name: string): boolean {
  let judged = judgedNames.get(name);
  if (judged === undefined) {
    judged = judgeName(name);
    if (judgedNames.size < judgedNamesMax && name.length <= 64) judgedNames.set(name, judged);
  }
  return judged;
}

function judgeName(name: string): boolean {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  return secretNames.test(plain) && !harmlessNames.test(plain);
}

const urlCredentials = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,256}):[^\s@/]{1,1024}@/gi;
const bearer = /\b(bearer|basic)\s+[\w~+/.=-]{8,}/gi;
const jsonWebToken = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;

/** The text without the secrets that texts commonly carry. */
export function safeText(text: string): string {
  const cut =
    text.length > textCharactersMax
      ? `${text.slice(0, textCharactersMax)}… (${text.length - textCharactersMax} more)`
      : text;
  if (!/:\/\/|eyJ|bearer|basic/i.test(cut)) return cut;
  return cut
    .replace(urlCredentials, `$1:${redacted}@`)
    .replace(bearer, `$1 ${redacted}`)
    .replace(jsonWebToken, redacted);
}

/** A copy of `fields` that may be written down. Never throws. */
export function safeFields(fields: LogFields): Record<string, unknown> {
  const walk: Walk = { seen: new Set(), charactersLeft: lineCharactersMax };
  try {
    return safeEntries(fields, 0, walk);
  } catch {
    return { unreadable: true };
  }
}

interface Walk {
  /** The objects that enclose the present one. */
  readonly seen: Set<object>;
  charactersLeft: number;
}

function safeValue(value: unknown, depth: number, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
      return spend(safeText(value), walk);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return value.toString();
    case "function":
      return `[function ${value.name}]`;
    case "symbol":
      return String(value);
    case "object":
      return value === null ? null : safeObject(value, depth, walk);
    case "boolean":
    case "undefined":
    default:
      return value;
  }
}

function spend(text: string, walk: Walk): string {
  const allowed = Math.max(0, walk.charactersLeft);
  walk.charactersLeft -= text.length;
  return text.length <= allowed ? text : `${text.slice(0, allowed)}…`;
}

function safeObject(value: object, depth: number, walk: Walk): unknown {
  if (walk.seen.has(value)) return "[circular]";
  if (depth >= depthMax) return Array.isArray(value) ? "[array]" : "[object]";
  walk.seen.add(value);
  try {
    if (value instanceof Error) return safeError(value, depth, walk);
    if (Array.isArray(value)) return safeArray(value, depth, walk);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
      return `[${value.byteLength} bytes]`;
    }
    if (value instanceof Map) return safeEntries(Object.fromEntries(value), depth, walk);
    if (value instanceof Set) return safeArray([...value], depth, walk);
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return safeValue(value.toJSON(), depth + 1, walk);
    }
    return safeEntries(value, depth, walk);
  } catch {
    return "[unreadable]";
  } finally {
    walk.seen.delete(value);
  }
}

function safeArray(values: readonly unknown[], depth: number, walk: Walk): unknown[] {
  const kept = values.slice(0, entriesMax).map((each) => safeValue(each, depth + 1, walk));
  if (values.length > entriesMax) kept.push(`… ${values.length - entriesMax} more`);
  return kept;
}

function safeEntries(value: object, depth: number, walk: Walk): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  let count = 0;
  for (const name of Object.keys(value)) {
    if (count++ >= entriesMax) {
      copy["…"] = "more fields";
      break;
    }
    if (walk.charactersLeft <= 0) {
      copy["…"] = "cut";
      break;
    }
    const key = name === "__proto__" ? "[__proto__]" : spend(name.slice(0, 256), walk);
    copy[key] = looksSecret(name) ? redacted : readEntry(value, name, depth, walk);
  }
  return copy;
}

function readEntry(value: object, name: string, depth: number, walk: Walk): unknown {
  try {
    return safeValue((value as Record<string, unknown>)[name], depth + 1, walk);
  } catch {
    return "[unreadable]";
  }
}

/** Name, code, message, stack and cause, then whatever else the error carries. */
function safeError(error: Error, depth: number, walk: Walk): Record<string, unknown> {
  const copy: Record<string, unknown> = {
    name: safeValue(error.name, depth + 1, walk),
    ...("code" in error ? { code: safeValue(error.code, depth + 1, walk) } : {}),
    message: safeValue(error.message, depth + 1, walk),
  };
  if (error.cause !== undefined) copy["cause"] = safeValue(error.cause, depth + 1, walk);
  if (error instanceof AggregateError) {
    copy["errors"] = safeArray(error.errors, depth + 1, walk);
  }
  if (typeof error.stack === "string") {
    // The first lines repeat name and message.
    const frames = error.stack.indexOf("\n    at ");
    copy["stack"] = spend(safeText(frames < 0 ? "" : error.stack.slice(frames + 1)), walk);
  }
  for (const [name, value] of Object.entries(safeEntries(error, depth, walk))) {
    if (!Object.hasOwn(copy, name)) copy[name] = value;
  }
  return copy;
}
