/**
 * Cleaning up: what a dead supervisor has left behind, and a whole state directory.
 *
 * - LWP1  Only what Ashlar itself has put there is removed; a directory goes only when it is empty.
 *
 * @module
 */
import { rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { endProcesses } from "./end-processes.ts";
import { StateUnwritableError } from "./errors.ts";
import { identityOf, isGroupAlive } from "./process-identity.ts";
import { lockState, statePathsOf } from "./state-directory.ts";
import { type RecordedProcess, readStateFile } from "./state-file.ts";

const ownEntries = [
  "state.json",
  "state.json.new",
  "plan.json",
  "lock",
  "logs",
  "secrets",
  "data",
  "run",
];

/** @throws {StateUnwritableError} */
export async function removeState(stateDir: string): Promise<void> {
  try {
    for (const entry of ownEntries) {
      await rm(join(stateDir, entry), { recursive: true, force: true, maxRetries: 3 });
    }
  } catch (error) {
    throw new StateUnwritableError(stateDir, error);
  }
  await removeIfEmpty(stateDir);
  const parent = dirname(stateDir);
  if (basename(parent) === ".ashlar") await removeIfEmpty(parent);
}

/**
 * For a system whose supervisor does not run: ends what it left behind, and wipes if asked to.
 * Gives the processes that it has ended; none where there is no state.
 *
 * @throws {StateLockedError} when a supervisor does run. {@link StateUnwritableError}
 *   {@link StateUnreadableError}
 */
export async function cleanUp(
  stateDir: string,
  options: { readonly wipe: boolean },
): Promise<readonly RecordedProcess[]> {
  const state = await readStateFile(stateDir).catch((error: unknown) => {
    if (options.wipe) return undefined; // It is to go anyway.
    throw error;
  });
  if (state === undefined && !options.wipe) return [];
  const self = identityOf(process.pid) ?? { pid: process.pid, startedAt: "" };
  await using _lock = await lockState(statePathsOf(stateDir), self);
  const leftovers = (state?.processes ?? []).filter((each) => isGroupAlive(each));
  await endProcesses(leftovers, true);
  if (options.wipe) await removeState(stateDir);
  return leftovers;
}

async function removeIfEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch(() => undefined);
}
