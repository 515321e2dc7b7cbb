/**
 * The errors of this room.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown when two different declarations claim one metric name in the same program. A bug: declare
 * the metric once and share the value. Never retried.
 */
export class MetricConflictError extends CodedError<"METRIC_CONFLICT", { readonly name: string }> {
  constructor(name: string) {
    super("METRIC_CONFLICT", `the metric "${name}" is declared twice, and differently`, { name });
  }
}

/**
 * Thrown at start when the ops port (health and metrics) cannot be opened, most often because
 * another process holds it. Free the port or choose another, then start again.
 */
export class OpsPortError extends CodedError<
  "OPS_PORT_UNAVAILABLE",
  { readonly host: string; readonly port: number; readonly reason: string }
> {
  constructor(host: string, port: number, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      "OPS_PORT_UNAVAILABLE",
      `cannot listen on ${host}:${port} for health and metrics: ${reason}`,
      { host, port, reason },
      { cause },
    );
  }
}

/**
 * Thrown inside a health check that did not answer in time; seen in /readyz. Retried by the prober.
 */
export class HealthCheckTimeoutError extends CodedError<
  "HEALTH_CHECK_TIMEOUT",
  { readonly check: string; readonly timeoutMs: number }
> {
  constructor(check: string, timeoutMs: number) {
    super("HEALTH_CHECK_TIMEOUT", `no answer within ${timeoutMs} ms`, { check, timeoutMs });
  }
}

/**
 * Thrown inside the exporter when the collector refuses or does not answer. Never leaves the room:
 * the spans are counted as dropped, and the program goes on.
 */
export class SpanExportError extends CodedError<"SPAN_EXPORT_FAILED", { readonly reason: string }> {
  constructor(reason: string, options?: ErrorOptions) {
    super("SPAN_EXPORT_FAILED", `the collector took no spans: ${reason}`, { reason }, options);
  }
}
