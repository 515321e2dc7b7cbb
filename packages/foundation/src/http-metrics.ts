/**
 * The metrics that every HTTP server of a system exports under the same names, so that one alert,
 * one dashboard and one scaling rule fit all of them.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "./metric.ts";

type Methods = readonly ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
interface Bounded {
  readonly maxValues: number;
}

const methods: Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const routes: Bounded = { maxValues: 200 };
const statuses: Bounded = { maxValues: 60 };

/** Requests answered, by method, route pattern (never the raw path) and status code. */
export const httpRequestsTotal: Counter<{
  method: Methods;
  route: Bounded;
  status: Bounded;
}> = counter("http_requests_total", {
  help: "HTTP requests answered.",
  labels: { method: methods, route: routes, status: statuses },
});

/** Time from the request's first byte to the response's last, by method and route pattern. */
export const httpRequestDurationSeconds: Histogram<{ method: Methods; route: Bounded }> = histogram(
  "http_request_duration_seconds",
  { help: "Time to answer an HTTP request.", labels: { method: methods, route: routes } },
);

/** Requests being answered now: the signal to scale on, for it falls when replicas rise. */
export const httpRequestsInFlight: Gauge = gauge("http_requests_in_flight", {
  help: "HTTP requests being answered now.",
});
