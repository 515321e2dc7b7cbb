/**
 * Goal: what processes write is kept, bounded, and never in the way.
 * Method: a disk in memory that can be full; streams that are cut at random.
 */
import { mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { EventHub } from "../src/event-hub.ts";
import { LogBook, readLogFiles } from "../src/log-book.ts";
import { type LogDisk, LogFile, type LogLimits, realLogDisk } from "../src/log-file.ts";
import { fileTextOf, LineSplitter, parseFileLine, parseOutput } from "../src/log-text.ts";
import type { LogLine } from "../src/status.ts";
import { temporaryDirectory } from "./system-fixture.ts";

const origin = { part: "users", replica: 0, instance: "users-0" };
const limits: LogLimits = { bytesMax: 200, count: 2, pendingBytesMax: 10_000 };

/** Files in memory; refuses to write while `full`. */
class MemoryDisk implements LogDisk {
  readonly files = new Map<string, string>();
  full = false;

  open(path: string): ReturnType<LogDisk["open"]> {
    this.#refuseWhenFull();
    const text = this.files.get(path) ?? "";
    this.files.set(path, text);
    return Promise.resolve({
      sizeBytes: text.length,
      append: (more) => {
        this.#refuseWhenFull();
        this.files.set(path, (this.files.get(path) ?? "") + more);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    });
  }

  rename(from: string, to: string): Promise<void> {
    const text = this.files.get(from);
    if (text !== undefined) this.files.set(to, text);
    this.files.delete(from);
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  #refuseWhenFull(): void {
    if (this.full) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  }
}

function openLog(disk: LogDisk, changes: Partial<LogLimits> = {}) {
  const told: string[] = [];
  const clock = new SimulatedClock(0);
  const file = new LogFile({
    path: "users-0.log",
    disk,
    limits: { ...limits, ...changes },
    clock,
    onTrouble: (error) => told.push(`trouble: ${(error as Error | undefined)?.message}`),
    onResumed: (dropped) => told.push(`resumed after ${dropped}`),
  });
  return { file, told, clock };
}

test("LF1, LF3: files stay within their limits and hold the latest lines in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 120 }),
      fc.integer({ min: 0, max: 3 }),
      async (lengths, count) => {
        const disk = new MemoryDisk();
        const { file } = openLog(disk, { count });
        const lines = lengths.map((length, i) => `${i} ${"x".repeat(length)}\n`);
        for (const [i, line] of lines.entries()) {
          file.append(line);
          if (i % 7 === 0) await file.flush();
        }
        await file[Symbol.asyncDispose]();
        const names = ["users-0.log.3", "users-0.log.2", "users-0.log.1", "users-0.log"];
        const kept = names.map((name) => disk.files.get(name) ?? "").join("");
        expect(disk.files.size).toBeLessThanOrEqual(count + 1);
        for (const text of disk.files.values()) expect(text.length).toBeLessThanOrEqual(200);
        expect(lines.join("").endsWith(kept)).toBe(true);
        expect(kept).toContain(lines.at(-1));
      },
    ),
    { numRuns: 60 },
  );
});

test("LF2: a full disk drops lines, tells once, and the log resumes when there is room", async () => {
  const disk = new MemoryDisk();
  const { file, told, clock } = openLog(disk);
  file.append("one\n");
  await file.flush();
  disk.full = true;
  file.append("two\n");
  await file.flush();
  for (let i = 0; i < 50; i++) file.append("three\n");
  await file.flush();
  expect(told).toEqual(["trouble: no space left on device"]);
  expect(file.droppedCount).toBe(51);
  await clock.advance(1_000);
  file.append("still full\n");
  await file.flush();
  disk.full = false;
  await clock.advance(1_000);
  file.append("four\n");
  await file.flush();
  expect(told).toEqual(["trouble: no space left on device", "resumed after 52"]);
  expect(disk.files.get("users-0.log")).toBe("one\nfour\n");
});

test("LF2: a real full device disturbs nobody", async () => {
  await using directory = await temporaryDirectory();
  await symlink("/dev/full", join(directory.path, "users-0.log"));
  const troubles: unknown[] = [];
  await using book = openBook(directory.path, troubles);
  book.write(origin, "stdout", "into the void");
  const lines = [];
  for await (const line of book.read({ tail: 1 })) lines.push(line.text);
  expect(lines).toEqual(["into the void"]); // Memory still has it.
  await book[Symbol.asyncDispose]();
  expect(troubles).toMatchObject([{ code: "ENOSPC" }]);
});

function openBook(directory: string, troubles: unknown[] = []): LogBook {
  return new LogBook({
    directory,
    clock: new SimulatedClock(),
    disk: realLogDisk,
    limits: { bytesMax: 10_000, count: 2, pendingBytesMax: 1 << 20 },
    onTrouble: (_, error) => troubles.push(error),
    onResumed: () => undefined,
    onLine: () => undefined,
  });
}

