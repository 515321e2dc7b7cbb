/**
 * What a service may use: exactly what its definition declares, by the variables that carry it.
 *
 * @module
 */
import type { Environment, Log, Scope } from "@ashlar/foundation";
import type { UsePlan } from "@ashlar/model";
import type { Pool } from "@ashlar/postgres";
import type { Telemetry } from "@ashlar/telemetry";
import { type DatabaseContext, type DatabaseOptions, openDatabase } from "./database.ts";
import { UseMissingError, UseSchemeError } from "./errors.ts";
import { createHttpClient, type HttpClient } from "./http-client.ts";
import { readSecret } from "./secrets.ts";
import type { ServiceSettings, Variables } from "./settings.ts";
import { openStreamUse, type StreamUse } from "./stream-use.ts";

export interface HttpUseOptions {
  /** Connections at most. Default 32. */
  readonly connections?: number;
  /** Headers of every call. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Uses {
  /**
   * The pool of a database, migrated and watched by readiness; the same for every call. Waits for a
   * server that is still coming up.
   *
   * @param name the variable with its URL, for example `USERS_DB_URL`.
   */
  postgres(name: string, options?: DatabaseOptions): Promise<Pool>;
  /**
   * A stream of events; the same for every call. Waits for an engine that is still coming up.
   *
   * @param name the variable with its URL, for example `EVENTS_URL`.
   */
  stream(name: string): Promise<StreamUse>;
  /** A client of another part or of an external HTTP interface; the same for every call. */
  http(name: string, options?: HttpUseOptions): HttpClient;
  /** The bare address, for a protocol that the kit does not speak. */
  url(name: string): URL;
  /** The address if there is one: an external that has no stand-in on one machine has none. */
  optionalUrl(name: string): URL | undefined;
  /** A secret's value, for example of `TOKENS_SIGNING`. Not for logs. */
  secret(name: string): string;
}

export interface UsesContext {
  readonly variables: Variables;
  readonly directory: string;
  readonly settings: ServiceSettings;
  readonly environment: Environment;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly scope: Scope;
  readonly startSignal: AbortSignal;
}

export function createUses(context: UsesContext): Uses {
  const pools = new Map<string, Promise<Pool>>();
  const streams = new Map<string, Promise<StreamUse>>();
  const clients = new Map<string, HttpClient>();
  const address = (name: string): string => {
    const value = context.variables[name];
    if (value === undefined || value === "") throw new UseMissingError(name, "address");
    return value;
  };
  const postgresContext = (name: string): DatabaseContext => {
    const url = address(name);
    requireScheme(name, url, ["postgres", "postgresql"]);
    const { instance } = context.settings;
    return { ...context, name: useName(name), url, instance, signal: context.startSignal };
  };
  const openPool = (name: string, options: DatabaseOptions): Promise<Pool> => {
    const { migrations = migrationsOf(context.settings, name) } = options;
    return openDatabase(postgresContext(name), migrations, options);
  };
  const openStream = (name: string): Promise<StreamUse> => {
    const use = useOf(context.settings, name);
    const streamUse = use?.to === "stream" ? use : undefined;
    const plan = context.settings.plan?.streams[streamUse?.stream ?? ""];
    return openStreamUse({ ...postgresContext(name), plan, use: streamUse });
  };
  return {
    postgres: (name, options = {}) => memo(pools, name, async () => openPool(name, options)),
    stream: (name) => memo(streams, name, async () => openStream(name)),
    http: (name, options = {}) =>
      memo(clients, name, () => {
        const baseUrl = address(name);
        requireScheme(name, baseUrl, ["http", "https"]);
        return context.scope.own(
          createHttpClient({ ...options, ...context, name: useName(name), baseUrl }),
        );
      }),
    url: (name) => parseUrl(name, address(name)),
    optionalUrl: (name) => {
      const value = context.variables[name];
      return value === undefined || value === "" ? undefined : parseUrl(name, value);
    },
    secret: (name) => readSecret(name, context.variables, context.log),
  };
}

function memo<Value>(known: Map<string, Value>, name: string, make: () => Value): Value {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = make();
  known.set(name, made);
  return made;
}

/** `USERS_DB_URL` is shown as `users-db`. */
function useName(name: string): string {
  return name.replace(/_URL$/, "").toLowerCase().replaceAll("_", "-");
}

function parseUrl(name: string, value: string): URL {
  const url = URL.parse(value);
  if (url === null) throw new UseMissingError(name, "address");
  return url;
}

function requireScheme(name: string, url: string, supported: readonly string[]): void {
  const scheme = url.split(":", 1)[0] ?? "";
  if (!supported.includes(scheme)) throw new UseSchemeError(name, scheme, supported);
}

/** Where the Plan says that the migrations of the store behind `name` are. */
function migrationsOf(settings: ServiceSettings, name: string): string | null {
  const use = useOf(settings, name);
  return use?.to === "store" ? (settings.plan?.stores[use.store]?.migrations ?? null) : null;
}

function useOf({ plan, part }: ServiceSettings, name: string): UsePlan | undefined {
  return plan?.parts[part]?.uses.find((each) => each.env === name);
}
