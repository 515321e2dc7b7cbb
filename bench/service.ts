/**
 * Memory of every part of a running storefront that nobody uses.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { Harness } from "ashlar/harness";
import { root } from "./figures.ts";
import type { Figures } from "./main.ts";

/** Long enough for start-up garbage to be collected and probes to have run. */
const settleMs = 20_000;

export async function serviceBench(): Promise<Figures> {
  await using harness = await Harness.open({ directory: root });
  await harness.up("storefront");
  await delay(settleMs);
  const { parts } = await harness.status("storefront");
  const figures: Record<string, { value: number; unit: string }> = {};
  for (const part of parts) {
    const pid = part.replicas[0]?.pid;
    if (typeof pid !== "number") continue;
    figures[`service.idleRssMb.${part.name}`] = { value: await residentMb(pid), unit: "MB" };
  }
  const largest = Math.max(...Object.values(figures).map((each) => each.value));
  return { "service.idleRssMb": { value: largest, unit: "MB" }, ...figures };
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  return (kilobytes * 1024) / 1e6;
}
