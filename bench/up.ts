/**
 * How long `ashlar up storefront --detach` takes until every part is ready: cold (database not yet
 * initialised) and warm (everything was there before).
 *
 * @module
 */
import { Harness } from "ashlar/harness";
import { median, root } from "./figures.ts";
import type { Figures } from "./main.ts";

const rounds = 5;

export async function upBench(): Promise<Figures> {
  await using harness = await Harness.open({ directory: root });
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) {
    cold.push(await timeUp(harness));
    await harness.down("storefront");
    warm.push(await timeUp(harness));
    await harness.down("storefront", "--wipe");
  }
  return {
    "up.coldReadyMs": { value: median(cold), unit: "ms" },
    "up.coldReadyMaxMs": { value: Math.max(...cold), unit: "ms" },
    "up.warmReadyMs": { value: median(warm), unit: "ms" },
    "up.warmReadyMaxMs": { value: Math.max(...warm), unit: "ms" },
  };
}

async function timeUp(harness: Harness): Promise<number> {
  const startedMs = performance.now();
  await harness.up("storefront");
  return performance.now() - startedMs;
}
