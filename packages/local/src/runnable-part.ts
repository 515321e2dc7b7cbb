/**
 * What the supervisor runs: a part of the Plan, or a built-in program seen as one.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { PartPlan, Plan, PortProtocol, ProgramPlan } from "@ashlar/model";
import { PartNotRunnableError } from "./errors.ts";
import type { Builtin } from "./supervisor-options.ts";

export interface RunnablePart
  extends Pick<
    PartPlan,
    | "kind"
    | "name"
    | "uses"
    | "config"
    | "secrets"
    | "volumes"
    | "probes"
    | "stop"
    | "restart"
    | "job"
    | "stateful"
  > {
  readonly builtin: boolean;
  readonly program: RunnableProgram;
  readonly ports: Readonly<Record<string, RunnablePort>>;
  /** Replicas to begin with. */
  readonly wanted: number;
  /** Beside what every process gets. */
  readonly env: Readonly<Record<string, string>>;
}

type RunnableProgram =
  | {
      readonly runtime: "node";
      readonly entry: string;
      readonly args: readonly string[];
      /** Can it wait for its turn between its imports and its own code? Only a module can. */
      readonly holdable: boolean;
    }
  | { readonly runtime: "command"; readonly command: string; readonly args: readonly string[] };

export interface RunnablePort {
  readonly name: string;
  readonly protocol: PortProtocol;
  /** The number that its service address would best have; undefined: any. */
  readonly preferred: number | undefined;
  readonly exposure: "part" | "public" | "ops";
}

/** @throws {PartNotRunnableError} */
export function runnablePartsOf(
  plan: Plan,
  projectDir: string,
  replicas: Readonly<Record<string, number>>,
): readonly RunnablePart[] {
  return Object.values(plan.parts).map((part) => ({
    ...part,
    builtin: false,
    program: programOf(part.name, part.program, projectDir),
    ports: Object.fromEntries(
      Object.values(part.ports).map((port) => [
        port.name,
        { ...port, preferred: port.exposure === "public" ? port.number : undefined },
      ]),
    ),
    wanted: replicas[part.name] ?? part.scale.min,
    env: {},
  }));
}

/** @throws {PartNotRunnableError} */
export function runnableBuiltin(builtin: Builtin, projectDir: string): RunnablePart {
  const { name, entry, args = [] } = builtin;
  return {
    kind: "service",
    name,
    builtin: true,
    program: nodeProgram(entryPath(name, entry, projectDir), args),
    ports: Object.fromEntries(
      Object.entries(builtin.ports).map(([port, wish]) => [
        port,
        {
          name: port,
          protocol: wish.protocol,
          preferred: wish.preferred,
          exposure: wish.public === true ? "public" : "part",
        },
      ]),
    ),
    uses: [],
    config: {},
    secrets: [],
    volumes: [],
    probes: {
      startup: null,
      readiness:
        builtin.ready === undefined
          ? null
          : {
              check: { kind: "http", ...builtin.ready },
              periodMs: 2_000,
              timeoutMs: 2_000,
              failures: 3,
              successes: 1,
              initialDelayMs: 0,
            },
      liveness: null,
    },
    stop: { graceMs: 5_000, drainMs: 0 },
    restart: { initialMs: 500, maxMs: 10_000, resetMs: 10_000 },
    wanted: 1,
    env: builtin.env ?? {},
  };
}

function programOf(part: string, program: ProgramPlan, projectDir: string): RunnableProgram {
  if (program.runtime === "node") {
    const { entry, args } = program;
    return nodeProgram(entryPath(part, entry, projectDir), args);
  }
  if (program.runtime === "command") {
    const [command, ...args] = program.command;
    if (command === undefined) throw new PartNotRunnableError(part, "its command is empty");
    return { runtime: "command", command, args };
  }
  throw new PartNotRunnableError(
    part,
    `it is only an image (${program.image}); give its program a command, or an entry, to run here`,
  );
}

function nodeProgram(entry: string, args: readonly string[]): RunnableProgram {
  return { runtime: "node", entry, args, holdable: isModule(entry) };
}

/** By its extension, else by the `type` of the package that it belongs to. */
function isModule(entry: string): boolean {
  if (/\.m[jt]s$/.test(entry)) return true;
  if (!/\.[jt]s$/.test(entry)) return false;
  const manifest = findPackageJSON(pathToFileURL(entry));
  if (manifest === undefined) return false;
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as { type?: unknown }).type === "module";
  } catch {
    return false;
  }
}

function entryPath(part: string, entry: string, projectDir: string): string {
  const path = entry.startsWith("file:") ? fileURLToPath(entry) : entry;
  if (isAbsolute(path) || path.startsWith(".")) {
    const absolute = resolve(projectDir, path);
    if (existsSync(absolute)) return absolute;
    throw new PartNotRunnableError(part, `its entry ${absolute} does not exist`);
  }
  try {
    return createRequire(join(projectDir, "system.ts")).resolve(path);
  } catch {
    throw new PartNotRunnableError(part, `its entry "${entry}" cannot be found from ${projectDir}`);
  }
}
