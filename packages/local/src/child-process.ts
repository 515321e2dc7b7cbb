/**
 * Starts one process in a session and group of its own, and knows when it has really gone.
 *
 * - LCP1  When the process has ended, whatever is left of its group is ended too.
 * - LCP2  Its file descriptor 3 is a pipe from the supervisor: it closes when the supervisor dies.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import type { Clock } from "@ashlar/foundation";
import { identityOf, signalGroup } from "./process-identity.ts";
import type { ProcessIdentity } from "./state-file.ts";

export interface ProcessCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Exactly this, and nothing of the supervisor's own. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running process of our own. */
export interface StartedProcess {
  readonly identity: ProcessIdentity;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles after its end, when also its output has been read. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Lets a process that was started ahead of its turn begin (LGD5). */
  release(): void;
  /** To the whole group. */
  signal(signal: NodeJS.Signals): void;
}

/** How long output is read on after the end: a descendant that got away may hold the pipe open. */
const readOnMs = 1_000;

/** Rejects when the program cannot be started: it does not exist, or may not be run. */
export async function startProcess(command: ProcessCommand, clock: Clock): Promise<StartedProcess> {
  const child = spawn(command.command, [...command.args], {
    cwd: command.cwd,
    env: { ...command.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const closed = once(child, "close").catch(() => undefined);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const lifeline = child.stdio[3];
  lifeline?.on("error", () => undefined); // A program need not keep it; LCP2 is for those that do.
  const identity = identityOf(pid) ?? { pid, startedAt: "ended at once" };
  const exited = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => {
      signalGroup(identity, "SIGKILL"); // LCP1
      lifeline?.destroy();
      resolve({ code, signal });
    });
  });
  return {
    identity,
    ...outputsOf(child),
    ended: exited.then(async (end) => {
      const done = new AbortController();
      const late = clock.sleep(readOnMs, done.signal).catch(() => undefined);
      await Promise.race([closed, late]);
      done.abort();
      return end;
    }),
    release: () => {
      if (lifeline !== undefined && lifeline !== null && "write" in lifeline) lifeline.write("go");
    },
    signal: (signal) => void signalGroup(identity, signal),
  };
}

function outputsOf(child: ChildProcess): { readonly stdout: Readable; readonly stderr: Readable } {
  return { stdout: child.stdout as Readable, stderr: child.stderr as Readable };
}
