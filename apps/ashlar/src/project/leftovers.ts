/**
 * Waits for what a supervisor that died has left to be gone.
 *
 * Its warden ends the processes, within their grace; this module only watches, and signals nobody: a
 * number in an old file may belong to somebody else by now.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Environment } from "@ashlar/foundation";
import { LeftoversRemainError } from "../errors.ts";
import type { SystemState } from "./running.ts";

interface Recorded {
  readonly pid: number;
  readonly instance: string;
}

interface Leftovers {
  /** The supervisor could not sign off. */
  readonly stale: boolean;
  readonly processes: readonly Recorded[];
}

const pollMs = 50;
const patienceMs = 45_000;

/** True if there was something to wait for. @throws {LeftoversRemainError} */
export async function untilNothingIsLeft(
  { system, stateDir }: SystemState,
  { clock }: Environment,
  signal: AbortSignal,
): Promise<boolean> {
  const { stale, processes } = readLeftovers(stateDir);
  if (!stale) return false;
  const untilMs = clock.monotonicMs() + patienceMs;
  for (;;) {
    const left = processes.filter(stillRuns).map((each) => each.pid);
    if (left.length === 0) return true;
    if (clock.monotonicMs() >= untilMs) throw new LeftoversRemainError(system, left);
    await clock.sleep(pollMs, signal);
  }
}

/** Was the supervisor of this state ended without a farewell? */
export function isStale(stateDir: string): boolean {
  return readLeftovers(stateDir).stale;
}

function readLeftovers(stateDir: string): Leftovers {
  try {
    const text = readFileSync(join(stateDir, "state.json"), "utf8");
    const state = JSON.parse(text) as {
      readonly supervisor?: unknown;
      readonly processes?: readonly Recorded[];
    };
    return { stale: state.supervisor !== null, processes: state.processes ?? [] };
  } catch {
    return { stale: true, processes: [] };
  }
}

/** On Linux the environment tells an instance from a stranger that was given the same number. */
function stillRuns({ pid, instance }: Recorded): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const environ = readFileSync(`/proc/${pid}/environ`, "utf8");
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return environ.includes(`ASHLAR_INSTANCE=${instance}\0`) || command.includes("postgres");
  } catch {
    return false;
  }
}
