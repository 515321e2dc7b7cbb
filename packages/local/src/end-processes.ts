/**
 * Ends recorded processes that are not our children: leftovers of a supervisor that died.
 *
 * Used by the warden, which is a program of its own, and at the next start; so it takes no clock.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { isGroupAlive, signalGroup } from "./process-identity.ts";
import type { RecordedProcess } from "./state-file.ts";

const pollMs = 20;

/**
 * Settles when all of them have gone. Stage by stage: signal, grace, SIGKILL (LWD1, LWD2, LWD3).
 * `signalGuarded` is false where the guard in a process is just now asking it to stop.
 */
export async function endProcesses(
  recorded: readonly RecordedProcess[],
  signalGuarded: boolean,
): Promise<void> {
  const stages = [...new Set(recorded.map((each) => each.stage))].toSorted((a, b) => a - b);
  for (const stage of stages) {
    const members = recorded.filter((each) => each.stage === stage);
    await Promise.all(members.map((each) => endProcess(each, signalGuarded)));
  }
}

async function endProcess(recorded: RecordedProcess, signalGuarded: boolean): Promise<void> {
  if (!isGroupAlive(recorded)) return;
  if (!recorded.guarded || signalGuarded) signalGroup(recorded, recorded.stopSignal);
  if (await hasGone(recorded, recorded.graceMs)) return;
  signalGroup(recorded, "SIGKILL");
  await hasGone(recorded, 10_000);
}

async function hasGone(recorded: RecordedProcess, withinMs: number): Promise<boolean> {
  const until = performance.now() + withinMs;
  while (isGroupAlive(recorded)) {
    if (performance.now() >= until) return false;
    await delay(pollMs);
  }
  return true;
}
