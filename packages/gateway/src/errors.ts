/**
 * The errors of this room: what stops a gateway from starting, and the problems that it answers
 * clients with (`application/problem+json`, field `code`).
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown at start when the gateway's plan cannot be served: a bad pattern, two routes that match
 * the same requests, an upstream without an address. Lists every fault. Not worth a retry: correct
 * the definition or the environment.
 */
export class GatewayPlanError extends CodedError<
  "GATEWAY_PLAN_INVALID",
  { readonly faults: readonly string[] }
> {
  constructor(faults: readonly string[]) {
    super("GATEWAY_PLAN_INVALID", `the gateway cannot be served: ${faults.join("; ")}`, { faults });
  }
}

/**
 * Thrown at start, and logged when a file changes, for a TLS certificate or key that cannot be read
 * or do not belong together. Retry after the files are put right; the former pair stays in use.
 */
export class TlsFilesError extends CodedError<"TLS_FILES_INVALID", { readonly reason: string }> {
  constructor(reason: string, options?: ErrorOptions) {
    super("TLS_FILES_INVALID", `TLS certificate or key: ${reason}`, { reason }, options);
  }
}

/** Thrown for a credentials file that is not a list of API keys and passwords. Correct the file. */
export class CredentialsFileError extends CodedError<
  "CREDENTIALS_FILE_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("CREDENTIALS_FILE_INVALID", `credentials file: ${violations.join("; ")}`, { violations });
  }
}

/** Thrown when an issuer's key set cannot be fetched or read. Retried by itself; see the cause. */
export class KeySetError extends CodedError<
  "ISSUER_KEYS_UNAVAILABLE",
  { readonly issuer: string; readonly reason: string }
> {
  constructor(issuer: string, reason: string, options?: ErrorOptions) {
    const message = `keys of token issuer "${issuer}" are unavailable: ${reason}`;
    super("ISSUER_KEYS_UNAVAILABLE", message, { issuer, reason }, options);
  }
}

/** Thrown inside a streamed request body that outgrows its route's limit. Send less. */
export class BodyLimitError extends CodedError<
  "BODY_LIMIT_EXCEEDED",
  { readonly bytesMax: number }
> {
  constructor(bytesMax: number) {
    super("BODY_LIMIT_EXCEEDED", `the request body is larger than ${bytesMax} bytes`, { bytesMax });
  }
}

/** Ends an attempt at an upstream from our side. Never leaves the room. */
export class AttemptAbortedError extends CodedError<
  "UPSTREAM_ATTEMPT_ABORTED",
  { readonly reason: string }
> {
  constructor(reason: string) {
    super("UPSTREAM_ATTEMPT_ABORTED", `the attempt was given up: ${reason}`, { reason });
  }
}

