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
import { dirname, join, resolve } from "node:path";
import { hasCode } from "@ashlar/foundation";
import { ControlClient } from "@ashlar/local";
import { SystemNotRunningError, UsageError } from "../errors.ts";
import { declaredNameOf, givenStateHome, locateSystem } from "./locate.ts";

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
  directory: string,
): Promise<RunningSystem> {
  const states = listStates(directory);
  if (wanted !== undefined) {
    const name = nameOf(wanted, directory, states);
    const state = states.find((each) => each.system === name);
    const running = state === undefined ? null : await openState(state);
    if (running === null) throw new SystemNotRunningError(name);
    return running;
  }
  const running = await listRunning(directory);
  const [only] = running;
  if (only === undefined) throw new SystemNotRunningError(onlyName(directory));
  if (running.length === 1) return only;
  const here = running.find((each) => each.system === onlyName(directory));
  if (here !== undefined) return here;
  throw new UsageError("several systems run here; name one", [
    `They are: ${running.map((each) => each.system).join(", ")}.`,
  ]);
}

export async function listRunning(directory: string): Promise<readonly RunningSystem[]> {
  const opened = await Promise.all(listStates(directory).map(openState));
  return opened.filter((each) => each !== null);
}

/** Every system of the nearest `.ashlar` upward (or of `ASHLAR_HOME`) that has run, sorted by name. */
export function listStates(directory: string): readonly SystemState[] {
  const given = givenStateHome();
  if (given !== undefined) return statesIn(given);
  for (let each = resolve(directory); ; each = dirname(each)) {
    const home = join(each, ".ashlar");
    if (existsSync(home)) return statesIn(home);
    if (dirname(each) === each) return [];
  }
}

function statesIn(home: string): readonly SystemState[] {
  if (!existsSync(home)) return [];
  return readdirSync(home, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(home, entry.name, "state.json")))
    .map((entry) => ({ system: entry.name, stateDir: join(home, entry.name) }))
    .sort((a, b) => (a.system < b.system ? -1 : 1));
}

/** The state of the system that `wanted` names, running or not; null where it has none. */
export function stateNamed(wanted: string | undefined, directory: string): SystemState | null {
  const states = listStates(directory);
  const name = wanted === undefined ? onlyName(directory) : nameOf(wanted, directory, states);
  return states.find((each) => each.system === name) ?? null;
}

/** The state of the system that is meant, whether it runs or not; null where it has never run. */
export function stateNamed(wanted: string | undefined, directory: string): SystemState | null {
  const states = listStates(directory);
  const [only] = states;
  const unnamed = states.length === 1 && only !== undefined ? only.system : onlyName(directory);
  const name = wanted === undefined ? unnamed : nameOf(wanted, directory, states);
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

function nameOf(wanted: string, directory: string, states: readonly SystemState[]): string {
  if (states.some((each) => each.system === wanted)) return wanted;
  return declaredNameOf(locateSystem(wanted, directory).file);
}

function onlyName(directory: string): string | null {
  try {
    return declaredNameOf(locateSystem(undefined, directory).file);
  } catch (error) {
    if (hasCode(error, "SYSTEM_NOT_FOUND")) return null;
    throw error;
  }
}
