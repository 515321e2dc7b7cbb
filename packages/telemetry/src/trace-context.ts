/**
 * W3C trace context: which trace a piece of work belongs to, on the wire and in memory.
 *
 * - TEL5  Only a valid `traceparent` is taken over; anything else is as if there were none.
 *
 * Source: W3C Trace Context, Recommendation of 23 November 2021, sections 3.2 and 3.3.
 *
 * @module
 */

export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Does somebody record this trace? Children follow. */
  readonly sampled: boolean;
  /** The vendors' own part, passed on unread. */
  readonly traceState?: string;
}

/** Headers as `node:http`, Fastify and undici give them. */
export type HeaderSource = Readonly<Record<string, string | readonly string[] | undefined>>;

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const traceStateCharactersMax = 512;

/** The context of a `traceparent` value, if it is valid (TEL5). */
export function parseTraceparent(value: string | undefined): TraceContext | undefined {
  if (value === undefined || value.length > 256) return undefined;
  const match = pattern.exec(value);
  const [, version, traceId, spanId, flags, more] = match ?? [];
  if (version === undefined || traceId === undefined || spanId === undefined) return undefined;
  if (version === "ff" || (version === "00" && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags ?? "0", 16) & 1) === 1 };
}

/** The `traceparent` value of a context. */
export function formatTraceparent(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.sampled ? "01" : "00"}`;
}

/** What the caller of a request says about its trace. */
export function extractTrace(headers: HeaderSource): TraceContext | undefined {
  const value = headers["traceparent"];
  const context = parseTraceparent(typeof value === "string" ? value : undefined);
  if (context === undefined) return undefined;
  const state = headers["tracestate"];
  const traceState = typeof state === "string" ? state : state?.join(",");
  const isUsable = traceState !== undefined && traceState.length <= traceStateCharactersMax;
  return isUsable ? { ...context, traceState } : context;
}

/** Tells the called side which trace it belongs to. */
export function injectTrace(context: TraceContext, headers: Record<string, string>): void {
  headers["traceparent"] = formatTraceparent(context);
  if (context.traceState !== undefined) headers["tracestate"] = context.traceState;
}
