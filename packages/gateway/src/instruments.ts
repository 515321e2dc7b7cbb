/**
 * The gateway's metrics, log and tracer, resolved once from the telemetry port.
 *
 * @module
 */
import {
  type Counter,
  type Gauge,
  type Histogram,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
  type Log,
  type Metric,
} from "@ashlar/foundation";
import * as declared from "./metrics.ts";
import { Tally } from "./tally.ts";
import type {
  GatewayCounter,
  GatewayGauge,
  GatewayHistogram,
  GatewayTelemetry,
  GatewayTracer,
} from "./telemetry.ts";

type CounterOf<M extends Metric> = M extends Counter<infer L> ? GatewayCounter<L> : never;
type TallyOf<M extends Metric> = M extends Counter<infer L> ? Tally<L> : never;
type GaugeOf<M extends Metric> = M extends Gauge<infer L> ? GatewayGauge<L> : never;
type HistogramOf<M extends Metric> = M extends Histogram<infer L> ? GatewayHistogram<L> : never;

export interface Instruments {
  readonly log: Log;
  readonly tracer: GatewayTracer;
  readonly requests: TallyOf<typeof httpRequestsTotal>;
  readonly durations: HistogramOf<typeof httpRequestDurationSeconds>;
  readonly inFlight: GaugeOf<typeof httpRequestsInFlight>;
  readonly refusals: CounterOf<typeof declared.gatewayRefusalsTotal>;
  readonly attempts: TallyOf<typeof declared.gatewayUpstreamAttemptsTotal>;
  readonly upstreamDurations: HistogramOf<typeof declared.gatewayUpstreamDurationSeconds>;
  readonly retries: CounterOf<typeof declared.gatewayRetriesTotal>;
  readonly ejected: GaugeOf<typeof declared.gatewayEjectedReplicas>;
  readonly cacheRequests: CounterOf<typeof declared.gatewayCacheRequestsTotal>;
  readonly cacheBytes: GaugeOf<typeof declared.gatewayCacheBytes>;
  readonly storeFailures: CounterOf<typeof declared.gatewayStoreFailuresTotal>;
  readonly webSockets: GaugeOf<typeof declared.gatewayWebSocketsOpen>;
  readonly connectionsRefused: CounterOf<typeof declared.gatewayConnectionsRefusedTotal>;
}

/** `gauges` is called before the metrics are read. */
export function openInstruments(
  { log, metrics, tracer }: GatewayTelemetry,
  gauges: (instruments: Instruments) => void,
): Instruments & Disposable {
  const requests = new Tally(metrics.counter(httpRequestsTotal));
  const attempts = new Tally(metrics.counter(declared.gatewayUpstreamAttemptsTotal));
  const instruments = {
    log,
    tracer,
    requests,
    durations: metrics.histogram(httpRequestDurationSeconds),
    inFlight: metrics.gauge(httpRequestsInFlight),
    refusals: metrics.counter(declared.gatewayRefusalsTotal),
    attempts,
    upstreamDurations: metrics.histogram(declared.gatewayUpstreamDurationSeconds),
    retries: metrics.counter(declared.gatewayRetriesTotal),
    ejected: metrics.gauge(declared.gatewayEjectedReplicas),
    cacheRequests: metrics.counter(declared.gatewayCacheRequestsTotal),
    cacheBytes: metrics.gauge(declared.gatewayCacheBytes),
    storeFailures: metrics.counter(declared.gatewayStoreFailuresTotal),
    webSockets: metrics.gauge(declared.gatewayWebSocketsOpen),
    connectionsRefused: metrics.counter(declared.gatewayConnectionsRefusedTotal),
  };
  const collecting = metrics.onExpose(() => {
    requests.flush();
    attempts.flush();
    gauges(instruments);
  });
  return Object.assign(instruments, { [Symbol.dispose]: () => collecting[Symbol.dispose]() });
}
