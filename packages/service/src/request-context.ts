/**
 * What is known of the request that is being served, for logs and for calls to other parts.
 *
 * - SK1  A correlation id of 1..128 harmless characters is taken over; any other is replaced. It is
 *        on every answer, every log line of the request, and every call made for it.
 * - SK2  The time that a caller leaves (`x-request-deadline-ms`, milliseconds from arrival) can
 *        only shorten the route's own limit, and every call made for the request keeps within it.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock, Entropy, LogFields } from "@ashlar/foundation";

export const correlationHeader = "x-correlation-id";
/** Milliseconds that the caller will still wait, counted from the request's arrival. */
export const deadlineHeader = "x-request-deadline-ms";

export interface RequestContext {
  readonly correlationId: string;
  /** On the monotonic clock: after this, nobody waits for the answer. */
  readonly deadlineAtMs: number;
  /** Added to every log line that is written for this request. */
  readonly logFields: LogFields;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** The request for which the calling code runs; undefined outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` on behalf of `context`. */
export function runInRequest<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

const correlationPattern = /^[A-Za-z0-9._:-]{1,128}$/;

/** The caller's correlation id if it is harmless, else a new one (SK1). */
export function correlationIdOf(headers: IncomingHttpHeaders, entropy: Entropy): string {
  const sent = headers[correlationHeader];
  return typeof sent === "string" && correlationPattern.test(sent) ? sent : entropy.uuid();
}

/** @param limitMs the route's own limit. */
export function openRequestContext(
  headers: IncomingHttpHeaders,
  correlationId: string,
  options: { readonly clock: Clock; readonly limitMs: number },
): RequestContext {
  const sent = headers[deadlineHeader];
  const asked = typeof sent === "string" && /^\d{1,9}$/.test(sent) ? Number(sent) : Infinity;
  return {
    correlationId,
    deadlineAtMs: options.clock.monotonicMs() + Math.min(asked, options.limitMs), // SK2
    logFields: { correlationId },
  };
}
