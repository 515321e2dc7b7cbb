/**
 * Following the logs: lines come one by one and are shown once a frame; the oldest leave.
 *
 * @module
 */
import { useEffect, useState } from "preact/hooks";
import type { LogLine } from "../../src/control.ts";
import { queryOf } from "../api.ts";

export interface LogFilter {
  readonly part: string;
  readonly search: string;
  readonly level: string;
}

interface NumberedLine {
  readonly number: number;
  readonly line: LogLine;
}

export interface LogStream {
  readonly lines: readonly NumberedLine[];
  /** Lines that the server left out because this page was too slow. */
  readonly skipped: number;
  readonly state: "loading" | "open" | "lost";
}

const linesMax = 5_000;
const tail = 1_000;
/** Long enough that typing a word asks once, short enough to feel immediate. */
const typingMs = 180;

export function useLogStream(filter: LogFilter): LogStream {
  const [stream, setStream] = useState<LogStream>({ lines: [], skipped: 0, state: "loading" });
  const { part, search, level } = filter;
  useEffect(() => {
    let source: EventSource | undefined;
    const opening = setTimeout(() => {
      source = follow({ part, search, level }, setStream);
    }, typingMs);
    return () => {
      clearTimeout(opening);
      source?.close();
    };
  }, [part, search, level]);
  return stream;
}

function follow(
  { part, search, level }: LogFilter,
  setStream: (change: (before: LogStream) => LogStream) => void,
): EventSource {
  let waiting: NumberedLine[] = [];
  let number = 0;
  let fresh = true;
  let frame = 0;
  const flush = (): void => {
    frame = 0;
    const come = waiting;
    waiting = [];
    const restart = fresh;
    fresh = false;
    setStream((before) => ({
      ...before,
      state: "open",
      lines: [...(restart ? [] : before.lines), ...come].slice(-linesMax),
    }));
  };
  const soon = (): void => {
    if (frame === 0) frame = requestAnimationFrame(flush);
  };
  const query = queryOf({ follow: 1, tail, part, search, level });
  const source = new EventSource(`/api/logs${query}`);
  source.addEventListener("open", () => {
    // After a break the server begins again with its last lines: they replace ours.
    fresh = true;
    waiting = [];
    soon();
  });
  source.addEventListener("line", (message: MessageEvent<string>) => {
    waiting.push({ number: number++, line: JSON.parse(message.data) as LogLine });
    soon();
  });
  source.addEventListener("skipped", (message: MessageEvent<string>) => {
    setStream((before) => ({ ...before, skipped: before.skipped + Number(message.data) }));
  });
  source.addEventListener("error", () => {
    setStream((before) => ({ ...before, state: "lost" }));
  });
  return source;
}
