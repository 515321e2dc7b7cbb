/**
 * How the platform asks a replica whether it has started, is ready, and is alive.
 *
 * A part with an `ops` port needs none of this: it is asked for `/healthz` (alive, started) and
 * `/readyz` (ready) there.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";

/** What is asked. Ports are named by their name in the part's own `ports`. */
export type Check<PortName extends string = string> =
  | { readonly kind: "http"; readonly port: PortName; readonly path: string }
  | { readonly kind: "tcp"; readonly port: PortName }
  | { readonly kind: "grpc"; readonly port: PortName; readonly service?: string };

export interface ProbeTiming {
  /** From one question to the next, whole seconds. Default 1s, 5s, 10s by probe. */
  readonly period?: Duration;
  /** How long an answer may take; at most the period. Default 1s, 2s, 3s by probe. */
  readonly timeout?: Duration;
  /** Failures in a row that count. Default 120, 3, 3 by probe. */
  readonly failures?: number;
  /** Successes in a row that count. Default 1. */
  readonly successes?: number;
  /** Before the first question. Default 0. */
  readonly initialDelay?: Duration;
}

export type Probe<PortName extends string = string> = Check<PortName> & ProbeTiming;

export interface Probes<PortName extends string = string> {
  /** Holds the other two back until the replica has started. `null`: none. */
  readonly startup?: Probe<PortName> | null;
  /** Takes the replica out of service while it fails. `null`: none. */
  readonly readiness?: Probe<PortName> | null;
  /** Restarts the replica when it fails; never the same question as readiness. `null`: none. */
  readonly liveness?: Probe<PortName> | null;
}

/** Asks for `path` and wants a status from 200 to 399. */
export function httpProbe<const PortName extends string>(
  port: PortName,
  path: `/${string}`,
  timing: ProbeTiming = {},
): Probe<PortName> {
  return { kind: "http", port, path, ...timing };
}

/** Wants a connection. */
export function tcpProbe<const PortName extends string>(
  port: PortName,
  timing: ProbeTiming = {},
): Probe<PortName> {
  return { kind: "tcp", port, ...timing };
}

/** Asks the standard gRPC health service; `service` is empty for the server as a whole. */
export function grpcProbe<const PortName extends string>(
  port: PortName,
  timing: ProbeTiming & { readonly service?: string } = {},
): Probe<PortName> {
  return { kind: "grpc", port, ...timing };
}
