/**
 * The state of the whole from the states of its members. Pure.
 *
 * - LSY1  `ready` exactly when every part is settled and every store is ready.
 * - LSY2  Before the system has been ready once, what is missing makes it `starting`, or `failed` when
 *        something cannot come up; after that, `degraded`.
 *
 * @module
 */
import type { SystemState } from "./status.ts";

export interface SystemFacts {
  readonly phase: "running" | "stopping" | "stopped";
  readonly partsSettled: boolean;
  readonly storesReady: boolean;
  readonly failed: boolean;
  readonly wasReady: boolean;
}

export function systemStateOf(facts: SystemFacts): SystemState {
  if (facts.phase !== "running") return facts.phase;
  const whole = facts.partsSettled && facts.storesReady && !facts.failed;
  if (whole) return "ready";
  if (facts.wasReady) return "degraded";
  return facts.failed ? "failed" : "starting";
}