test("LL1: lines come whole however the bytes are cut, and no line is endless", () => {
  const text = fc.stringMatching(/^[a-zäöü€😀 {}":]{0,20}$/u);
  fc.assert(
    fc.property(fc.array(text), fc.array(fc.integer({ min: 1, max: 9 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
      const got: string[] = [];
      const splitter = new LineSplitter((line) => got.push(line));
      let from = 0;
      for (const cut of cuts) {
        splitter.push(bytes.subarray(from, from + cut));
        from += cut;
      }
      splitter.push(bytes.subarray(Math.min(from, bytes.length)));
      splitter.end();
      expect(got).toEqual(lines.filter((line) => line !== ""));
    }),
  );
  const got: string[] = [];
  const splitter = new LineSplitter((line) => got.push(line));
  for (let i = 0; i < 100; i++) splitter.push(Buffer.alloc(10_000, "x"));
  splitter.push(Buffer.from("\nnext\n"));
  expect(got.map((line) => line.length)).toEqual([64 * 1024, 4]);
});

test.for([
  [
    '{"time":"2026-01-01T00:00:00.000Z","level":"warn","text":"low","a":1}',
    "warn",
    "low",
    { a: 1 },
  ],
  ['{"level":30,"msg":"pino","pid":7}', "info", "pino", { pid: 7 }],
  ['{"level":"fatal","message":"gone"}', "error", "gone", {}],
  ['{"no":"text"}', "info", '{"no":"text"}', {}],
  ["{broken", "info", "{broken", {}],
  ["plain", "info", "plain", {}],
] as const)("%s is read as %s: %s", ([raw, level, text, fields]) => {
  const line = parseOutput(raw, { ...origin, stream: "stdout", time: "2026-02-02T00:00:00.000Z" });
  expect(line).toMatchObject({ level, text, fields, part: "users" });
});

test("LL2: what is kept in a file reads back as it was", () => {
  const time = "2026-02-02T00:00:00.000Z";
  const raw = fc.oneof(
    fc.stringMatching(/^[ -~]{1,40}$/),
    fc
      .record({ level: fc.constantFrom("debug", "warn"), text: fc.string() })
      .map((line) => JSON.stringify(line)),
    fc
      .record({ time: fc.constant(time), text: fc.string(), n: fc.integer() })
      .map((line) => JSON.stringify(line)),
  );
  fc.assert(
    fc.property(raw, fc.constantFrom("stdout" as const, "stderr" as const), (line, stream) => {
      const kept = fileTextOf(line, stream, time);
      expect(kept.endsWith("\n")).toBe(true);
      const read = parseFileLine(kept.slice(0, -1), origin);
      expect(read).toEqual(parseOutput(line, { ...origin, stream, time }));
    }),
  );
});

test("files of earlier runs are read too, oldest first, and filtered", async () => {
  await using directory = await temporaryDirectory();
  {
    await using book = openBook(directory.path);
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const captured = book.capture(origin, { stdout, stderr });
    for (let i = 0; i < 150; i++) stdout.write(`line ${i} ${"x".repeat(60)}\n`);
    stderr.end("Error: it broke\n");
    stdout.end('{"level":"warn","text":"careful","code":"NEEDLE"}');
    await captured;
  }
  expect((await readdir(directory.path)).length).toBeGreaterThan(1);
  const all = await readLogFiles(directory.path, { tail: 5_000 });
  const numbers = all.flatMap((line) => /^line (\d+)/.exec(line.text)?.[1] ?? []).map(Number);
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  expect(numbers.at(-1)).toBe(149);
  const errors = await readLogFiles(directory.path, { level: "error" });
  expect(errors.map((line) => line.text)).toEqual(["Error: it broke"]);
  const found = await readLogFiles(directory.path, { search: "needle" });
  expect(found.map((line) => line.text)).toEqual(["careful"]);
  expect(await readLogFiles(directory.path, { part: "orders" })).toEqual([]);
});

test("LK2, LEH1: a follower that does not keep up misses lines and is told how many", async () => {
  const hub = new EventHub<LogLine>();
  const slow = hub.subscribe();
  const line = (n: number): LogLine => ({
    ...origin,
    time: "",
    stream: "stdout",
    level: "info",
    text: String(n),
    fields: {},
  });
  for (let i = 0; i < 1_500; i++) hub.publish(line(i));
  hub.close();
  const got: (LogLine | { readonly missed: number })[] = [];
  for await (const each of slow) got.push(each);
  expect(got.length).toBe(1_001);
  expect(got.at(-1)).toEqual({ missed: 500 });
  expect(got.slice(0, 3)).toMatchObject([{ text: "0" }, { text: "1" }, { text: "2" }]); // LEH2
});

test("LK1: memory holds the latest lines only", async () => {
  await using directory = await temporaryDirectory();
  await mkdir(join(directory.path, "logs"));
  await using book = openBook(join(directory.path, "logs"));
  for (let i = 0; i < 3_000; i++) book.write(origin, "stdout", `line ${i}`);
  expect(book.lastTexts("users-0", 5_000)).toHaveLength(1_000);
  expect(book.lastTexts("users-0", 1)).toEqual(["line 2999"]);
  await book[Symbol.asyncDispose]();
  const path = join(directory.path, "logs", "users-0.log");
  expect((await stat(path)).size).toBeLessThanOrEqual(10_000);
  expect(await readFile(path, "utf8")).toContain("line 2999");
});
