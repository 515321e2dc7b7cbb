/**
 * The errors of this room: what stops a service from starting, what a call to another part can end
 * in, and the problems that a service answers its clients with.
 *
 * @module
 */
import { CodedError, type ErrorDetail } from "@ashlar/foundation";

/**
 * Thrown at start when the environment that the platform sets (`ASHLAR_*`, addresses, secrets) is
 * incomplete or wrong. Names every fault. Not worth a retry: start the part through `ashlar`, or
 * set what is missing.
 */
export class ServiceSettingsError extends CodedError<
  "SERVICE_SETTINGS_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("SERVICE_SETTINGS_INVALID", `cannot start: ${violations.join("; ")}`, { violations });
  }
}

/**
 * Thrown when a service asks for an address or secret that it was not given, most often because the
 * system definition does not declare the use. Declare it in `uses` or `secrets`. Never retried.
 */
export class UseMissingError extends CodedError<"USE_MISSING", { readonly name: string }> {
  constructor(name: string, kind: "address" | "secret") {
    const where = kind === "address" ? "uses" : "secrets";
    super("USE_MISSING", `no ${kind} under ${name}: declare it in the part's ${where}`, { name });
  }
}

/** Thrown when an address names an engine that this version has no adapter for. Never retried. */
export class UseSchemeError extends CodedError<
  "USE_SCHEME_UNSUPPORTED",
  { readonly name: string; readonly scheme: string; readonly supported: readonly string[] }
> {
  constructor(name: string, scheme: string, supported: readonly string[]) {
    super(
      "USE_SCHEME_UNSUPPORTED",
      `${name} has the scheme "${scheme}"; supported: ${supported.join(", ")}`,
      { name, scheme, supported },
    );
  }
}

/** Thrown at start for a secret's file that cannot be read or is empty. Put the value there. */
export class SecretUnreadableError extends CodedError<
  "SECRET_UNREADABLE",
  { readonly name: string; readonly path: string }
> {
  constructor(name: string, path: string, reason: string, options?: ErrorOptions) {
    super(
      "SECRET_UNREADABLE",
      `the secret ${name} cannot be read from ${path}: ${reason}`,
      { name, path },
      options,
    );
  }
}

/**
 * Thrown at start when the port for requests cannot be opened, most often because another process
 * holds it. Free the port or choose another.
 */
export class HttpPortError extends CodedError<
  "HTTP_PORT_UNAVAILABLE",
  { readonly host: string; readonly port: number }
> {
  constructor(host: string, port: number, options: ErrorOptions) {
    const reason = options.cause instanceof Error ? options.cause.message : String(options.cause);
    super(
      "HTTP_PORT_UNAVAILABLE",
      `cannot listen on ${host}:${port} for requests: ${reason}`,
      { host, port },
      options,
    );
  }
}

/** Thrown when a service did not open within its start-up time. The supervisor starts it again. */
export class StartTimeoutError extends CodedError<"START_TIMED_OUT", { readonly limitMs: number }> {
  constructor(limitMs: number) {
    super("START_TIMED_OUT", `the service did not open within ${limitMs} ms`, { limitMs });
  }
}

export interface HttpErrorOptions<Detail extends ErrorDetail> {
  readonly status: number;
  /** For people: what is wrong, with values, and what to do. */
  readonly message: string;
  /** For programs; sent as `data`. Never a secret. */
  readonly detail: Detail;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/**
 * Base of errors that say themselves how a request is answered: with this status, code, message and
 * headers. Any `CodedError` with a numeric `status` is treated alike; this class is the
 * convenience.
 */
export class HttpError<
  Code extends string = string,
  Detail extends ErrorDetail = ErrorDetail,
> extends CodedError<Code, Detail> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: Code, options: HttpErrorOptions<Detail>) {
    const { cause } = options;
    super(code, options.message, options.detail, cause === undefined ? undefined : { cause });
    this.status = options.status;
    this.headers = options.headers ?? {};
  }
}

/**
 * Thrown while a body is read that is no JSON, or JSON that is made to hurt. Answered with 400 as
 * `JSON_MALFORMED`. Not worth a retry: correct the body.
 */
export class JsonBodyError extends HttpError<"JSON_MALFORMED", Record<never, never>> {
  constructor(message: string) {
    super("JSON_MALFORMED", { status: 400, message, detail: {} });
  }
}

/**
 * Thrown when a request breaks its route's schema. Answered with 400; names every fault with its
 * path. Not worth a retry: correct the request.
 */
export class RequestInvalidError extends CodedError<
  "VALIDATION_FAILED",
  { readonly errors: readonly { readonly path: string; readonly message: string }[] }
> {
  readonly status = 400;

  constructor(errors: readonly { readonly path: string; readonly message: string }[]) {
    const [first] = errors;
    const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
    const detail = first === undefined ? "the request" : `${first.path}: ${first.message}${more}`;
    super("VALIDATION_FAILED", detail, { errors });
  }
}

