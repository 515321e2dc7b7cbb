/**
 * What a running part was given: its environment and its directory, read from the process itself.
 *
 * The kernel keeps the environment with which a process was started, readable by its owner alone. So
 * nothing of it (passwords stand in addresses) need ever pass through the control socket.
 *
 * @module
 */
import { readFileSync, readlinkSync } from "node:fs";
import { suggest } from "@ashlar/foundation";
import { PartUnknownError, type ReplicaStatus, type SystemControl } from "@ashlar/local";
import { PartNotObservableError } from "../errors.ts";

export interface PartSurroundings {
  readonly directory: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Of this process alone: its lifeline and the ports on which it listens. */
const personal = /^ASHLAR_(LIFELINE_FD|GRACE_MS|SUPERVISED|PORT_\w+)$/;

/** @throws {PartUnknownError} {@link PartNotObservableError} when no process of it runs here. */
export async function readPartSurroundings(
  control: SystemControl,
  name: string,
  ordinal: number | undefined,
): Promise<PartSurroundings> {
  const { parts } = await control.status();
  const part = parts.find((each) => each.name === name);
  if (part === undefined) {
    const names = parts.map((each) => each.name);
    throw new PartUnknownError(name, names, suggest(name, names));
  }
  const alive = (each: ReplicaStatus): boolean =>
    each.pid !== null && (ordinal === undefined || each.ordinal === ordinal);
  const pid = part.replicas.find(alive)?.pid ?? null;
  if (pid === null) throw new PartNotObservableError(name, "no process of it runs now");
  if (process.platform !== "linux") {
    throw new PartNotObservableError(name, "only Linux shows what a process was given");
  }
  return readProcess(name, pid);
}

function readProcess(name: string, pid: number): PartSurroundings {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
    const variables = entries
      .map((entry): [string, string] => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      })
      .filter(([variable]) => !personal.test(variable));
    return {
      directory: readlinkSync(`/proc/${pid}/cwd`),
      variables: Object.fromEntries(variables),
    };
  } catch (error) {
    throw new PartNotObservableError(name, "its process has just ended", error);
  }
}
