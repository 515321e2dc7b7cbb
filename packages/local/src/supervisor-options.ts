/**
 * What the supervisor is given.
 *
 * @module
 */
import type { Environment, Log } from "@ashlar/foundation";
import type { Plan } from "@ashlar/model";
import type { PrepareProgramFiles } from "./program-files.ts";
import type { StoreEngines } from "./store-engines.ts";

/** A program of the platform that runs beside the Plan's parts, such as the console. */
export interface Builtin {
  /** Shown in the status; must not be the name of a part, store, stream or external. */
  readonly name: string;
  readonly summary: string;
  /** Absolute path, `file:` URL or package specifier of a Node program. */
  readonly entry: string;
  readonly args?: readonly string[];
  /**
   * By port name. `preferred` is the number wanted for its service address; another is taken (and
   * remembered) where that one is in use. The program listens on `ASHLAR_PORT_<NAME>`.
   */
  readonly ports: Readonly<Record<string, BuiltinPort>>;
  /** Ready when this answers 2xx; absent: when its process runs. */
  readonly ready?: { readonly port: string; readonly path: string };
  /** Name of the port that takes OTLP/HTTP; all parts get it as `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly otlpPort?: string;
  /** Name of the port that takes SMTP; stands in for every external with `local: "mailbox"`. */
  readonly mailboxPort?: string;
  /** Beside what every process gets; `ASHLAR_CONTROL` (the control socket's path) is added. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface BuiltinPort {
  readonly protocol: "http" | "tcp";
  readonly preferred?: number;
  /** Shown among the system's endpoints. */
  readonly public?: boolean;
}

export interface SupervisorOptions {
  readonly plan: Plan;
  /** Absolute directory of `system.ts`: entries and migrations are relative to it; parts' cwd. */
  readonly projectDir: string;
  /** Absolute; usually `<project>/.ashlar/<system>`. Everything the run keeps is in it. */
  readonly stateDir: string;
  readonly environment: Environment;
  /**
   * The environment variables of the caller. Read from it: `PATH HOME TMPDIR LANG TZ
   * NODE_COMPILE_CACHE XDG_CACHE_HOME XDG_RUNTIME_DIR`, supplied secrets (`<SECRET>_<KEY>`) and the
   * variables that the Plan's configuration declares. Nothing else reaches a part.
   */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly engines: StoreEngines;
  readonly builtins?: readonly Builtin[];
  /** Addresses used instead of the local stand-in, by name of a store, stream or external. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Replicas instead of the Plan's `scale.min`, by part. */
  readonly replicas?: Readonly<Record<string, number>>;
  /** Absent: programs run from the files that the Plan names. */
  readonly prepareProgramFiles?: PrepareProgramFiles;
  readonly log: Log;
  /** Aborted: bring everything down. */
  readonly signal: AbortSignal;
}
