/**
 * Which `system.ts` a command is about, and where that system keeps its state.
 *
 * - CLO1  A name means `systems/<name>/system.ts` in the working directory or any above it, or the
 *        `system.ts` there that declares this name.
 * - CLO2  No name means the nearest `system.ts` upward, else the only one under `systems/`; several
 *        are an error that lists them, never a guess.
 * - CLO3  What contains a slash, or ends in `.ts`, is a path to the file or to its directory.
 * - CLO4  State lies under `.ashlar` in the project's root (the directory that has `systems/`, or the
 *        one that has the `system.ts` itself), or under `ASHLAR_HOME` where that is set.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { suggest } from "@ashlar/foundation";
import type { Variables } from "../cli.ts";
import { SystemNotFoundError } from "../errors.ts";

export interface LocatedSystem {
  /** Absolute path of the `system.ts`. */
  readonly file: string;
  /** Absolute path of the project's root. */
  readonly root: string;
}

/** @throws {SystemNotFoundError} listing the systems that there are. */
export function locateSystem(wanted: string | undefined, directory: string): LocatedSystem {
  if (wanted === undefined) return locateOnly(directory);
  return isPath(wanted) ? locatePath(wanted, directory) : locateNamed(wanted, directory);
}

/** The nearest project upward, or null. */
export function findProjectRoot(directory: string): string | null {
  for (const each of upward(directory)) {
    const file = join(each, "system.ts");
    if (existsSync(file)) return rootOf(file);
    if (existsSync(join(each, ".ashlar")) || isDirectory(join(each, "systems"))) return each;
  }
  return null;
}

/** Names under every `systems/` upward, and of a `system.ts` upward; sorted, without repetition. */
export function listSystems(directory: string): readonly string[] {
  const names = new Set<string>();
  for (const each of upward(directory)) {
    for (const name of systemsIn(each)) names.add(name);
    const own = join(each, "system.ts");
    if (existsSync(own)) names.add(declaredNameOf(own));
  }
  return [...names].sort();
}

/** Where the state of `system` is kept: below `ASHLAR_HOME` where that is set, else in the project. */
export function stateDirectoryOf(root: string, system: string, variables: Variables): string {
  return join(givenHome(variables) ?? join(root, ".ashlar"), system);
}

/** The directory that has the state directories of this project; null where nothing has run. */
export function findStateHome(directory: string, variables: Variables): string | null {
  const given = givenHome(variables);
  if (given !== undefined) return existsSync(given) ? given : null;
  for (const each of upward(directory)) {
    const home = join(each, ".ashlar");
    if (existsSync(home)) return home;
  }
  return null;
}

function givenHome(variables: Variables): string | undefined {
  const home = variables["ASHLAR_HOME"];
  return home === undefined || home === "" ? undefined : resolve(home);
}

function locateOnly(directory: string): LocatedSystem {
  for (const each of upward(directory)) {
    const own = join(each, "system.ts");
    if (existsSync(own)) return located(own);
    const names = systemsIn(each);
    const [only] = names;
    if (only !== undefined && names.length === 1) {
      return located(join(each, "systems", only, "system.ts"));
    }
    if (names.length > 1) {
      throw new SystemNotFoundError(
        "this project has several systems; name one",
        { wanted: null, candidates: names },
        [`The systems are: ${names.join(", ")}.`],
      );
    }
  }
  throw new SystemNotFoundError(
    `no system.ts in ${directory} or above it, and no systems/*/system.ts`,
    { wanted: null, candidates: [] },
    ["Make a new project with `ashlar init my-system`."],
  );
}

function locatePath(wanted: string, directory: string): LocatedSystem {
  const path = resolve(directory, wanted);
  const file = isDirectory(path) ? join(path, "system.ts") : path;
  if (existsSync(file)) return located(file);
  throw new SystemNotFoundError(
    `there is no ${relative(directory, file) || file}`,
    { wanted, candidates: listSystems(directory) },
    ["A path names a system.ts, or a directory that has one."],
  );
}

function locateNamed(wanted: string, directory: string): LocatedSystem {
  for (const each of upward(directory)) {
    const named = join(each, "systems", wanted, "system.ts");
    if (existsSync(named)) return located(named);
    const own = join(each, "system.ts");
    if (existsSync(own) && declaredNameOf(own) === wanted) return located(own);
  }
  const candidates = listSystems(directory);
  const nearest = suggest(wanted, candidates);
  const meant = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  throw new SystemNotFoundError(
    `unknown system "${wanted}"${meant}`,
    { wanted, candidates },
    candidates.length > 0
      ? [`The systems are: ${candidates.join(", ")}.`]
      : [
          `There is no systems/${wanted}/system.ts here or above. \`ashlar init ${wanted}\` makes a project.`,
        ],
  );
}

function located(file: string): LocatedSystem {
  return { file, root: rootOf(file) };
}

function rootOf(file: string): string {
  const own = dirname(file);
  return basename(dirname(own)) === "systems" ? dirname(dirname(own)) : own;
}

function systemsIn(directory: string): readonly string[] {
  const systems = join(directory, "systems");
  if (!isDirectory(systems)) return [];
  return readdirSync(systems)
    .filter((name) => existsSync(join(systems, name, "system.ts")))
    .sort();
}

/** The name in the text; loading the file is not this module's business, it may be broken. */
export function declaredNameOf(file: string): string {
  const text = readFileSync(file, "utf8");
  const definition = text.slice(Math.max(0, text.indexOf("defineSystem(")));
  const declared = /\bname:\s*["']([a-z][a-z0-9-]*)["']/.exec(definition)?.[1];
  return declared ?? basename(dirname(file));
}

function isPath(wanted: string): boolean {
  return wanted.includes("/") || wanted.endsWith(".ts") || wanted === "." || wanted === "..";
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function* upward(directory: string): Iterable<string> {
  for (let each = resolve(directory); ; each = dirname(each)) {
    yield each;
    if (dirname(each) === each) return;
  }
}
