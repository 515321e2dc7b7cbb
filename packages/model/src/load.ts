/**
 * Load profiles: the traffic that proves what a system carries.
 *
 * Load arrives at a rate, whatever the answers: a slow system does not slow its visitors down.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import type { Objective } from "./objective.ts";
import type { Part } from "./part.ts";
import type { Ports } from "./port.ts";
import type { Route } from "./route.ts";

export interface Load<Name extends string = string> {
  readonly type: "load";
  readonly name: Name;
}

export interface LoadOptions {
  /** The gateway that it drives. */
  readonly target: Part<string, Ports, "gateway">;
  /** One after another: the rate moves evenly to `perSecond` within `for`. */
  readonly stages: readonly { readonly for: Duration; readonly perSecond: number }[];
  /** Which routes, how often relative to each other, with what body (JSON text). */
  readonly mix: readonly {
    readonly route: Route | string;
    readonly weight: number;
    readonly body?: string;
  }[];
  /** What must hold meanwhile. Default: all objectives of the gateway. */
  readonly objectives?: readonly Objective[];
}

/** A load profile. */
export function load<const Name extends string>(name: Name, options: LoadOptions): Load<Name> {
  const built = { ...options, type: "load", name } as const;
  return built;
}
