/**
 * How long it takes to check and plan the largest system.
 *
 * @module
 */
import { plan } from "@ashlar/model";
import tartware from "@ashlar/tartware";
import { median } from "./figures.ts";
import type { Figures } from "./main.ts";

/** The first run counts as `cold`: a command runs it once. */
export async function modelBench(): Promise<Figures> {
  const times: number[] = [];
  for (let round = 0; round < 30; round++) {
    const startedMs = performance.now();
    plan(tartware, { environment: "large" });
    times.push(performance.now() - startedMs);
  }
  return {
    "model.planMs": { value: times[0] ?? Number.NaN, unit: "ms" },
    "model.planWarmMs": { value: median(times.slice(5)), unit: "ms" },
  };
}
