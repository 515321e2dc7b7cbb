/**
 * Alerts: when a person must look, and what to do first.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import type { PromQuery } from "./promql.ts";

export interface Alert<Name extends string = string> {
  readonly type: "alert";
  readonly name: Name;
}

export interface AlertOptions {
  /** What is wrong, in one sentence. */
  readonly summary: string;
  /** What to do first. */
  readonly runbook: string;
  /** Fires while it yields a series. */
  readonly when: PromQuery;
  /** How long it must hold. Default `"5m"`. */
  readonly for?: Duration;
  /** `critical` wakes somebody up. Default `warning`. */
  readonly severity?: "critical" | "warning" | "info";
}

/** An alert; its name is in `PascalCase`. */
export function alert<const Name extends string>(name: Name, options: AlertOptions): Alert<Name> {
  const built = { ...options, type: "alert", name } as const;
  return built;
}
