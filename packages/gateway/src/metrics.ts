/**
 * What the gateway exports beside the metrics of every HTTP server.
 *
 * @module
 */
import {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  type Metric,
} from "@ashlar/foundation";

const refusedLabels = { route: { maxValues: 200 }, code: { maxValues: 60 } } as const;
const upstreamLabels = {
  target: { maxValues: 100 },
  outcome: ["ok", "server_error", "timeout", "unreachable", "invalid", "aborted"],
} as const;
const retryLabels = {
  target: { maxValues: 100 },
  outcome: ["retried", "budget_exhausted"],
} as const;
const targetLabels = { target: { maxValues: 100 } } as const;
const cacheLabels = {
  route: { maxValues: 200 },
  outcome: ["hit", "stale", "miss", "bypass", "coalesced", "revalidated"],
} as const;
const storeLabels = { store: ["rate_limits", "credentials"] } as const;

/** Requests that the gateway itself refused, by route (or `none`) and problem code. */
export const gatewayRefusalsTotal: Counter<typeof refusedLabels> = counter(
  "gateway_refusals_total",
  { help: "Requests that the gateway refused.", labels: refusedLabels },
);

/** Attempts at services, by target part and outcome. */
export const gatewayUpstreamAttemptsTotal: Counter<typeof upstreamLabels> = counter(
  "gateway_upstream_attempts_total",
  { help: "Attempts at upstream services.", labels: upstreamLabels },
);

/** Time from sending an attempt to the head of its answer. */
export const gatewayUpstreamDurationSeconds: Histogram<typeof targetLabels> = histogram(
  "gateway_upstream_duration_seconds",
  { help: "Time until an upstream service began to answer.", labels: targetLabels },
);

export const gatewayRetriesTotal: Counter<typeof retryLabels> = counter("gateway_retries_total", {
  help: "Retries, and those that the budget forbade.",
  labels: retryLabels,
});

/** Replicas that are left alone now because they failed. */
export const gatewayEjectedReplicas: Gauge<typeof targetLabels> = gauge(
  "gateway_ejected_replicas",
  {
    help: "Replicas ejected now, or an open circuit.",
    labels: targetLabels,
  },
);

export const gatewayCacheRequestsTotal: Counter<typeof cacheLabels> = counter(
  "gateway_cache_requests_total",
  { help: "Requests on cached routes, by what the cache did.", labels: cacheLabels },
);

export const gatewayCacheBytes: Gauge = gauge("gateway_cache_bytes", {
  help: "Bytes that the response cache holds.",
});

/** Each is a request judged without its shared store: see docs/spec/gateway.md, GL3. */
export const gatewayStoreFailuresTotal: Counter<typeof storeLabels> = counter(
  "gateway_store_failures_total",
  { help: "Requests that found a shared store out of reach.", labels: storeLabels },
);

export const gatewayWebSocketsOpen: Gauge = gauge("gateway_websockets_open", {
  help: "WebSockets open now.",
});

export const gatewayConnectionsRefusedTotal: Counter = counter(
  "gateway_connections_refused_total",
  { help: "Connections closed at once because the limit was reached." },
);

/** Everything that the gateway exports: for a system's definition and for the registry. */
export const gatewayMetrics: Readonly<Record<string, Metric>> = {
  httpRequestsTotal,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  gatewayRefusalsTotal,
  gatewayUpstreamAttemptsTotal,
  gatewayUpstreamDurationSeconds,
  gatewayRetriesTotal,
  gatewayEjectedReplicas,
  gatewayCacheRequestsTotal,
  gatewayCacheBytes,
  gatewayStoreFailuresTotal,
  gatewayWebSocketsOpen,
  gatewayConnectionsRefusedTotal,
};
