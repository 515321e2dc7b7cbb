/**
 * The supervisor's own log: JSON lines in a file of the state directory.
 *
 * @module
 */
import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, Log, LogFields } from "@ashlar/foundation";
import { describeError } from "@ashlar/foundation";
import { StateUnwritableError } from "@ashlar/local";

const rotatedAtBytes = 8 * 2 ** 20;

function supervisorLogFile(stateDir: string): string {
  return join(stateDir, "logs", "supervisor.log");
}

/**
 * Makes the directory; the file of earlier runs is kept, and set aside once it is large.
 *
 * @throws {StateUnwritableError}
 */
export function prepareSupervisorLog(stateDir: string): string {
  const file = supervisorLogFile(stateDir);
  try {
    mkdirSync(dirname(file), { recursive: true });
  } catch (error) {
    throw new StateUnwritableError(dirname(file), error);
  }
  const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes > rotatedAtBytes) renameSync(file, `${file}.1`);
  return file;
}

/** Few lines are written, so each is written at once and none is lost with the process. */
export function openSupervisorLog(file: string, clock: Clock, fields: LogFields = {}): Log {
  const write = (level: string, text: string, more?: LogFields): void => {
    const time = new Date(clock.wallMs()).toISOString();
    const line = { time, level, ...fields, ...more, text };
    try {
      appendFileSync(file, `${JSON.stringify(line, plainError)}\n`, { mode: 0o600 });
    } catch {
      // A full disk must not end the supervisor; it is reported by those whose data needs the disk.
    }
  };
  return {
    debug: (text, more) => write("debug", text, more),
    info: (text, more) => write("info", text, more),
    warn: (text, more) => write("warn", text, more),
    error: (text, more) => write("error", text, more),
    with: (more) => openSupervisorLog(file, clock, { ...fields, ...more }),
  };
}

function plainError(_key: string, value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value;
}