type UpstreamDetail = { readonly upstream: string; readonly request: string };

/**
 * Thrown when another part cannot be reached, or answers that it cannot serve now (502, 503), after
 * the retries that were safe. The request is answered with 503; retry with back-off.
 */
export class UpstreamUnavailableError extends HttpError<"UPSTREAM_UNAVAILABLE", UpstreamDetail> {
  constructor(upstream: string, request: string, reason: string, cause?: unknown) {
    super("UPSTREAM_UNAVAILABLE", {
      status: 503,
      message: `${upstream} is not available: ${reason}`,
      detail: { upstream, request },
      headers: { "retry-after": "1" },
      cause,
    });
  }
}

/**
 * Thrown when another part did not answer within the time that was left. It may have done the work:
 * retry only what is idempotent. The request is answered with 504.
 */
export class UpstreamTimedOutError extends HttpError<"UPSTREAM_TIMED_OUT", UpstreamDetail> {
  constructor(upstream: string, request: string, limitMs: number) {
    super("UPSTREAM_TIMED_OUT", {
      status: 504,
      message: `${upstream} did not answer within ${Math.round(limitMs)} ms`,
      detail: { upstream, request },
    });
  }
}

/**
 * Thrown when another part answers with something that the caller's schema refuses, or that is no
 * JSON, or too large: the two versions do not fit together. The request is answered with 502. Not
 * worth a retry.
 */
export class UpstreamAnswerError extends HttpError<"UPSTREAM_ANSWER_UNEXPECTED", UpstreamDetail> {
  constructor(upstream: string, request: string, reason: string, cause?: unknown) {
    super("UPSTREAM_ANSWER_UNEXPECTED", {
      status: 502,
      message: `${upstream} answered unexpectedly: ${reason}`,
      detail: { upstream, request },
      cause,
    });
  }
}

/**
 * Thrown when another part refuses a call (a 4xx, or a 500 of its own). Carries its status and
 * code, so that the caller can turn the ones that it expects into its own. Unhandled, the request
 * is answered with 502. Retry only if the code says so.
 */
export class UpstreamRefusedError extends HttpError<
  "UPSTREAM_REFUSED",
  UpstreamDetail & { readonly upstreamStatus: number; readonly upstreamCode: string }
> {
  constructor(
    upstream: string,
    request: string,
    refusal: { readonly status: number; readonly code: string; readonly detail: string },
  ) {
    const { status, code, detail } = refusal;
    super("UPSTREAM_REFUSED", {
      status: 502,
      message: `${upstream} refused ${request} with ${status} ${code}${detail && `: ${detail}`}`,
      detail: { upstream, request, upstreamStatus: status, upstreamCode: code },
    });
  }
}

type NoDetail = Record<never, never>;

/**
 * Thrown when a route needs an `idempotency-key` header and none came. Send one; a UUID will do.
 */
export class IdempotencyKeyMissingError extends HttpError<"IDEMPOTENCY_KEY_MISSING", NoDetail> {
  constructor() {
    super("IDEMPOTENCY_KEY_MISSING", {
      status: 400,
      message: "send an idempotency-key header, so that a repeated request is done once",
      detail: {},
    });
  }
}

/**
 * Thrown for an idempotency key that is not 1..255 visible ASCII characters. Never retried as it
 * is.
 */
export class IdempotencyKeyInvalidError extends HttpError<"IDEMPOTENCY_KEY_INVALID", NoDetail> {
  constructor() {
    super("IDEMPOTENCY_KEY_INVALID", {
      status: 400,
      message: "an idempotency-key has 1..255 visible ASCII characters",
      detail: {},
    });
  }
}

/** Thrown when a key comes again with another request. A mistake of the client: take a new key. */
export class IdempotencyRequestChangedError extends HttpError<
  "IDEMPOTENCY_REQUEST_CHANGED",
  NoDetail
> {
  constructor() {
    super("IDEMPOTENCY_REQUEST_CHANGED", {
      status: 422,
      message: "this idempotency-key was used for another request; take a new one",
      detail: {},
    });
  }
}

/**
 * Thrown while the first request with this key is still being served. Retry after `Retry-After`.
 */
export class IdempotencyInProgressError extends HttpError<"IDEMPOTENCY_IN_PROGRESS", NoDetail> {
  constructor() {
    super("IDEMPOTENCY_IN_PROGRESS", {
      status: 409,
      message: "the first request with this idempotency-key is still being served",
      detail: {},
      headers: { "retry-after": "1" },
    });
  }
}

/**
 * Thrown when work took longer than its lease and another process has taken it over: this one's
 * transaction must not commit. Retry with the same key: it gets the other's answer.
 */
export class IdempotencyClaimLostError extends HttpError<"IDEMPOTENCY_CLAIM_LOST", NoDetail> {
  constructor() {
    super("IDEMPOTENCY_CLAIM_LOST", {
      status: 503,
      message: "the work took too long and another process has taken it over; ask again",
      detail: {},
      headers: { "retry-after": "1" },
    });
  }
}

