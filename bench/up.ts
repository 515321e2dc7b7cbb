/**
 * How long `ashlar up storefront --detach` takes until every part is ready: cold (database not yet
 * initialised) and warm (everything was there before).
 *
 * @module
 */
import { openAshlar } from "./ashlar.ts";
import { median } from "./figures.ts";
import type { Figures } from "./main.ts";

const rounds = 5;

export async function upBench(): Promise<Figures> {
  await using ashlar = await openAshlar();
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) {
    cold.push(await timeUp(ashlar));
    await ashlar.down("storefront");
    warm.push(await timeUp(ashlar));
    await ashlar.down("storefront", "--wipe");
  }
  return {
    "up.coldReadyMs": { value: median(cold), unit: "ms" },
    "up.coldReadyMaxMs": { value: Math.max(...cold), unit: "ms" },
    "up.warmReadyMs": { value: median(warm), unit: "ms" },
    "up.warmReadyMaxMs": { value: Math.max(...warm), unit: "ms" },
  };
}

async function timeUp(ashlar: Awaited<ReturnType<typeof openAshlar>>): Promise<number> {
  const startedMs = performance.now();
  await ashlar.up("storefront");
  return performance.now() - startedMs;
}
