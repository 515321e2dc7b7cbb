import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realEnvironment } from "@ashlar/program";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { LineWriter } from "../src/line-writer.ts";

const never = new AbortController().signal;

interface Drops {
  readonly reasons: string[];
  lines: number;
}

function writerOn(fd: number, bytesMax?: number): { writer: LineWriter; drops: Drops } {
  const drops: Drops = { reasons: [], lines: 0 };
  const writer = new LineWriter({
    fd,
    clock: realEnvironment().clock,
    onDrop: (lines, reason) => {
      drops.lines += lines;
      drops.reasons.push(reason);
    },
    ...(bytesMax === undefined ? {} : { bytesMax }),
  });
  return { writer, drops };
}

function temporaryFile(): { readonly path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "line-writer-"));
  return {
    path: join(directory, "log"),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true }),
  };
}

test("lines arrive whole and in order", async () => {
  using file = temporaryFile();
  const fd = openSync(file.path, "w");
  const { writer, drops } = writerOn(fd);
  const lines = Array.from({ length: 1_000 }, (_, at) => `{"line":${at},"text":"ü"}\n`);
  for (const line of lines) writer.write(line);
  await writer.flush(never);
  closeSync(fd);
  expect(readFileSync(file.path, "utf8")).toBe(lines.join(""));
  expect(drops.lines).toBe(0);
});

test("TEL3: a full disk drops lines and counts them, and never throws", async () => {
  const fd = openSync("/dev/full", "w");
  const { writer, drops } = writerOn(fd);
  writer.write("one\n");
  writer.write("two\n");
  await writer.flush(never);
  writer.write("three\n");
  await writer.flush(never);
  closeSync(fd);
  expect(drops).toEqual({ reasons: ["write_failed", "write_failed"], lines: 3 });
});

test("TEL3: a reader that is gone costs lines only", async () => {
  const child = spawn("true", [], { stdio: ["pipe", "ignore", "ignore"] });
  const fd = (child.stdin as unknown as { _handle: { fd: number } })._handle.fd;
  await new Promise((resolve) => child.once("exit", resolve));
  const { writer, drops } = writerOn(fd);
  writer.write("one\n");
  await writer.flush(never);
  writer.write("two\n"); // Dropped at once: the pipe is known to be broken.
  expect(drops).toEqual({ reasons: ["write_failed", "write_failed"], lines: 2 });
  child.stdin?.destroy();
});

test("TEL4: more than the limit is dropped while the descriptor is busy", async () => {
  using file = temporaryFile();
  const fd = openSync(file.path, "w");
  const { writer, drops } = writerOn(fd, 100);
  for (let at = 0; at < 10; at++) writer.write(`${"x".repeat(29)}\n`);
  await writer.flush(never);
  closeSync(fd);
  expect(readFileSync(file.path, "utf8").split("\n").length - 1).toBe(3);
  expect(drops).toEqual({ reasons: Array.from({ length: 7 }, () => "buffer_full"), lines: 7 });
});

test("flush gives up when its signal is aborted", async () => {
  // A pipe that nobody reads fills up; the clock never moves, so it is not tried again.
  const child = spawn("sleep", ["60"], { stdio: ["pipe", "ignore", "ignore"] });
  const fd = (child.stdin as unknown as { _handle: { fd: number } })._handle.fd;
  const writer = new LineWriter({ fd, clock: new SimulatedClock(), onDrop: () => undefined });
  for (let at = 0; at < 20; at++) writer.write(`${"x".repeat(20_000)}\n`);
  const giveUp = new AbortController();
  const flushed = writer.flush(giveUp.signal);
  giveUp.abort();
  await flushed;
  child.stdin?.destroy();
  child.kill("SIGKILL");
});
