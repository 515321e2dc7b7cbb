/**
 * Looks at the processes of this machine.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Pids of every process whose command line or environment names `text`; zombies do not count. */
export function processesNaming(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && names(pid, text));
}

function names(pid: number, text: string): boolean {
  try {
    const state = /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (state === "Z") return false;
    const said = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8"));
    return said.some((each) => each.includes(text));
  } catch {
    return false; // It ended while we looked.
  }
}

/**
 * Settles when no process names `text`; rejects with those that are left after `limitMs`, which is
 * twice the grace that a part has by default.
 */
export async function untilNoneNames(text: string, limitMs = 60_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const left = processesNaming(text);
    if (left.length === 0) return;
    if (performance.now() > endMs)
      throw new Error(`still running: ${left.map(commandOf).join("; ")}`);
    await delay(50);
  }
}

function commandOf(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
  } catch {
    return `${pid} (ended)`;
  }
}
