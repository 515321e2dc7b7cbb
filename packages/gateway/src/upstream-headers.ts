/**
 * The headers that a service receives: the client's own that may pass, and what the gateway asserts.
 *
 * - GH5  `x-consumer-id` and `x-consumer-roles` are present exactly when the gateway proved them.
 * - GH6  An API key or password stays at the gateway; a bearer token goes on unchanged, for services
 *        verify it themselves.
 *
 * @module
 */
import type { RouteRuntime } from "./edge.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHeaders } from "./request-headers.ts";
import { validTraceparent } from "./trace-context.ts";

/** Name, value, name, value. */
export function upstreamHeaders(exchange: Exchange, runtime: RouteRuntime): string[] {
  const { client, consumer } = exchange;
  const headers = exchange.headers as RequestHeaders;
  const withheld = withheldHeader(consumer?.scheme);
  const removed = runtime.requestRemove;
  const sent =
    withheld === undefined && removed.length === 0
      ? headers.forward
      : without(headers.forward, withheld === undefined ? removed : [...removed, withheld]);
  sent.push(
    "x-forwarded-for",
    client.forwardedFor,
    "x-forwarded-proto",
    client.proto,
    "x-forwarded-host",
    client.host,
    "x-correlation-id",
    exchange.correlationId,
    "traceparent",
    exchange.traceparent,
    "via",
    headers.via === undefined ? "1.1 ashlar" : `${headers.via}, 1.1 ashlar`,
  );
  if (headers.tracestate !== undefined && validTraceparent(headers.traceparent) !== undefined) {
    sent.push("tracestate", headers.tracestate);
  }
  if (consumer !== undefined) {
    sent.push("x-consumer-id", consumer.id, "x-consumer-roles", consumer.roles.join(","));
  }
  for (const each of runtime.requestSet) sent.push(each);
  return sent;
}

function withheldHeader(scheme: "jwt" | "apiKey" | "basic" | undefined): string | undefined {
  if (scheme === "basic") return "authorization";
  return scheme === "apiKey" ? "x-api-key" : undefined;
}

function without(headers: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (!names.includes(name)) kept.push(name, headers[i + 1] as string);
  }
  return kept;
}
