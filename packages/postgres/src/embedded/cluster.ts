/**
 * The directory that PostgreSQL calls a cluster (PGDATA): where it lies, and how it comes to be.
 *
 * A fresh one is a copy of a template that `initdb` made once for each version and account on this
 * machine, because copying takes less than half of the time (docs/adr/0020).
 *
 * - CL1  A cluster under its final name is complete: it is prepared under another and then renamed.
 * - CL2  The template's password is replaced before anybody learns that the server is ready.
 *
 * @module
 */
import { type SpawnOptions, spawn } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import {
  access,
  chown,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describeError } from "@ashlar/foundation";
import { PostgresAccountError, PostgresDataVersionError, PostgresStartError } from "../errors.ts";
import { type Account, firstClosedDirectory } from "./account.ts";
import type { PostgresBinaries } from "./binaries.ts";
import { serverEnvironment } from "./server-process.ts";

export const superuser = "postgres";

export interface Cluster {
  readonly directory: string;
  /** The password that the superuser has until the take-over; undefined after it. */
  readonly initialPassword: string | undefined;
}

/** Where templates and copied binaries are kept unless the caller says otherwise. */
export function defaultCacheDir(account: Account | undefined): string {
  if (account !== undefined) return "/var/cache/ashlar/postgres";
  const base = process.platform === "darwin" ? "Library/Caches" : ".cache";
  return join(homedir(), base, "ashlar", "postgres");
}

/**
 * Where the cluster of `dataDir` lies: in it, or, where the account cannot get there, in a directory
 * of its own under /var/lib/ashlar that `dataDir` then names in a file.
 */
async function clusterDirectory(dataDir: string, account: Account | undefined): Promise<string> {
  const inside = join(dataDir, "cluster");
  if (account === undefined) return inside;
  try {
    return (await readFile(join(dataDir, "cluster.location"), "utf8")).trim();
  } catch {
    // Not moved.
  }
  if ((await firstClosedDirectory(dataDir)) === undefined) return inside;
  const digest = createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 16);
  for (const parent of ["/var/lib/ashlar/postgres", join(tmpdir(), "ashlar-postgres")]) {
    try {
      await mkdir(parent, { recursive: true, mode: 0o755 });
    } catch {
      continue;
    }
    if ((await firstClosedDirectory(parent)) !== undefined) continue;
    await removeAbandoned(parent);
    const outside = join(parent, digest);
    await writeFile(`${outside}.origin`, `${resolve(dataDir)}\n`);
    await writeFile(join(dataDir, "cluster.location"), `${outside}\n`);
    return outside;
  }
  const closed = await firstClosedDirectory(dataDir);
  throw new PostgresAccountError(`no account but root can enter ${closed ?? dataDir}`);
}

export interface PrepareOptions {
  readonly dataDir: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly cacheDir: string;
  readonly signal: AbortSignal;
}

/**
 * The cluster of `dataDir`, made if there is none.
 *
 * @throws {PostgresDataVersionError} {@link PostgresStartError} {@link PostgresAccountError}
 */
export async function prepareCluster(options: PrepareOptions): Promise<Cluster> {
  const { dataDir, binaries, account } = options;
  const directory = await clusterDirectory(dataDir, account);
  const version = await clusterVersion(directory);
  if (version !== undefined) {
    if (version !== binaries.major) {
      throw new PostgresDataVersionError(dataDir, version, binaries.major);
    }
    return { directory, initialPassword: await readInitialPassword(dataDir) };
  }
  const template = await prepareTemplate({ ...options, cacheDir: await usableCache(options) });
  const temporary = `${directory}.new`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(dirname(directory), { recursive: true });
  await run("cp", ["-a", join(template.directory, "cluster"), temporary], options);
  // CL1: the copy must be on the disk before the name that promises it.
  await run(binaries.initdb, ["--sync-only", `--pgdata=${temporary}`], options, account);
  // A crash before the take-over must leave the next opening a way in.
  await writeFile(initialPasswordPath(dataDir), template.password, { mode: 0o600 });
  await rename(temporary, directory);
  return { directory, initialPassword: template.password };
}

function initialPasswordPath(dataDir: string): string {
  return join(dataDir, "initial-password");
}

async function readInitialPassword(dataDir: string): Promise<string | undefined> {
  try {
    return await readFile(initialPasswordPath(dataDir), "utf8");
  } catch {
    return undefined;
  }
}

/** To be called once the superuser has a password of its own (CL2). */
export async function forgetInitialPassword(dataDir: string): Promise<void> {
  await rm(initialPasswordPath(dataDir), { force: true });
}

