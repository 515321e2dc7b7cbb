/**
 * Every error that the console throws on purpose, with the HTTP status that it answers.
 *
 * @module
 */
import { CodedError, type ErrorDetail } from "@ashlar/foundation";

/**
 * Thrown at start-up when a variable of the environment is missing or wrong. Names each of them.
 * Not retried: start the console through `ashlar up`.
 */
export class ConsoleSettingsError extends CodedError<
  "CONSOLE_SETTINGS_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("CONSOLE_SETTINGS_INVALID", `console settings invalid: ${violations.join("; ")}`, {
      violations,
    });
  }
}

/** Base of refusals that a client sees as a problem document. */
export class RequestRefusedError<
  Code extends string = string,
  Detail extends ErrorDetail = ErrorDetail,
> extends CodedError<Code, Detail> {
  readonly status: number;

  constructor(status: number, problem: { code: Code; message: string; detail: Detail }) {
    super(problem.code, problem.message, problem.detail);
    this.status = status;
  }
}

/**
 * Thrown for a request without a valid session or bearer token. Open the address that `ashlar open`
 * prints.
 */
export class UnauthorizedError extends RequestRefusedError<
  "CONSOLE_UNAUTHORIZED",
  Record<never, never>
> {
  constructor() {
    super(401, {
      code: "CONSOLE_UNAUTHORIZED",
      message: "no valid session: run `ashlar open` and use the address that it prints",
      detail: {},
    });
  }
}

/** Thrown when the Host header names anything but this machine (DNS rebinding). Not retried. */
export class HostRefusedError extends RequestRefusedError<
  "CONSOLE_HOST_REFUSED",
  { readonly host: string }
> {
  constructor(host: string) {
    super(421, {
      code: "CONSOLE_HOST_REFUSED",
      message: `the console answers on loopback names only, not on "${host}"`,
      detail: { host },
    });
  }
}

/**
 * Thrown for a request that another site's page caused, or a change without the console's own
 * header.
 */
export class CrossSiteRefusedError extends RequestRefusedError<
  "CONSOLE_CROSS_SITE_REFUSED",
  { readonly expected: string }
> {
  constructor(expected: string) {
    super(403, {
      code: "CONSOLE_CROSS_SITE_REFUSED",
      message: `refused: ${expected}`,
      detail: { expected },
    });
  }
}

/** Thrown where the path, part, trace or mail does not exist (any more). */
export class NotFoundError extends RequestRefusedError<
  "CONSOLE_NOT_FOUND",
  { readonly what: string }
> {
  constructor(what: string) {
    super(404, { code: "CONSOLE_NOT_FOUND", message: `no such thing: ${what}`, detail: { what } });
  }
}

/** Thrown for a parameter or body that does not have the documented shape. Names it. */
export class RequestInvalidError extends RequestRefusedError<
  "CONSOLE_REQUEST_INVALID",
  { readonly path: string; readonly expected: string }
> {
  constructor(path: string, expected: string) {
    super(400, {
      code: "CONSOLE_REQUEST_INVALID",
      message: `${path} must be ${expected}`,
      detail: { path, expected },
    });
  }
}

/** Thrown when a body is longer than its route takes. Send less at a time. */
export class BodyTooLargeError extends RequestRefusedError<
  "CONSOLE_BODY_TOO_LARGE",
  { readonly bytesMax: number }
> {
  constructor(bytesMax: number) {
    super(413, {
      code: "CONSOLE_BODY_TOO_LARGE",
      message: `the body is longer than ${bytesMax} bytes`,
      detail: { bytesMax },
    });
  }
}

/**
 * Thrown for telemetry that is neither OTLP JSON nor OTLP protobuf. A sender's bug; not retried.
 */
export class OtlpInvalidError extends RequestRefusedError<
  "CONSOLE_OTLP_INVALID",
  { readonly reason: string }
> {
  constructor(reason: string) {
    super(400, {
      code: "CONSOLE_OTLP_INVALID",
      message: `not an OTLP trace export: ${reason}`,
      detail: { reason },
    });
  }
}

/**
 * Thrown when spans arrive faster than the console keeps them, or too many streams are open. Retry
 * after a second.
 */
export class OverloadedError extends RequestRefusedError<
  "CONSOLE_OVERLOADED",
  { readonly limit: string }
> {
  constructor(limit: string) {
    super(429, {
      code: "CONSOLE_OVERLOADED",
      message: `over the limit of ${limit}`,
      detail: { limit },
    });
  }
}

/** Thrown when the page cannot be bundled: a broken checkout, or no esbuild. Run `npm ci`. */
export class PageBundleError extends RequestRefusedError<
  "CONSOLE_PAGE_BUNDLE_FAILED",
  { readonly reason: string }
> {
  constructor(reason: string) {
    super(500, {
      code: "CONSOLE_PAGE_BUNDLE_FAILED",
      message: `the page could not be built: ${reason}`,
      detail: { reason },
    });
  }
}

/**
 * Thrown within the console when a replica's metrics cannot be read; shows as a gap in the plots.
 */
export class ScrapeFailedError extends CodedError<
  "CONSOLE_SCRAPE_FAILED",
  { readonly port: number; readonly reason: string }
> {
  constructor(port: number, reason: string, options?: ErrorOptions) {
    super("CONSOLE_SCRAPE_FAILED", `port ${port}: ${reason}`, { port, reason }, options);
  }
}
