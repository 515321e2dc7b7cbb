/**
 * Where this Ashlar lies on the disk, and how it starts processes of its own.
 *
 * @module
 */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Installation {
  readonly version: string;
  /** `apps/ashlar`, or wherever the package was installed. */
  readonly room: string;
  /** The directory whose `node_modules` has this installation's packages. */
  readonly root: string;
  /** Runs the sources rather than what was built. */
  readonly fromSource: boolean;
  /** The Node that runs this process. */
  readonly node: string;
}

export function findInstallation(moduleUrl: string, node: string): Installation {
  const file = realpathSync(fileURLToPath(moduleUrl));
  const room = dirname(dirname(file));
  return {
    version: versionOf(room),
    room,
    root: rootAbove(room),
    fromSource: file.endsWith(".ts"),
    node,
  };
}

/** A module of this room as a file to start: `src/x.ts` from source, `dist/x.js` once built. */
export function moduleFile(installation: Installation, name: string): string {
  return installation.fromSource
    ? join(installation.room, "src", `${name}.ts`)
    : join(installation.room, "dist", `${name}.js`);
}

/** Flags that a Node of this installation needs before its entry. */
export function nodeFlags(installation: Installation): readonly string[] {
  return installation.fromSource ? ["--conditions=@ashlar/source"] : [];
}

function versionOf(room: string): string {
  const text = readFileSync(join(room, "package.json"), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version = (parsed as { readonly version?: unknown }).version;
  return typeof version === "string" ? version : "0.0.0";
}

function rootAbove(room: string): string {
  for (let directory = room; dirname(directory) !== directory; directory = dirname(directory)) {
    if (existsSync(join(directory, "node_modules", "@ashlar", "model"))) return directory;
  }
  return room;
}
