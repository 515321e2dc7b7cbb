/**
 * Writes the template of a project, and makes the packages of this installation known to it.
 *
 * - CNP1  Nothing that exists is overwritten: the directory is empty, but for what a new repository
 *         has, or the project is refused before anything is written.
 * - CNP2  A project can be run where it was made: every package that it imports is found from it.
 *
 * @module
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { ProjectExistsError, UsageError } from "../errors.ts";
import type { Installation } from "../installation.ts";

/** What `git init` and package managers leave in a directory that is otherwise empty. */
const harmless: ReadonlySet<string> = new Set([".git", ".idea", ".vscode", ".DS_Store", "LICENSE"]);

/** @throws {UsageError} where neither gives a system's name: a DNS label of at most 40 characters. */
export function projectNameFrom(given: string | undefined, directory: string): string {
  const wanted =
    given ??
    basename(directory)
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, "-");
  const name = given === undefined ? wanted.replace(/^[^a-z]+/, "").replace(/-+$/, "") : wanted;
  if (/^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(`"${wanted}" cannot be a system's name`, [
    "A name has lower case letters, digits and dashes, begins with a letter, and has at most 40.",
    "Give one with `--name my-system`.",
  ]);
}

interface WriteOptions {
  readonly directory: string;
  readonly name: string;
  readonly installation: Installation;
}

/** The files written, relative to the directory. @throws {ProjectExistsError} */
export function writeProject({ directory, name, installation }: WriteOptions): readonly string[] {
  if (existsSync(directory)) {
    const entries = readdirSync(directory).filter((entry) => !harmless.has(entry));
    if (entries.length > 0) throw new ProjectExistsError(directory, entries); // CNP1
  }
  const values: Readonly<Record<string, string>> = {
    name,
    version: installation.version,
    zod: zodVersion(installation),
  };
  const template = join(installation.room, "template");
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".template"))
    .map((entry) => relative(template, join(entry.parentPath, entry.name)));
  return files.toSorted().map((file) => {
    const target = file.replace(/\.template$/, "").replace(/^gitignore$/, ".gitignore");
    const text = readFileSync(join(template, file), "utf8");
    const path = join(directory, target);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      text.replaceAll(/\{\{(\w+)\}\}/g, (all, key: string) => values[key] ?? all),
    );
    return target;
  });
}

/**
 * Links every package of this installation into the project's `node_modules`, unless the project
 * finds them already, as one inside a workspace or with published packages does.
 */
export function linkInstallation(directory: string, installation: Installation): readonly string[] {
  if (resolvesFrom(directory, "@ashlar/model") && resolvesFrom(directory, "zod")) return [];
  const from = join(installation.root, "node_modules");
  const scoped = readdirSync(join(from, "@ashlar")).map((name) => `@ashlar/${name}`);
  const names = [...scoped, "zod", "@types/node", "undici-types"].filter((name) =>
    existsSync(join(from, name)),
  );
  for (const name of names)
    link(realpathSync(join(from, name)), join(directory, "node_modules", name));
  const room = realpathSync(installation.room);
  link(room, join(directory, "node_modules", "ashlar"));
  link(join(room, "bin", "ashlar.js"), join(directory, "node_modules", ".bin", "ashlar"));
  return [...names, "ashlar"];
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const present = lstatSync(path, { throwIfNoEntry: false });
  if (present !== undefined && !present.isSymbolicLink()) return; // CNP1: somebody's own package.
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

function resolvesFrom(directory: string, name: string): boolean {
  try {
    createRequire(join(directory, "package.json")).resolve(`${name}/package.json`);
    return true;
  } catch (error) {
    // A package that does not export its manifest is there all the same.
    return (error as NodeJS.ErrnoException).code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  }
}

function zodVersion(installation: Installation): string {
  const manifest = join(installation.root, "node_modules", "zod", "package.json");
  const parsed: unknown = JSON.parse(readFileSync(manifest, "utf8"));
  return (parsed as { readonly version: string }).version;
}
