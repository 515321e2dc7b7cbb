/**
 * Reads a JSON body, and refuses the ones that are made to hurt.
 *
 * - SK4  A body is UTF-8, nests at most 64 deep, holds no NUL character (PostgreSQL's text cannot),
 *        and names no `__proto__`. It is refused before anything walks it recursively.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { JsonBodyError } from "./errors.ts";

const depthMax = 64;

/**
 * The value of a body; `undefined` for an empty one.
 *
 * @throws {JsonBodyError} naming what was wrong, without quoting the body.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new JsonBodyError("the body is not UTF-8");
  const text = bytes.toString("utf8");
  if (nestsDeeperThan(text, depthMax)) {
    throw new JsonBodyError(`the body nests deeper than ${depthMax} levels`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new JsonBodyError("the body is not valid JSON");
  }
  // Most bodies have neither text in them and are not walked.
  if (/\\u0000/.test(text)) refuseNul(value);
  if (/__proto__|constructor|\\u/.test(text)) refusePrototypes(value);
  return value;
}

/** Counts brackets outside of texts; the text need not be valid JSON. */
function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inText) {
      if (code === backslash) at++;
      else if (code === quote) inText = false;
    } else if (code === quote) {
      inText = true;
    } else if (code === openBrace || code === openBracket) {
      if (++depth > limit) return true;
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
    }
  }
  return false;
}

const backslash = 0x5c;
const quote = 0x22;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

function refuseNul(value: unknown): void {
  visit(value, (name, each) => {
    if (name.includes("\0") || (typeof each === "string" && each.includes("\0"))) {
      throw new JsonBodyError("the body holds a NUL character");
    }
  });
}

/** `{"__proto__": …}` and `{"constructor": {"prototype": …}}`, however they are escaped. */
function refusePrototypes(value: unknown): void {
  visit(value, (name, each) => {
    const isConstructor =
      name === "constructor" &&
      typeof each === "object" &&
      each !== null &&
      Object.hasOwn(each, "prototype");
    if (name === "__proto__" || isConstructor) {
      throw new JsonBodyError("the body names a prototype");
    }
  });
}

/** Calls `see` for every value in `root`; the depth is bounded by then. */
function visit(root: unknown, see: (name: string, value: unknown) => void): void {
  const waiting: (readonly [string, unknown])[] = [["", root]];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, value] = next;
    see(name, value);
    if (typeof value !== "object" || value === null) continue;
    for (const key of Object.keys(value)) {
      waiting.push([key, (value as Record<string, unknown>)[key]]);
    }
  }
}
