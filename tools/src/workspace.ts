/**
 * The repository as data: its rooms, their layers, their files and what they import.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface Room {
  /** Package name, for example `@ashlar/model`. */
  readonly name: string;
  /** Folder below the root, for example `packages/model`. */
  readonly folder: string;
  readonly summary: string;
  readonly layer: number;
  /** A pure room touches neither process, disk, network nor clock. */
  readonly pure: boolean;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

interface Manifest {
  readonly name: string;
  readonly description?: string;
  readonly ashlar?: { readonly layer: number; readonly pure?: boolean };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const parents = ["packages", "apps", "systems"] as const;
const single = ["bench", "test", "tools"] as const;

/** Every room, sorted by layer and name. */
export function readRooms(): readonly Room[] {
  const folders = [
    ...parents.flatMap((parent) =>
      readdirSync(join(root, parent)).map((each) => `${parent}/${each}`),
    ),
    ...single,
  ];
  return folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map(readRoom)
    .toSorted((a, b) => a.layer - b.layer || a.name.localeCompare(b.name));
}

function readRoom(folder: string): Room {
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;
  return {
    name: manifest.name,
    folder,
    summary: manifest.description ?? "",
    layer: manifest.ashlar?.layer ?? Number.NaN,
    pure: manifest.ashlar?.pure ?? false,
    dependencies: Object.keys(manifest.dependencies ?? {}),
    devDependencies: Object.keys(manifest.devDependencies ?? {}),
  };
}

export interface SourceFile {
  /** Path below the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
}

const ignored: ReadonlySet<string> = new Set(["node_modules", "dist", ".ashlar", ".git", ".cache"]);

/** Every file below `folder` that a person wrote, sorted by path. */
export function listFiles(folder: string): readonly string[] {
  const found: string[] = [];
  const walk = (directory: string): void => {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.push(relative(root, path).split(sep).join("/"));
    }
  };
  walk(join(root, folder));
  return found.toSorted();
}

/** The TypeScript files of a room. */
export function readSources(room: Room): readonly SourceFile[] {
  return listFiles(room.folder)
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => ({
      path,
      text: readFileSync(join(root, path), "utf8"),
      isTest: path.includes("/test/") || path.endsWith(".test.ts"),
    }));
}

/** The module specifiers that a file imports or re-exports, statically or dynamically. */
export function importsOf(text: string): readonly string[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
  const pattern =
    /(?:^\s*(?:import|export)\b[^"'`;]*?from\s*|^\s*import\s*|\bimport\(\s*)"([^"]+)"/gm;
  return [...code.matchAll(pattern)].map((match) => match[1] ?? "");
}

/** `@ashlar/model/plan` → `@ashlar/model`; `zod/v4` → `zod`. */
export function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}
