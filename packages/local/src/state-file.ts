/**
 * `state.json`: what the next run, the control client and the search for leftovers need to know.
 *
 * - LS1  It is replaced as a whole (written beside, then renamed): a reader sees an old or a new
 *        one, never a half.
 *
 * @module
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { StateUnreadableError, StateUnwritableError } from "./errors.ts";

/** A process as the kernel tells it from all others: a number alone may be given out again. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; differs for every process that ever had this number since the machine was set up. */
  readonly startedAt: string;
}

export interface RecordedProcess extends ProcessIdentity {
  readonly instance: string;
  readonly graceMs: number;
  /** `SIGINT` asks PostgreSQL for a fast shutdown; everything else takes `SIGTERM`. */
  readonly stopSignal: NodeJS.Signals;
  /** It stops by itself when the supervisor dies; a second signal would cut its drain short. */
  readonly guarded: boolean;
  /** Lower ones are ended before higher ones: parts before the stores that they use. */
  readonly stage: number;
}

export interface StateFile {
  readonly format: "ashlar.state/1";
  readonly system: string;
  readonly environment: string;
  /** Null when it was brought down in an orderly way. */
  readonly supervisor: ProcessIdentity | null;
  /** Path of the control socket. */
  readonly control: string;
  /** Remembered port numbers by purpose, for example `service users.http`. */
  readonly ports: Readonly<Record<string, number>>;
  /** Every process that may be alive. */
  readonly processes: readonly RecordedProcess[];
}

const fileName = "state.json";

/**
 * Undefined when there is none.
 *
 * @throws {StateUnreadableError}
 */
export async function readStateFile(stateDir: string): Promise<StateFile | undefined> {
  const path = join(stateDir, fileName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new StateUnreadableError(path, (error as Error).message, { cause: error });
  }
  try {
    const state = JSON.parse(text) as StateFile;
    if (state.format === "ashlar.state/1") return state;
  } catch (error) {
    throw new StateUnreadableError(path, "it is not JSON", { cause: error });
  }
  throw new StateUnreadableError(path, "it was written by another version of Ashlar");
}

/** @throws {StateUnwritableError} */
export async function writeStateFile(stateDir: string, state: StateFile): Promise<void> {
  const path = join(stateDir, fileName);
  try {
    await writeFile(`${path}.new`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (error) {
    throw new StateUnwritableError(path, error);
  }
}
