/**
 * Reading a request and answering it: bounded bodies, JSON, problem documents, safe headers.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { CodedError, hasCode } from "@ashlar/foundation";
import { BodyTooLargeError, RequestInvalidError, RequestRefusedError } from "../errors.ts";

/** One request on its way through a route. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** What the route's pattern matched, decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

/** Scripts, styles and pictures from here alone; no frame may hold the console. */
const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function setSafeHeaders(response: ServerResponse): void {
  response.setHeader("content-security-policy", contentPolicy);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("cache-control", "no-store");
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  send(response, { status, type: "application/json; charset=utf-8", body: JSON.stringify(value) });
}

export function send(
  response: ServerResponse,
  answer: { readonly status?: number; readonly type: string; readonly body: string | Uint8Array },
): void {
  response.statusCode = answer.status ?? 200;
  response.setHeader("content-type", answer.type);
  response.setHeader("content-length", Buffer.byteLength(answer.body));
  response.end(response.req.method === "HEAD" ? undefined : answer.body);
}

/** Answers with a problem document; what is not a refusal of ours shows no inner detail. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const status = statusOf(error);
  const code = error instanceof CodedError ? error.code : "CONSOLE_INTERNAL";
  send(response, {
    status,
    type: "application/problem+json",
    body: JSON.stringify({
      type: "about:blank",
      title: titles[status] ?? "Error",
      status,
      code,
      detail:
        status !== 500 && error instanceof Error
          ? error.message
          : "the console failed; its log says more",
    }),
  });
}

/** The supervisor's refusals keep the status that it gave them. */
function statusOf(error: unknown): number {
  if (error instanceof RequestRefusedError) return error.status;
  if (hasCode(error, "CONTROL_UNREACHABLE")) return 502;
  if (hasCode(error, "CONTROL_REFUSED")) return Number(error.detail["status"]);
  return 500;
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  409: "Conflict",
  413: "Content Too Large",
  421: "Misdirected Request",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
};

/** @throws {BodyTooLargeError} as soon as more than `bytesMax` have come. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BodyTooLargeError(bytesMax);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** An absent body is an empty object. @throws {RequestInvalidError} {@link BodyTooLargeError} */
export async function readJsonObject(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Readonly<Record<string, unknown>>> {
  const body = await readBody(request, bytesMax);
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new RequestInvalidError("body", "JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestInvalidError("body", "a JSON object");
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A whole number from the query, within bounds. @throws {RequestInvalidError} */
export function numberFrom(
  url: URL,
  name: string,
  limits: { readonly otherwise: number; readonly min: number; readonly max: number },
): number {
  const text = url.searchParams.get(name);
  if (text === null || text === "") return limits.otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < limits.min || value > limits.max) {
    throw new RequestInvalidError(name, `a number from ${limits.min} to ${limits.max}`);
  }
  return value;
}

/** A text from the query, at most 500 characters; undefined when absent or empty. */
export function textFrom(url: URL, name: string): string | undefined {
  const text = url.searchParams.get(name)?.slice(0, 500);
  return text === undefined || text === "" ? undefined : text;
}
