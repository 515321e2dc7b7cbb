/**
 * The one directory in which a running system keeps everything.
 *
 * ```
 * state.json plan.json lock logs/ secrets/ data/{postgres,volumes}/ run/{config,policy,scratch}/
 * ```
 *
 * - LSD1  Nothing is written outside it, but for the control socket where its path would be too long
 *        for the system, and Node's compile cache.
 * - LSD2  `secrets` and `run` are for their owner alone (0700).
 * - LSD3  One supervisor at a time has it; the lock of a dead one is taken over.
 *
 * @module
 */
import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StateLockedError, StateUnwritableError } from "./errors.ts";
import { isAlive } from "./process-identity.ts";
import type { ProcessIdentity } from "./state-file.ts";

export interface StatePaths {
  readonly root: string;
  readonly plan: string;
  readonly logs: string;
  readonly secrets: string;
  readonly postgres: string;
  readonly volumes: string;
  readonly run: string;
  readonly config: string;
  readonly policy: string;
  readonly scratch: string;
}

export function statePathsOf(stateDir: string): StatePaths {
  const run = join(stateDir, "run");
  return {
    root: stateDir,
    plan: join(stateDir, "plan.json"),
    logs: join(stateDir, "logs"),
    secrets: join(stateDir, "secrets"),
    postgres: join(stateDir, "data", "postgres"),
    volumes: join(stateDir, "data", "volumes"),
    run,
    config: join(run, "config"),
    policy: join(run, "policy"),
    scratch: join(run, "scratch"),
  };
}

/** @throws {StateUnwritableError} */
export async function createStateDirectory(paths: StatePaths): Promise<void> {
  try {
    await mkdir(paths.root, { recursive: true });
    for (const path of [paths.secrets, paths.run]) {
      await mkdir(path, { recursive: true, mode: 0o700 }); // LSD2
    }
    const rest = [paths.logs, paths.volumes, paths.config, paths.policy, paths.scratch];
    await Promise.all(rest.map((path) => mkdir(path, { recursive: true })));
  } catch (error) {
    throw new StateUnwritableError(paths.root, error);
  }
}

/**
 * Takes the directory for this process (LSD3). Dispose to give it back.
 *
 * @throws {StateLockedError} {@link StateUnwritableError}
 */
export async function lockState(
  paths: StatePaths,
  self: ProcessIdentity,
): Promise<AsyncDisposable> {
  const path = join(paths.root, "lock");
  const own = `${path}.${self.pid}`;
  try {
    await writeFile(own, JSON.stringify(self));
    while (!(await linked(own, path))) await removeStale(path, paths.root);
  } catch (error) {
    if (error instanceof StateLockedError) throw error;
    throw new StateUnwritableError(path, error);
  } finally {
    await rm(own, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
}

/** A hard link is made by one process only, and with its content complete. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** @throws {StateLockedError} when its owner lives. */
async function removeStale(path: string, stateDir: string): Promise<void> {
  const owner = await ownerOf(path);
  if (owner !== undefined && isAlive(owner)) throw new StateLockedError(stateDir, owner.pid);
  // Moved aside first: should another have taken over in between, what was moved is its lock.
  const aside = `${path}.stale.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = await ownerOf(aside);
  if (moved !== undefined && isAlive(moved)) await linked(aside, path);
  await rm(aside, { force: true });
}

async function ownerOf(path: string): Promise<ProcessIdentity | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as ProcessIdentity;
  } catch {
    return undefined;
  }
}
