/**
 * Problem documents (`application/problem+json`): the one form in which a service refuses.
 *
 * - SK3  Every error is answered as a problem document with status, code and correlation id. What
 *        the service did not mean to tell (stack, SQL, another part's text) stays in the log.
 *
 * Source: RFC 9457.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { nodeHttp } from "@ashlar/telemetry";
import { RequestInvalidError, type ServiceProblemCode, serviceProblems } from "./errors.ts";

/** One wrong part of a request. */
export interface ProblemFault {
  /** For example `body.items[0].quantity`. */
  readonly path: string;
  readonly message: string;
}

export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
  readonly errors?: readonly ProblemFault[];
  /** The error's own data, for programs. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export const problemContentType = "application/problem+json; charset=utf-8";

export function serviceProblem(
  code: ServiceProblemCode,
  detail: string,
  extra: Pick<Problem, "errors" | "headers" | "data"> = {},
): Problem {
  return { ...serviceProblems[code], code, detail, ...extra };
}

/** The document as it goes over the wire. */
export function problemBody(problem: Problem, correlationId: string): string {
  const { title, status, code, detail, errors, data } = problem;
  return JSON.stringify({
    type: "about:blank",
    title,
    status,
    code,
    detail,
    ...(errors === undefined ? {} : { errors }),
    ...(data === undefined ? {} : { data }),
    correlationId,
  });
}

/** An error that says itself how it is answered; see `HttpError`. */
interface StatusError extends CodedError {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function hasStatus(error: CodedError): error is StatusError {
  return "status" in error && typeof error.status === "number" && error.status >= 400;
}

/** Errors of the rooms below that are not this service's fault, by code. */
const degradedCodes: ReadonlySet<string> = new Set([
  "POSTGRES_UNAVAILABLE",
  "POSTGRES_POOL_EXHAUSTED",
  "POSTGRES_TIMEOUT",
  "POSTGRES_CONFLICT",
  "QUEUE_FULL",
]);

/** How an error that a handler threw is answered (SK3). */
export function problemFrom(error: unknown): Problem {
  if (!(error instanceof CodedError)) return internalError();
  if (hasStatus(error)) {
    const { status, headers = {}, code, message, detail } = error;
    if (error instanceof RequestInvalidError) {
      const { errors } = error.detail;
      return { status, title: "Invalid request", code, detail: message, errors };
    }
    const data = Object.keys(detail).length === 0 || status >= 500 ? {} : { data: detail };
    return {
      status,
      title: titleOf(status),
      code,
      detail: message,
      headers,
      ...data,
    };
  }
  if (degradedCodes.has(error.code)) {
    return serviceProblem(
      "SERVICE_DEGRADED",
      "something that this service needs is not available",
      {
        headers: { "retry-after": "1" },
      },
    );
  }
  return internalError();
}

function titleOf(status: number): string {
  return nodeHttp.STATUS_CODES[status] ?? "Error";
}

function internalError(): Problem {
  return serviceProblem("INTERNAL_ERROR", "a fault in the service; its log has it");
}

/** Fastify's own errors, by their code. */
const frameworkCodes: Readonly<Record<string, ServiceProblemCode>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "HTTP_MALFORMED",
  FST_ERR_CTP_BODY_TOO_LARGE: "BODY_TOO_LARGE",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_CTP_INVALID_TYPE: "MEDIA_TYPE_UNSUPPORTED",
  FST_ERR_BAD_URL: "URL_MALFORMED",
  FST_ERR_MAX_PARAM_LENGTH: "PATH_UNKNOWN",
  FST_ERR_ASYNC_CONSTRAINT: "URL_MALFORMED",
};

/** What the texts above mean to the caller; Fastify's own may quote the input. */
const frameworkDetails: Readonly<Partial<Record<ServiceProblemCode, string>>> = {
  HTTP_MALFORMED: "the body's size does not fit its Content-Length",
  BODY_TOO_LARGE: "the body is larger than this route takes",
  MEDIA_TYPE_UNSUPPORTED: "send the body as application/json",
  URL_MALFORMED: "the path is not valid percent-encoded UTF-8",
  PATH_UNKNOWN: "this service has no such path",
};

/** The problem that an error of Fastify stands for; undefined for other errors. */
export function frameworkProblem(error: unknown): Problem | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  const code = frameworkCodes[String(error.code)];
  return code === undefined ? undefined : serviceProblem(code, frameworkDetails[code] ?? code);
}
