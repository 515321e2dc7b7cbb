/**
 * Makes a system's databases on a PostgreSQL server that somebody else runs.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Environment, Log } from "@ashlar/foundation";
import type { Plan } from "@ashlar/model";
import { openExternalServer } from "@ashlar/postgres";
import type { Overrides } from "./overrides.ts";

interface CreateOptions {
  readonly plan: Plan;
  /** Keeps the passwords of the roles that are made. */
  readonly stateDir: string;
  readonly environment: Environment;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** The URL of each database, by name of its store or stream. Idempotent. */
export async function createDatabases(
  server: NonNullable<Overrides["server"]>,
  { plan, stateDir, environment, log, signal }: CreateOptions,
): Promise<Readonly<Record<string, string>>> {
  const secrets = join(stateDir, "secrets");
  mkdirSync(stateDir, { recursive: true });
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const prefix = `${plan.system.replaceAll("-", "_")}_`;
  const { adminUrl } = server;
  await using opened = await openExternalServer(
    { adminUrl, stateDir: secrets, environment, log, prefix },
    signal,
  );
  const urls: Record<string, string> = {};
  for (const name of server.names) {
    urls[name] = await opened.createDatabase(name.replaceAll("-", "_"));
  }
  return urls;
}
