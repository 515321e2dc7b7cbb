/**
 * The metrics that every HTTP server of a system exports under the same names, so that one alert,
 * one dashboard and one scaling rule fit all of them.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "./metric.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
const requestLabels = {
  method: methods,
  route: { maxValues: 200 },
  status: { maxValues: 60 },
} as const;
const latencyLabels = { method: methods, route: { maxValues: 200 } } as const;

/** Requests answered, by method, route pattern (never the raw path) and status code. */
export const httpRequestsTotal: Counter<typeof requestLabels> = counter("http_requests_total", {
  help: "HTTP requests answered.",
  labels: requestLabels,
});

/** Time from the request's first byte to the response's last, by method and route pattern. */
export const httpRequestDurationSeconds: Histogram<typeof latencyLabels> = histogram(
  "http_request_duration_seconds",
  { help: "Time to answer an HTTP request.", labels: latencyLabels },
);

/** Requests being answered now: the signal to scale on, for it falls when replicas rise. */
export const httpRequestsInFlight: Gauge = gauge("http_requests_in_flight", {
  help: "HTTP requests being answered now.",
});
