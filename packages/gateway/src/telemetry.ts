/**
 * The port through which the gateway says what it does. A program fills it from `telemetry`.
 *
 * @module
 */
import {
  type Counter,
  type Gauge,
  type Histogram,
  type Labels,
  type Log,
  silentLog,
} from "@ashlar/foundation";

/** A value for each label of a declared metric. */
export type LabelsOf<L extends Labels> = {
  readonly [Name in keyof L]: L[Name] extends readonly (infer Value extends string)[]
    ? Value
    : string;
};

export interface GatewayMetricWriter {
  counter<L extends Labels>(metric: Counter<L>): GatewayCounter<L>;
  gauge<L extends Labels>(metric: Gauge<L>): GatewayGauge<L>;
  histogram<L extends Labels>(metric: Histogram<L>): GatewayHistogram<L>;
  /** Runs `collect` before the metrics are read: what changes with every request is set only then. */
  onExpose(collect: () => void): Disposable;
}

export interface GatewayCounter<L extends Labels> {
  add(labels: LabelsOf<L>, count?: number): void;
}

export interface GatewayGauge<L extends Labels> {
  set(labels: LabelsOf<L>, value: number): void;
}

export interface GatewayHistogram<L extends Labels> {
  observe(labels: LabelsOf<L>, value: number): void;
}

/** The server's span of one request. */
export interface GatewaySpan {
  /** What the service sees as its parent. */
  readonly traceparent: string;
  end(outcome: { readonly status: number; readonly route: string }): void;
}

export interface GatewayTracer {
  /** Undefined: this request is not recorded, and the gateway passes the context on by itself. */
  start(request: {
    readonly method: string;
    readonly route: string;
    readonly parent: string | undefined;
  }): GatewaySpan | undefined;
}

export interface GatewayTelemetry {
  readonly log: Log;
  readonly metrics: GatewayMetricWriter;
  readonly tracer: GatewayTracer;
}

const nothing = (): void => undefined;

/** Says nothing. For tests, and for measuring what saying costs. */
export const silentTelemetry: GatewayTelemetry = {
  log: silentLog,
  metrics: {
    counter: () => ({ add: nothing }),
    gauge: () => ({ set: nothing }),
    histogram: () => ({ observe: nothing }),
    onExpose: () => ({ [Symbol.dispose]: nothing }),
  },
  tracer: { start: () => undefined },
};
