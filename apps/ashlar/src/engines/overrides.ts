/**
 * Which addresses from the caller's environment replace what would be started here. Pure.
 *
 * - COV1  `<NAME>_URL` names the address of one store, stream or external and wins over all else.
 * - COV2  `DATABASE_URL` names a PostgreSQL server for every store with engine `postgres` and every
 *        stream: each gets a database and a role of its own there, called `<system>_<store>`. A
 *        system with a single such store and no stream uses the very database that it names.
 * - COV3  `REDIS_URL` serves every store with engine `redis`; without it they live in the process.
 *
 * @module
 */
import type { Plan } from "@ashlar/model";
import type { Variables } from "../cli.ts";
import { UsageError } from "../errors.ts";

export interface Overrides {
  /** By name of a store, stream or external. */
  readonly urls: Readonly<Record<string, string>>;
  /** The server on which databases of these stores and streams are to be made; null: none. */
  readonly server: { readonly adminUrl: string; readonly names: readonly string[] } | null;
}

/** @throws {UsageError} for a variable that holds no URL. */
export function overridesFrom(plan: Plan, variables: Variables): Overrides {
  const urls: Record<string, string> = {};
  const adminUrl = readUrl(variables, "DATABASE_URL");
  const redis = readUrl(variables, "REDIS_URL");
  const databases = databaseNames(plan);
  const names: string[] = [];
  for (const name of [plan.stores, plan.streams, plan.externals].flatMap(Object.keys)) {
    const own = readUrl(variables, variableOf(name));
    if (own !== undefined) urls[name] = own;
    else if (adminUrl !== undefined && databases.includes(name)) {
      if (databases.length > 1) names.push(name);
      else urls[name] = adminUrl;
    } else if (redis !== undefined && plan.stores[name]?.engine === "redis") urls[name] = redis;
  }
  const shared = adminUrl !== undefined && names.length > 0;
  return { urls, server: shared ? { adminUrl, names } : null };
}

/** `users-db` is given by `USERS_DB_URL`. */
export function variableOf(name: string): string {
  return `${name.replaceAll("-", "_").toUpperCase()}_URL`;
}

/** Stores and streams that are databases of a PostgreSQL on one machine. */
function databaseNames(plan: Plan): readonly string[] {
  const stores = Object.values(plan.stores).filter(
    (store) => store.engine === "postgres" || store.local === "postgres",
  );
  return [...stores.map((store) => store.name), ...Object.keys(plan.streams)];
}

function readUrl(variables: Variables, name: string): string | undefined {
  const text = variables[name];
  if (text === undefined || text === "") return undefined;
  if (URL.canParse(text)) return text;
  throw new UsageError(`${name} is not a URL`, [
    `Write it as for example ${name}=postgres://user:password@127.0.0.1:5432/database`,
  ]);
}
