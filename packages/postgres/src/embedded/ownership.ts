/**
 * One living owner for each data directory.
 *
 * - OW1  While an owner lives, no other process opens its directory.
 * - OW2  A directory whose owner died can be opened; a server that it left behind is stopped first.
 *
 * PostgreSQL's own `postmaster.pid` guards the data even if two owners slip through at once.
 *
 * @module
 */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@ashlar/foundation";
import { PostgresDataInUseError } from "../errors.ts";
import { processCommand, processIdentity } from "./process-identity.ts";

interface Owner {
  readonly pid: number;
  readonly identity: string;
}

/** Claims the directory for this process. @throws {PostgresDataInUseError} */
export async function claimDirectory(dataDir: string): Promise<AsyncDisposable> {
  const path = join(dataDir, "owner.json");
  const identity = (await processIdentity(process.pid)) ?? "unknown";
  const text = JSON.stringify({ pid: process.pid, identity } satisfies Owner);
  for (;;) {
    try {
      await writeFile(path, text, { flag: "wx" });
      return { [Symbol.asyncDispose]: () => rm(path, { force: true }) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = await readOwner(path);
    if (owner !== undefined && (await processIdentity(owner.pid)) === owner.identity) {
      throw new PostgresDataInUseError(dataDir, owner.pid); // OW1
    }
    await rm(path, { force: true });
  }
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    return undefined; // Gone meanwhile, or cut short by a crash.
  }
}

/** Stops the server that a dead owner left running on `cluster`, if there is one (OW2). */
export async function stopLeftoverServer(cluster: string, clock: Clock): Promise<boolean> {
  const pid = await postmasterPid(cluster);
  if (pid === undefined || !(await isServerOf(cluster, pid))) return false;
  const stages = [
    { signal: "SIGINT", waitMs: 8_000 },
    { signal: "SIGQUIT", waitMs: 4_000 },
    { signal: "SIGKILL", waitMs: 4_000 },
  ] as const;
  for (const { signal, waitMs } of stages) {
    try {
      process.kill(pid, signal);
    } catch {
      return true; // It has just ended.
    }
    // It is nobody's child of ours, so there is no event to wait for.
    const untilMs = clock.monotonicMs() + waitMs;
    while (clock.monotonicMs() < untilMs) {
      if (!(await isServerOf(cluster, pid))) return true;
      await clock.sleep(20, new AbortController().signal);
    }
  }
  return true;
}

async function postmasterPid(cluster: string): Promise<number | undefined> {
  try {
    const [first] = (await readFile(join(cluster, "postmaster.pid"), "utf8")).split("\n");
    const pid = Number(first);
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A process number may have been given to another program since: ask for the command line. */
async function isServerOf(cluster: string, pid: number): Promise<boolean> {
  if ((await processIdentity(pid)) === undefined) return false;
  const command = await processCommand(pid);
  return command !== undefined && command.includes("postgres") && command.includes(cluster);
}
