/**
 * One line a request, and its metrics.
 *
 * - GT3  The line has no query, no header but the user agent, and so no token, key or cookie.
 *
 * @module
 */
import type { Exchange } from "./exchange.ts";

type LoggedMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

export function logAccess(exchange: Exchange, status: number): void {
  const { edge, runtime, request, client, target } = exchange;
  const { clock, instruments } = edge;
  const durationMs = clock.monotonicMs() - exchange.startMs;
  const route = runtime?.plan.name ?? "none";
  const method = request.method as LoggedMethod;
  instruments.requests.add(`${method} ${status} ${route}`, () => ({
    method,
    route,
    status: String(status),
  }));
  instruments.durations.observe({ method, route }, durationMs / 1_000);
  const fields: Record<string, string | number> = {
    method,
    path: target.path.length > 256 ? `${target.path.slice(0, 256)}…` : target.path,
    route,
    status,
    durationMs: Math.round(durationMs * 100) / 100,
    bytes: exchange.bytesSent,
    client: client.ip,
    correlationId: exchange.correlationId,
  };
  if (exchange.traceparent !== "") fields["traceId"] = exchange.traceparent.slice(3, 35);
  if (exchange.consumer !== undefined) fields["consumer"] = exchange.consumer.id;
  if (exchange.problemCode !== undefined) fields["code"] = exchange.problemCode;
  if (exchange.attempts > 1) fields["attempts"] = exchange.attempts;
  const userAgent = exchange.headers?.userAgent;
  if (userAgent !== undefined) fields["userAgent"] = userAgent.slice(0, 128);
  instruments.log.info("request", fields);
}
