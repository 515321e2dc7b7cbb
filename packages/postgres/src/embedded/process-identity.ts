/**
 * Whether a process number that was written down still means the same process.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";

/** Differs between two processes that had the same number one after the other; undefined: no such process. */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      // The name in parentheses may hold anything, so count from its end: state is 1, start time 20.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" || fields[0] === "X" ? undefined : `started ${fields[19]}`;
    } catch {
      return undefined;
    }
  }
  return await psField(pid, "lstart=");
}

/** The command line, its arguments apart by spaces; undefined: no such process. */
export async function processCommand(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    try {
      return (await readFile(`/proc/${pid}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
    } catch {
      return undefined;
    }
  }
  return await psField(pid, "command=");
}

async function psField(pid: number, field: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)("ps", ["-o", field, "-p", String(pid)]);
    const text = stdout.trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
