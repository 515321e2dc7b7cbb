/**
 * Connections that the network policy refused: a part called what its `uses` do not declare.
 *
 * The guard inside each part writes a log line at the first refusal of an address and whenever
 * their number has doubled; here the lines of one address become one entry.
 *
 * @module
 */
import type { LogLine, SystemControl } from "./control.ts";

export interface Denial {
  readonly part: string;
  readonly instance: string;
  /** `host:port`, or the path of a Unix socket. */
  readonly target: string;
  /** Names the missing use. */
  readonly text: string;
  /** At least this often. */
  readonly count: number;
  /** ISO 8601. */
  readonly firstTime: string;
  readonly lastTime: string;
}

const code = "NETWORK_POLICY_DENIED";
const linesMax = 500;

/** The newest first. */
export async function findDenials(control: SystemControl, signal: AbortSignal): Promise<Denial[]> {
  const found = new Map<string, Denial>();
  for await (const line of control.logs({ search: code, tail: linesMax }, signal)) {
    if (line.fields["code"] !== code) continue;
    const target = textOf(line, "target");
    const key = `${line.instance} ${target}`;
    const before = found.get(key);
    found.delete(key);
    found.set(key, {
      part: line.part,
      instance: line.instance,
      target,
      text: line.text,
      count: Math.max(before?.count ?? 0, Number(line.fields["count"] ?? 1)),
      firstTime: before?.firstTime ?? line.time,
      lastTime: line.time,
    });
  }
  return [...found.values()].toReversed();
}

function textOf(line: LogLine, field: string): string {
  const value = line.fields[field];
  return typeof value === "string" ? value : "";
}
