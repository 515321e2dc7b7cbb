/**
 * One pass over a request's raw headers: what the gateway needs to know, and what it forwards.
 *
 * - GH1  Hop-by-hop headers, and those that `Connection` names, go no further than the gateway.
 * - GH2  What the gateway asserts to services (`x-consumer-*`, `x-forwarded-*`, `forwarded`,
 *        `x-real-ip`, `x-request-deadline-ms`) never passes through from a client, nor do spellings
 *        of it with underscores, which some servers read as the same name.
 * - GH3  A header that must be single (`Host`, `Authorization`, `Content-Length`, …) is refused when
 *        it is doubled; so is a folded line, an invalid value, and a transfer coding but `chunked`.
 *
 * Source: RFC 9110 sections 5.5 and 7.6.1, RFC 9112 sections 5 and 6.
 *
 * @module
 */
import { type Problem, problem } from "./problem.ts";

/** What the gateway reads. Absent headers are undefined. */
export interface RequestHeaders {
  /** Name, value, name, value; names in lower case. Without what GH1 and GH2 take away. */
  readonly forward: string[];
  host: string | undefined;
  authorization: string | undefined;
  apiKey: string | undefined;
  cookie: string | undefined;
  origin: string | undefined;
  /** -1 without a `Content-Length`. */
  contentLength: number;
  chunked: boolean;
  expectsContinue: boolean;
  correlationId: string | undefined;
  traceparent: string | undefined;
  tracestate: string | undefined;
  forwardedFor: string | undefined;
  forwardedProto: string | undefined;
  forwardedHost: string | undefined;
  ifNoneMatch: string | undefined;
  cacheControl: string | undefined;
  idempotencyKey: string | undefined;
  userAgent: string | undefined;
  range: string | undefined;
  via: string | undefined;
  upgrade: string | undefined;
  accessControlRequestMethod: string | undefined;
  accessControlRequestHeaders: string | undefined;
}

/** More lines than any client of ours sends. */
const headerLinesMax = 100;

const hopByHop: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/** Fields of {@link RequestHeaders} by header, each of which may stand once (GH3). */
const singles: Readonly<Record<string, keyof RequestHeaders>> = {
  host: "host",
  authorization: "authorization",
  "x-api-key": "apiKey",
  origin: "origin",
  "x-correlation-id": "correlationId",
  traceparent: "traceparent",
  "if-none-match": "ifNoneMatch",
  "idempotency-key": "idempotencyKey",
  "user-agent": "userAgent",
  range: "range",
  "access-control-request-method": "accessControlRequestMethod",
  "access-control-request-headers": "accessControlRequestHeaders",
};

/** Fields of {@link RequestHeaders} whose repetitions are joined with a comma. */
const lists: Readonly<Record<string, keyof RequestHeaders>> = {
  tracestate: "tracestate",
  "x-forwarded-for": "forwardedFor",
  "x-forwarded-proto": "forwardedProto",
  "x-forwarded-host": "forwardedHost",
  "cache-control": "cacheControl",
  cookie: "cookie",
  via: "via",
  upgrade: "upgrade",
};

/** Read and then set anew by the gateway. */
const replaced: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "expect",
  "x-correlation-id",
  "traceparent",
  "tracestate",
  "via",
]);

/** Tests each value once more: Node's parser lets bytes pass that HTTP/1.1 forbids in other places. */
// oxlint-disable-next-line no-control-regex -- the controls are what it looks for
const badValue = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** @returns what was read, or why the request is refused. */
export function readRequestHeaders(raw: readonly string[]): RequestHeaders | Problem {
  if (raw.length > headerLinesMax * 2) {
    return problem("HEADERS_TOO_LARGE", `at most ${headerLinesMax} header lines are taken`, {
      close: true,
    });
  }
  const headers = emptyHeaders();
  let connection = "";
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    const value = raw[i + 1] as string;
    if (badValue.test(value)) return refused(`header ${name} has a control character`);
    const fault = note(headers, name, value);
    if (fault !== undefined) return fault;
    if (name === "connection" && value !== "keep-alive") connection += `,${value}`;
    if (!hopByHop.has(name) && !replaced.has(name) && !isAsserted(name)) {
      headers.forward.push(name, value);
    }
  }
  if (headers.chunked && headers.contentLength >= 0) {
    return refused("Content-Length and Transfer-Encoding exclude each other");
  }
  if (connection !== "") dropNamed(headers, connection);
  return headers;
}