/** The cache, or, where it cannot be written, a directory beside the cluster. */
async function usableCache({ cacheDir, dataDir, account }: PrepareOptions): Promise<string> {
  for (const directory of [cacheDir, join(dataDir, "cache")]) {
    try {
      await mkdir(directory, { recursive: true, mode: 0o755 });
      await access(directory, constants.W_OK);
    } catch {
      continue;
    }
    if (account === undefined || (await firstClosedDirectory(directory)) === undefined) {
      return directory;
    }
  }
  throw new PostgresAccountError(`${cacheDir} cannot be written and entered; name another cache`);
}

/** Removes what {@link clusterDirectory} may have put outside of `dataDir`, and `dataDir`. */
export async function removeCluster(dataDir: string): Promise<void> {
  try {
    const outside = (await readFile(join(dataDir, "cluster.location"), "utf8")).trim();
    await rm(outside, { recursive: true, force: true });
    await rm(`${outside}.origin`, { force: true });
  } catch {
    // It lies inside.
  }
  await rm(dataDir, { recursive: true, force: true });
}

/** Removes clusters whose `dataDir` was deleted by hand, which nothing could ever find again. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.endsWith(".origin")) continue;
    const dataDir = (await readFile(join(parent, name), "utf8")).trim();
    try {
      await access(dataDir);
    } catch {
      await rm(join(parent, name.slice(0, -".origin".length)), { recursive: true, force: true });
      await rm(join(parent, name), { force: true });
    }
  }
}

async function clusterVersion(directory: string): Promise<string | undefined> {
  try {
    return (await readFile(join(directory, "PG_VERSION"), "utf8")).trim();
  } catch {
    return undefined;
  }
}

interface Template {
  readonly directory: string;
  readonly password: string;
}

async function prepareTemplate(options: PrepareOptions): Promise<Template> {
  const { binaries, account, cacheDir, signal } = options;
  const owner = account?.uid ?? process.getuid?.() ?? 0;
  const directory = join(cacheDir, `template-${binaries.packageVersion}-${owner}`);
  const known = await readTemplate(directory);
  if (known !== undefined) return known;

  const work = `${directory}.${randomUUID()}`;
  try {
    // Only its owner may enter, for the template's password lies in it.
    await mkdir(work, { mode: 0o700 });
    const password = randomUUID();
    await writeFile(join(work, "password"), password, { mode: 0o600 });
    await initialize(options, work);
    signal.throwIfAborted();
    await rename(work, directory);
    return { directory, password };
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    const faster = await readTemplate(directory); // Another process, perhaps.
    if (faster !== undefined) return faster;
    throw error;
  }
}

async function readTemplate(directory: string): Promise<Template | undefined> {
  try {
    const password = await readFile(join(directory, "password"), "utf8");
    if ((await clusterVersion(join(directory, "cluster"))) === undefined) return undefined;
    return { directory, password };
  } catch {
    return undefined;
  }
}

/** Runs `initdb` for `work/cluster`; its account must be able to enter `work` meanwhile. */
async function initialize(options: PrepareOptions, work: string): Promise<void> {
  const { account, binaries } = options;
  const cluster = join(work, "cluster");
  if (account !== undefined) {
    try {
      await chown(work, account.uid, account.gid);
      await chown(join(work, "password"), account.uid, account.gid);
    } catch (error) {
      throw new PostgresAccountError(describeError(error), { cause: error });
    }
  }
  const parameters = [
    `--pgdata=${cluster}`,
    `--username=${superuser}`,
    `--pwfile=${join(work, "password")}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ];
  await run(binaries.initdb, parameters, options, account);
  // Connections come over TCP from this machine only, and always with a password.
  await writeFile(join(cluster, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
}

async function run(
  program: string,
  parameters: readonly string[],
  { signal }: PrepareOptions,
  account?: Account,
): Promise<void> {
  const spawnOptions: SpawnOptions = {
    ...account,
    cwd: "/",
    env: { ...serverEnvironment, PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "pipe", "pipe"],
    signal,
  };
  const step = program.split("/").at(-1) ?? program;
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, parameters, spawnOptions);
    const keep = (chunk: Buffer): void => void lines.push(...chunk.toString().trim().split("\n"));
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.once("error", (error) => {
      reject(signal.aborted ? signal.reason : failure(step, [error.message], error, account));
    });
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(failure(step, lines.slice(-10), undefined, account));
    });
  });
}

function failure(
  step: string,
  lines: readonly string[],
  cause: Error | undefined,
  account: Account | undefined,
): Error {
  // Setting another account is forbidden in some containers, even for root.
  if (account !== undefined && cause !== undefined && "code" in cause && cause.code === "EPERM") {
    return new PostgresAccountError(`${step}: ${cause.message}`, { cause });
  }
  return new PostgresStartError(step, lines, { cause });
}
