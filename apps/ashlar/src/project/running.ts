/**
 * Which running system a command is about, and a line to its supervisor.
 *
 * A system that runs is found by its state directory: its `system.ts` may be broken by now.
 *
 * - CRN1  A name means that system of this project; no name means the only one that runs, or among
 *        several the one in whose directory the command was given.
 * - CRN2  A supervisor that does not answer counts as not running.
 *
 * @module
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { hasCode } from "@ashlar/foundation";
import { ControlClient } from "@ashlar/local";
import type { Cli } from "../cli.ts";
import { SystemNotRunningError, UsageError } from "../errors.ts";
import { declaredNameOf, findStateHome, locateSystem } from "./locate.ts";

/** Whence a command was given. */
export type Where = Pick<Cli, "directory" | "variables">;

export interface RunningSystem {
  readonly system: string;
  readonly stateDir: string;
  readonly control: ControlClient;
}

export interface SystemState {
  readonly system: string;
  readonly stateDir: string;
}

/** @throws {SystemNotRunningError} and what {@link locateSystem} throws for a name unknown here. */
export async function openRunning(
  wanted: string | undefined,
  where: Where,
): Promise<RunningSystem> {
  const states = listStates(where);
  if (wanted !== undefined) {
    const name = nameOf(wanted, where, states);
    const state = states.find((each) => each.system === name);
    const running = state === undefined ? null : await openState(state);
    if (running === null) throw new SystemNotRunningError(name);
    return running;
  }
  const running = await listRunning(where);
  const [only] = running;
  if (only === undefined) throw new SystemNotRunningError(onlyName(where));
  if (running.length === 1) return only;
  const here = running.find((each) => each.system === onlyName(where));
  if (here !== undefined) return here;
  throw new UsageError("several systems run here; name one", [
    `They are: ${running.map((each) => each.system).join(", ")}.`,
  ]);
}

export async function listRunning(where: Where): Promise<readonly RunningSystem[]> {
  const opened = await Promise.all(listStates(where).map(openReadable));
  return opened.filter((each) => each !== null);
}

/** Every system that has run in this project, sorted by name. */
export function listStates({ directory, variables }: Where): readonly SystemState[] {
  const home = findStateHome(directory, variables);
  if (home === null) return [];
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(home, entry.name, "state.json")))
    .map((entry) => ({ system: entry.name, stateDir: join(home, entry.name) }))
    .sort((a, b) => (a.system < b.system ? -1 : 1));
}

/** The state of the system that is meant, whether it runs or not; null where it has never run. */
export function stateNamed(wanted: string | undefined, where: Where): SystemState | null {
  const states = listStates(where);
  const [only] = states;
  const unnamed = states.length === 1 && only !== undefined ? only.system : onlyName(where);
  const name = wanted === undefined ? unnamed : nameOf(wanted, where, states);
  return states.find((each) => each.system === name) ?? null;
}

/** Null where no supervisor answers. */
export async function openState(state: SystemState): Promise<RunningSystem | null> {
  try {
    return { ...state, control: await ControlClient.open(state.stateDir) };
  } catch (error) {
    if (hasCode(error, "CONTROL_UNREACHABLE")) return null;
    throw error;
  }
}

/** Another user's system is none of ours, unless it is asked for by name. */
async function openReadable(state: SystemState): Promise<RunningSystem | null> {
  try {
    return await openState(state);
  } catch (error) {
    if (hasCode(error, "STATE_UNREADABLE")) return null;
    throw error;
  }
}

function nameOf(wanted: string, where: Where, states: readonly SystemState[]): string {
  if (states.some((each) => each.system === wanted)) return wanted;
  return declaredNameOf(locateSystem(wanted, where.directory).file);
}

function onlyName(where: Where): string | null {
  try {
    return declaredNameOf(locateSystem(undefined, where.directory).file);
  } catch (error) {
    if (hasCode(error, "SYSTEM_NOT_FOUND")) return null;
    throw error;
  }
}
