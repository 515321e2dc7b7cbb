/**
 * The request target, made canonical or refused before any route sees it. What the gateway routes
 * on is byte for byte what the service receives, so the two cannot disagree about a path.
 *
 * - GP1  Only origin form passes: `/path?query`; no absolute form, authority, `*`, or fragment.
 * - GP2  A path with a dot segment (also encoded, also before `;`), an empty inner segment, a
 *        backslash, or an encoded `/`, `\`, control character or percent-escape is refused.
 * - GP3  A path that does not decode to valid UTF-8 is refused.
 * - GP4  Escapes of unreserved characters are decoded and the others written in upper case, so equal
 *        paths are equal strings.
 *
 * Source: RFC 9112 section 3.2, RFC 3986 section 6.2.2.
 *
 * @module
 */
import { type Problem, problem } from "./problem.ts";

export interface RequestTarget {
  /** Canonical, begins with `/`. */
  readonly path: string;
  /** With its `?`, as it was sent; empty without one. */
  readonly query: string;
}

const slash = 0x2f;
const percent = 0x25;

/** @returns the target, or why it is refused. */
export function parseRequestTarget(url: string): RequestTarget | Problem {
  if (url.charCodeAt(0) !== slash) {
    return problem("TARGET_INVALID", "the request target must be a path that begins with /");
  }
  let end = url.length;
  let suspicious = false; // Only a path with one of these characters needs the slow checks.
  for (let i = 1; i < url.length; i++) {
    const code = url.charCodeAt(i);
    if (code <= 0x20 || code >= 0x7f || code === 0x23) {
      return problem("TARGET_INVALID", "the request target has a character that must be encoded");
    }
    if (end !== url.length) continue;
    if (code === 0x3f) end = i;
    else if (code === 0x5c) return problem("PATH_REFUSED", "a path may not contain a backslash");
    else if (code === percent || code === 0x2e) suspicious = true;
    else if (code === slash && url.charCodeAt(i - 1) === slash) {
      return problem("PATH_REFUSED", "a path may not contain an empty segment (//)");
    }
  }
  const query = end === url.length ? "" : url.slice(end);
  const raw = end === url.length ? url : url.slice(0, end);
  if (!suspicious) return { path: raw, query };
  const path = canonical(raw);
  return typeof path === "string" ? { path, query } : path;
}

const escape = /%(?:([0-9A-Fa-f]{2})|)/g;
const unreserved = /[A-Za-z0-9\-._~]/;

function canonical(raw: string): string | Problem {
  let refused: string | undefined;
  const path = raw.replace(escape, (match: string, hex: string | undefined, at: number) => {
    if (hex === undefined) {
      refused ??= "a percent sign must begin an escape of two hexadecimal digits";
      return match;
    }
    const code = Number.parseInt(hex, 16);
    if (code < 0x20 || code === 0x7f) refused ??= "a path may not contain encoded controls";
    else if (code === slash || code === 0x5c) refused ??= "a path may not contain encoded slashes";
    else if (code === percent && /^[0-9A-Fa-f]{2}/.test(raw.slice(at + 3))) {
      refused ??= "a path may not be encoded twice";
    }
    const character = String.fromCharCode(code);
    return unreserved.test(character) ? character : `%${hex.toUpperCase()}`;
  });
  if (refused === undefined && !isUtf8(path)) refused = "a path must be valid UTF-8";
  if (refused === undefined && path.split("/").some(isDotSegment)) {
    refused = "a path may not contain . or .. segments";
  }
  return refused === undefined ? path : problem("PATH_REFUSED", refused);
}

function isUtf8(path: string): boolean {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

/** Some servers cut `;…` off a segment before they resolve dots. */
function isDotSegment(segment: string): boolean {
  const name = segment.split(/;|%3B/, 1)[0];
  return name === "." || name === "..";
}