/** Every problem that the gateway itself answers with. */
export const gatewayProblems = {
  /** The request line's target is not a plain path (absolute form, `*`, a fragment, controls). Never retry. */
  TARGET_INVALID: { status: 400, title: "Bad request target" },
  /** The path has dot segments, empty segments, or encoded separators, controls or percent signs. Never retry. */
  PATH_REFUSED: { status: 400, title: "Bad path" },
  /** The request is not HTTP/1.1 as the specification has it. Never retry. */
  REQUEST_MALFORMED: { status: 400, title: "Malformed request" },
  /** A header is doubled, folded, or has characters that it may not have. Never retry. */
  HEADER_REFUSED: { status: 400, title: "Bad header" },
  /** The header section is larger, or has more lines, than the gateway takes. Send fewer headers. */
  HEADERS_TOO_LARGE: { status: 431, title: "Headers too large" },
  /** The headers or the body did not arrive in time. Retry on a better connection. */
  REQUEST_TIMEOUT: { status: 408, title: "Request timeout" },
  /** No route matches this path. Never retry. */
  ROUTE_NOT_FOUND: { status: 404, title: "Not found" },
  /** The path exists, the method does not; `Allow` lists those that do. Never retry. */
  ROUTE_METHOD_REFUSED: { status: 405, title: "Method not allowed" },
  /** The route speaks WebSocket only: send an upgrade. Never retry as it is. */
  UPGRADE_REQUIRED: { status: 426, title: "Upgrade required" },
  /** The WebSocket handshake is malformed, or the route speaks HTTP only. Never retry. */
  UPGRADE_REFUSED: { status: 400, title: "Upgrade refused" },
  /** A preflight from an origin, or for a method or header, that the route does not permit. Never retry. */
  CORS_REFUSED: { status: 403, title: "Cross-origin request refused" },
  /** The route needs credentials and none was sent. Sign in. */
  CREDENTIALS_MISSING: { status: 401, title: "Credentials required" },
  /** The bearer token is not a signed JWT of sensible size. Never retry. */
  TOKEN_MALFORMED: { status: 401, title: "Bad token" },
  /** The token's algorithm is `none`, symmetric, or not one of its issuer's. Never retry. */
  TOKEN_ALGORITHM_REFUSED: { status: 401, title: "Bad token" },
  /** The token names an issuer that this gateway does not trust. Never retry. */
  TOKEN_ISSUER_UNKNOWN: { status: 401, title: "Bad token" },
  /** The token was made for another audience. Never retry. */
  TOKEN_AUDIENCE_WRONG: { status: 401, title: "Bad token" },
  /** The token's signing key is not among its issuer's keys. Sign in again. */
  TOKEN_KEY_UNKNOWN: { status: 401, title: "Bad token" },
  /** The signature does not fit the token. Never retry. */
  TOKEN_SIGNATURE_INVALID: { status: 401, title: "Bad token" },
  /** The token has expired. Refresh it. */
  TOKEN_EXPIRED: { status: 401, title: "Token expired" },
  /** The token is not valid yet, or was issued in the future. Check the clocks. */
  TOKEN_NOT_YET_VALID: { status: 401, title: "Token not valid yet" },
  /** A claim that the gateway needs is missing or of the wrong type. Never retry. */
  TOKEN_CLAIM_INVALID: { status: 401, title: "Bad token" },
  /** The issuer's keys could not be fetched, so the token cannot be judged. Retry later. */
  TOKEN_KEYS_UNAVAILABLE: { status: 503, title: "Cannot verify tokens" },
  /** The API key is unknown, revoked or expired. Ask for a new one. */
  API_KEY_INVALID: { status: 401, title: "Bad API key" },
  /** User or password is wrong. */
  PASSWORD_INVALID: { status: 401, title: "Bad credentials" },
  /** The store of credentials cannot be reached, so they cannot be judged. Retry later. */
  CREDENTIAL_STORE_UNAVAILABLE: { status: 503, title: "Cannot verify credentials" },
  /** The caller has none of the roles that the route asks for. Never retry as this caller. */
  ROLE_REQUIRED: { status: 403, title: "Forbidden" },
  /** The caller lacks a scope that the route asks for. Never retry with this token. */
  SCOPE_REQUIRED: { status: 403, title: "Forbidden" },
  /** More requests than the limit allows. Retry after the seconds in `Retry-After`. */
  RATE_LIMITED: { status: 429, title: "Too many requests" },
  /** The body is larger than the route takes. Send less. */
  REQUEST_BODY_TOO_LARGE: { status: 413, title: "Body too large" },
  /** The gateway has as many requests in flight as it may. Retry after `Retry-After`. */
  OVERLOADED: { status: 503, title: "Overloaded" },
  /** The gateway is stopping. Retry at once on a new connection. */
  GATEWAY_STOPPING: { status: 503, title: "Stopping" },
  /** No replica of the service can be reached. Retry after `Retry-After` if idempotent. */
  UPSTREAM_UNREACHABLE: { status: 502, title: "Service unreachable" },
  /** The service's answer is not HTTP/1.1, or broke off. Retry if idempotent. */
  UPSTREAM_ANSWER_INVALID: { status: 502, title: "Bad answer from service" },
  /** The service has failed too often and is left in peace for a while. Retry after `Retry-After`. */
  UPSTREAM_CIRCUIT_OPEN: { status: 503, title: "Service unavailable" },
  /** The service did not answer within the route's time. Retry if idempotent. */
  UPSTREAM_TIMEOUT: { status: 504, title: "Service timed out" },
  /** As many WebSockets are open as may be. Retry later. */
  WEBSOCKETS_EXHAUSTED: { status: 503, title: "Too many WebSockets" },
  /** A fault in the gateway itself; the log has it under the correlation id. */
  GATEWAY_FAULT: { status: 500, title: "Internal error" },
} as const;

export type ProblemCode = keyof typeof gatewayProblems;
