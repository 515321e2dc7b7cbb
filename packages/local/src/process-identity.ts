/**
 * Tells processes apart for certain, and ends only those that are meant.
 *
 * A process number is given out again after its process has gone. What identifies a process is its
 * number together with the time at which the kernel started it (and the boot that this was under).
 * The warden loads this module by itself: it imports nothing of the project at run time.
 *
 * - LI1  A signal is sent only if the process that has the number now is the one that was recorded.
 * - LI2  A zombie (ended, not yet collected by its parent) counts as gone.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessIdentity } from "./state-file.ts";

const onLinux = process.platform === "linux";
let bootId: string | undefined;

/** Undefined when no process (or only a zombie) has this number. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const seen = onLinux ? fromProc(pid) : fromPs(pid);
  if (seen === undefined || seen.zombie) return undefined;
  return { pid, startedAt: seen.startedAt };
}

/** Does this very process still run? */
export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Signals the process group that `leader` leads, also where the leader itself has gone and has left
 * members behind (the kernel does not give its number out again while the group has any). False when
 * there is nobody to signal, or the number belongs to another process now.
 */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): boolean {
  const now = onLinux ? fromProc(leader.pid) : fromPs(leader.pid);
  if (now !== undefined && now.startedAt !== leader.startedAt) return false; // LI1
  try {
    process.kill(-leader.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Does the leader run, or any process of its group? */
export function isGroupAlive(leader: ProcessIdentity): boolean {
  if (isAlive(leader)) return true;
  if (!onLinux) return false;
  const usurper = identityOf(leader.pid);
  if (usurper !== undefined) return false; // LI1: the number has a new owner, so the group is empty.
  return readdirSync("/proc").some((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid)) return false;
    const seen = fromProc(pid);
    return seen !== undefined && !seen.zombie && seen.group === leader.pid;
  });
}

interface Seen {
  readonly startedAt: string;
  readonly zombie: boolean;
  readonly group: number;
}

/** Fields of /proc/<pid>/stat: proc(5). The name (field 2) may hold spaces and parentheses. */
function fromProc(pid: number): Seen | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, , group] = fields;
  const startTicks = fields[19];
  if (state === undefined || startTicks === undefined) return undefined;
  bootId ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  return {
    startedAt: `${bootId}/${startTicks}`,
    zombie: state === "Z" || state === "X",
    group: Number(group),
  };
}

function fromPs(pid: number): Seen | undefined {
  try {
    const format = ["-o", "stat=,pgid=,lstart="];
    const text = execFileSync("ps", [...format, "-p", String(pid)], {
      encoding: "latin1",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const match = /^(\S+)\s+(\d+)\s+(.+)$/.exec(text);
    if (match === null) return undefined;
    return {
      startedAt: match[3] ?? "",
      zombie: (match[1] ?? "").startsWith("Z"),
      group: Number(match[2]),
    };
  } catch {
    return undefined;
  }
}
