/**
 * What the platform tells a process: who it is, where to listen, how long it may take to stop.
 *
 * The same variables are set by the local runner and in a cluster. Outside of both (a unit test, a
 * debugger) everything has a default, so that a service also starts alone.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { Plan } from "@ashlar/model";
import { ServiceSettingsError } from "./errors.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export interface ServiceSettings {
  readonly system: string;
  readonly part: string;
  /** For example `users-0`. */
  readonly instance: string;
  /** Address to bind. */
  readonly host: string;
  /** The number to listen on for a declared port; 0, any free one, where none is given. */
  portOf(name: string): number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly otlpEndpoint: string | undefined;
  /** Share of the traces begun here that are recorded. */
  readonly sampleRatio: number;
  /** Between unready and refusing connections, for routers to notice. */
  readonly drainMs: number;
  /** From the order to stop until the process must be gone. */
  readonly graceMs: number;
  /** For opening: databases may take so long to come up. */
  readonly startupMs: number;
  readonly supervised: boolean;
  /** The part's own view of the Plan; undefined where there is none. */
  readonly plan: Plan | undefined;
  /** The parsed configuration file; undefined where there is none. */
  readonly configFile: unknown;
}

/** @throws {ServiceSettingsError} naming every fault. */
export function readSettings(variables: Variables): ServiceSettings {
  const violations: string[] = [];
  const read = new Reader(variables, violations);
  const part = read.text("ASHLAR_PART", "service");
  const plan = read.json("ASHLAR_PLAN") as Plan | undefined;
  const configFile = read.json("ASHLAR_CONFIG");
  const known = plan?.parts?.[part];
  const startup = known?.probes?.startup;
  const startupMs =
    startup === null || startup === undefined
      ? 60_000
      : startup.initialDelayMs + startup.periodMs * startup.failures;
  const ports = read.ports();
  const settings: ServiceSettings = {
    system: read.text("ASHLAR_SYSTEM", plan?.system ?? "system"),
    part,
    instance: read.text("ASHLAR_INSTANCE", `${part}-${read.text("ASHLAR_REPLICA", "0")}`),
    host: read.text("ASHLAR_HOST", "127.0.0.1"),
    portOf: (name) => ports.get(name) ?? 0,
    logLevel: read.oneOf("ASHLAR_LOG_LEVEL", ["info", "debug", "warn", "error"]),
    otlpEndpoint: read.url("OTEL_EXPORTER_OTLP_ENDPOINT"),
    sampleRatio: read.fraction("ASHLAR_TRACE_RATIO", 1),
    drainMs: read.integer("ASHLAR_DRAIN_MS", 0, 600_000),
    graceMs: read.integer("ASHLAR_GRACE_MS", known?.stop?.graceMs ?? 30_000, 3_600_000),
    startupMs: read.integer("ASHLAR_STARTUP_MS", startupMs, 3_600_000),
    supervised: variables["ASHLAR_SUPERVISED"] === "1",
    plan,
    configFile,
  };
  if (violations.length > 0) throw new ServiceSettingsError(violations);
  return settings;
}

const portPrefix = "ASHLAR_PORT_";

class Reader {
  readonly #variables: Variables;
  readonly #violations: string[];

  constructor(variables: Variables, violations: string[]) {
    this.#variables = variables;
    this.#violations = violations;
  }

  text(name: string, otherwise: string): string {
    const value = this.#variables[name];
    return value === undefined || value === "" ? otherwise : value;
  }

  integer(name: string, otherwise: number, max: number): number {
    const value = this.text(name, String(otherwise));
    if (/^\d{1,9}$/.test(value) && Number(value) <= max) return Number(value);
    this.#violations.push(`${name} is "${value}", expected an integer from 0 to ${max}`);
    return otherwise;
  }

  /** By name in lower case: `ASHLAR_PORT_HTTP` is `http`. */
  ports(): ReadonlyMap<string, number> {
    const names = Object.keys(this.#variables).filter((each) => each.startsWith(portPrefix));
    return new Map(
      names.map((each) => [
        each.slice(portPrefix.length).toLowerCase().replaceAll("_", "-"),
        this.integer(each, 0, 65_535),
      ]),
    );
  }

  fraction(name: string, otherwise: number): number {
    const value = Number(this.text(name, String(otherwise)));
    if (value >= 0 && value <= 1) return value;
    this.#violations.push(`${name} must be a number from 0 to 1`);
    return otherwise;
  }

  oneOf<const Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
    const value = this.text(name, words[0]);
    const found = words.find((each) => each === value);
    if (found !== undefined) return found;
    this.#violations.push(`${name} is "${value}", expected one of ${words.join(", ")}`);
    return words[0];
  }

  url(name: string): string | undefined {
    const value = this.#variables[name];
    if (value === undefined || value === "") return undefined;
    if (URL.canParse(value) && /^https?:/.test(value)) return value;
    this.#violations.push(`${name} must be an http or https URL`);
    return undefined;
  }

  /** The content of the JSON file that a variable names. */
  json(name: string): unknown {
    const path = this.#variables[name];
    if (path === undefined || path === "") return undefined;
    try {
      return JSON.parse(readFileSync(path, "utf8"));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#violations.push(`${name} names ${path}, which cannot be read: ${reason}`);
      return undefined;
    }
  }
}