function refused(detail: string): Problem {
  return problem("HEADER_REFUSED", detail, { close: true });
}

/** Every field from the start, so that all objects have one shape. */
function emptyHeaders(): RequestHeaders {
  return {
    forward: [],
    host: undefined,
    authorization: undefined,
    apiKey: undefined,
    cookie: undefined,
    origin: undefined,
    contentLength: -1,
    chunked: false,
    expectsContinue: false,
    correlationId: undefined,
    traceparent: undefined,
    tracestate: undefined,
    forwardedFor: undefined,
    forwardedProto: undefined,
    forwardedHost: undefined,
    ifNoneMatch: undefined,
    cacheControl: undefined,
    idempotencyKey: undefined,
    userAgent: undefined,
    range: undefined,
    via: undefined,
    upgrade: undefined,
    accessControlRequestMethod: undefined,
    accessControlRequestHeaders: undefined,
  };
}

type TextField = {
  [Field in keyof RequestHeaders]: string extends RequestHeaders[Field] ? Field : never;
}[keyof RequestHeaders];

function note(headers: RequestHeaders, name: string, value: string): Problem | undefined {
  const single = singles[name] as TextField | undefined;
  if (single !== undefined) {
    if (headers[single] !== undefined) return refused(`header ${name} may stand only once`);
    headers[single] = value;
    return undefined;
  }
  const list = lists[name] as TextField | undefined;
  if (list !== undefined) {
    const before = headers[list];
    const separator = list === "cookie" ? "; " : ", ";
    headers[list] = before === undefined ? value : before + separator + value;
    return undefined;
  }
  if (name === "content-length") return noteLength(headers, value);
  if (name === "transfer-encoding") {
    if (headers.chunked || value.trim().toLowerCase() !== "chunked") {
      return refused("the only transfer coding is a single chunked");
    }
    headers.chunked = true;
  } else if (name === "expect") {
    if (value.toLowerCase() !== "100-continue") return refused("unknown expectation");
    headers.expectsContinue = true;
  }
  return undefined;
}

function noteLength(headers: RequestHeaders, value: string): Problem | undefined {
  if (headers.contentLength >= 0 || !/^\d{1,15}$/.test(value)) {
    return refused("Content-Length must be one decimal number");
  }
  headers.contentLength = Number(value);
  return undefined;
}

/** GH2 */
function isAsserted(name: string): boolean {
  const first = name.charCodeAt(0);
  if (first !== 0x78 && first !== 0x66) return false; // Neither "x…" nor "f…".
  const plain = name.includes("_") ? name.replaceAll("_", "-") : name;
  return (
    plain.startsWith("x-consumer-") ||
    plain.startsWith("x-forwarded-") ||
    plain === "x-forwarded" ||
    plain === "forwarded" ||
    plain === "x-real-ip" ||
    plain === "x-request-deadline-ms" ||
    (plain !== name && plain === "x-correlation-id")
  );
}

/** GH1: removes the headers that `Connection` names. */
function dropNamed(headers: RequestHeaders, connection: string): void {
  const named = new Set(
    connection
      .toLowerCase()
      .split(",")
      .map((each) => each.trim()),
  );
  for (const plain of ["", "keep-alive", "close", "upgrade"]) named.delete(plain);
  if (named.size === 0) return;
  const kept: string[] = [];
  for (let i = 0; i < headers.forward.length; i += 2) {
    const name = headers.forward[i] as string;
    if (!named.has(name)) kept.push(name, headers.forward[i + 1] as string);
  }
  headers.forward.splice(0, headers.forward.length, ...kept);
}

/** GH1 for a response: hop-by-hop headers, those that `Connection` names, and what never crosses. */
export function isHopByHop(name: string): boolean {
  return hopByHop.has(name);
}

export function hasBody(headers: RequestHeaders): boolean {
  return headers.chunked || headers.contentLength > 0;
}