/** Thrown when a route needs a bearer token and none came. Sign in. */
export class BearerTokenMissingError extends HttpError<"BEARER_TOKEN_MISSING", NoDetail> {
  constructor() {
    super("BEARER_TOKEN_MISSING", {
      status: 401,
      message: "send `authorization: Bearer <token>`",
      detail: {},
      headers: { "www-authenticate": "Bearer" },
    });
  }
}

/**
 * Thrown for a bearer token that is malformed, forged, expired or meant for others. Sign in again.
 */
export class BearerTokenRefusedError extends HttpError<"BEARER_TOKEN_REFUSED", NoDetail> {
  constructor(reason: string) {
    super("BEARER_TOKEN_REFUSED", {
      status: 401,
      message: `the token was refused: ${reason}`,
      detail: {},
      headers: { "www-authenticate": 'Bearer error="invalid_token"' },
    });
  }
}

/** Thrown when the issuer's keys cannot be fetched, so that no token can be judged. Retry later. */
export class BearerKeysError extends HttpError<"BEARER_KEYS_UNAVAILABLE", NoDetail> {
  constructor(url: string, reason: string, cause: unknown) {
    super("BEARER_KEYS_UNAVAILABLE", {
      status: 503,
      message: `tokens cannot be verified now: the keys at ${url} are not available (${reason})`,
      detail: {},
      headers: { "retry-after": "1" },
      cause,
    });
  }
}

/** Thrown when the caller has none of the roles that an action needs. Retrying does not help. */
export class RoleInsufficientError extends HttpError<
  "ROLE_INSUFFICIENT",
  { readonly needed: readonly string[] }
> {
  constructor(needed: readonly string[]) {
    super("ROLE_INSUFFICIENT", {
      status: 403,
      message: `this needs one of the roles ${needed.join(", ")}`,
      detail: { needed },
    });
  }
}

/**
 * Thrown for a resource of somebody else, answered as if it did not exist. Retrying does not help.
 */
export class NotOwnerError extends HttpError<"RESOURCE_NOT_FOUND", NoDetail> {
  constructor() {
    super("RESOURCE_NOT_FOUND", { status: 404, message: "there is no such resource", detail: {} });
  }
}

export interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

const kind = (status: number, title: string): ProblemKind => ({ status, title });

/** Codes of the problems that the kit itself answers with; see {@link serviceProblems}. */
export type ServiceProblemCode =
  | "URL_MALFORMED"
  | "HTTP_MALFORMED"
  | "PATH_UNKNOWN"
  | "METHOD_NOT_ALLOWED"
  | "REQUEST_INCOMPLETE"
  | "BODY_TOO_LARGE"
  | "MEDIA_TYPE_UNSUPPORTED"
  | "HEADER_SECTION_TOO_LARGE"
  | "INTERNAL_ERROR"
  | "HANDLER_TIMED_OUT"
  | "SERVICE_DEGRADED"
  | "STATE_CONFLICT";

/** Every problem that the kit itself answers with. */
export const serviceProblems: Readonly<Record<ServiceProblemCode, ProblemKind>> = {
  /** The path or query is not valid percent-encoded UTF-8. Never retry. */
  URL_MALFORMED: kind(400, "Malformed URL"),
  /** The bytes are not an HTTP/1.1 request, or break off. Never retry. */
  HTTP_MALFORMED: kind(400, "Malformed HTTP request"),
  /** This service has no such path. Never retry. */
  PATH_UNKNOWN: kind(404, "Not found"),
  /** The path exists, the method does not; `allow` lists those that do. Never retry. */
  METHOD_NOT_ALLOWED: kind(405, "Method not allowed"),
  /** The request did not arrive whole in time. Retry on a better connection. */
  REQUEST_INCOMPLETE: kind(408, "Request timeout"),
  /** The body is larger than the route takes. Send less. */
  BODY_TOO_LARGE: kind(413, "Body too large"),
  /** The body is not `application/json` without a content coding. Send JSON. */
  MEDIA_TYPE_UNSUPPORTED: kind(415, "Unsupported media type"),
  /** The headers are larger than 16 KiB. Send fewer. */
  HEADER_SECTION_TOO_LARGE: kind(431, "Headers too large"),
  /**
   * A fault of the service itself; its log has it under the correlation id. Retry if idempotent.
   */
  INTERNAL_ERROR: kind(500, "Internal error"),
  /**
   * The service was not done within the route's time. It may have done the work. Retry if
   * idempotent.
   */
  HANDLER_TIMED_OUT: kind(503, "Took too long"),
  /** Something that the service needs is not available now. Retry after `Retry-After`. */
  SERVICE_DEGRADED: kind(503, "Temporarily unavailable"),
  /** The request asks for what contradicts the present state. Read again, then decide. */
  STATE_CONFLICT: kind(409, "Conflict"),
};
