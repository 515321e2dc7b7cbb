/**
 * Memory of every part of a running storefront that nobody uses.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { openAshlar } from "./ashlar.ts";
import type { Figures } from "./main.ts";

interface Status {
  readonly parts: readonly {
    readonly name: string;
    readonly replicas: readonly { readonly pid?: number }[];
  }[];
}

/** Long enough for start-up garbage to be collected and probes to have run. */
const settleMs = 20_000;

export async function serviceBench(): Promise<Figures> {
  await using ashlar = await openAshlar();
  await ashlar.up("storefront");
  await delay(settleMs);
  const { parts } = (await ashlar.status("storefront")) as Status;
  const figures: Record<string, { value: number; unit: string }> = {};
  let largest = 0;
  for (const part of parts) {
    const pid = part.replicas[0]?.pid;
    if (pid === undefined) continue;
    const value = await residentMb(pid);
    figures[`service.idleRssMb.${part.name}`] = { value, unit: "MB" };
    largest = Math.max(largest, value);
  }
  return { "service.idleRssMb": { value: largest, unit: "MB" }, ...figures };
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]);
  return (kilobytes * 1024) / 1e6;
}
