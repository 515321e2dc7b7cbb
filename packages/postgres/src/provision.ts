/**
 * One database and one role for each store, on the embedded server or on one that an administrator's
 * URL names.
 *
 * - PV1  A role owns its database and nothing else: no superuser, no creation of roles or databases.
 * - PV2  No other role may connect to the database (superusers excepted).
 * - PV3  Doing it again, also from several processes at once, changes nothing and gives the same URL.
 *
 * @module
 */
import { join } from "node:path";
import type { Environment, Log } from "@ashlar/foundation";
import { escapeIdentifier, escapeLiteral } from "pg";
import { CredentialFile, scramVerifier } from "./credential-file.ts";
import {
  PostgresAdminError,
  PostgresConstraintError,
  PostgresNameError,
  PostgresQueryError,
} from "./errors.ts";
import { openPool, type Pool } from "./pool.ts";
import { formatPostgresUrl, parsePostgresUrl } from "./url.ts";

export interface ExternalServerOptions {
  /** URL of a login with CREATEDB and CREATEROLE, or of a superuser: `DATABASE_URL`. */
  readonly adminUrl: string;
  /** Directory in which the generated passwords are kept (`external-credentials.json`, mode 0600). */
  readonly stateDir: string;
  readonly environment: Environment;
  readonly log?: Log;
  /** Put before each name, so that two systems can share a server. For example `storefront_`. */
  readonly prefix?: string;
}

/** A PostgreSQL server that somebody else runs, used in place of the embedded one. */
export interface ExternalServer extends AsyncDisposable {
  /** Creates the store's role and database where they do not exist, and returns the role's URL. */
  createDatabase(name: string): Promise<string>;
  /** Settles when the server answers. */
  ping(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects to an external server as its administrator.
 *
 * @throws {PostgresUrlError} {@link PostgresRefusedError} {@link PostgresUnavailableError}
 */
export async function openExternalServer(
  options: ExternalServerOptions,
  signal: AbortSignal,
): Promise<ExternalServer> {
  const { adminUrl, environment, prefix = "" } = options;
  const pool = openPool(adminUrl, {
    environment,
    application: "ashlar-admin",
    max: 4,
    ...(options.log === undefined ? {} : { log: options.log }),
  });
  try {
    await pool.ping(signal);
  } catch (error) {
    await pool.close();
    throw error;
  }
  const path = join(options.stateDir, "external-credentials.json");
  const credentials = new CredentialFile(path, environment.entropy);
  return {
    createDatabase: (name) =>
      provisionDatabase({ admin: pool, name: `${prefix}${name}`, credentials }),
    ping: (signal) => pool.ping(signal),
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

/** The URL of one store on an external server: {@link openExternalServer} for a single name. */
export async function resolveStoreUrl(
  options: ExternalServerOptions & { readonly store: string },
  signal: AbortSignal,
): Promise<string> {
  await using server = await openExternalServer(options, signal);
  return await server.createDatabase(options.store);
}

export interface ProvisionOptions {
  readonly admin: Pool;
  /** Of the database and of its role. */
  readonly name: string;
  readonly credentials: CredentialFile;
}

/**
 * Creates role and database where they do not exist, and returns the role's URL.
 *
 * @throws {PostgresNameError} {@link PostgresAdminError}, and the pool's errors.
 */
export async function provisionDatabase(options: ProvisionOptions): Promise<string> {
  const { admin, name, credentials } = options;
  if (!/^[a-z][a-z0-9_-]{0,62}$/.test(name)) throw new PostgresNameError(name);
  const isKnown = credentials.find(name) !== undefined;
  const password = credentials.ensure(name);
  try {
    await ensureRole(options, isKnown ? undefined : password, password);
    await ensureDatabase(admin, name);
  } catch (error) {
    if (error instanceof PostgresQueryError && error.detail.sqlState === "42501") {
      throw new PostgresAdminError(name, error.detail.reason, { cause: error });
    }
    throw error;
  }
  const server = parsePostgresUrl(admin.url);
  return formatPostgresUrl({ ...server, user: name, password, database: name });
}

/** `reset`: the password that the role must get even if it exists, for its old one is not known. */
async function ensureRole(
  { admin, name }: ProvisionOptions,
  reset: string | undefined,
  password: string,
): Promise<void> {
  const { entropy } = admin.environment;
  const role = escapeIdentifier(name);
  const verifier = escapeLiteral(scramVerifier(password, entropy.bytes(16)));
  const rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"; // PV1
  const [found] = await admin.query("SELECT 1 FROM pg_roles WHERE rolname = $1", [name]);
  if (found === undefined) {
    await unlessExists(admin.execute(`CREATE ROLE ${role} ${rights} PASSWORD ${verifier}`));
  } else if (reset !== undefined) {
    await admin.execute(`ALTER ROLE ${role} PASSWORD ${verifier}`);
  }
}

async function ensureDatabase(admin: Pool, name: string): Promise<void> {
  const database = escapeIdentifier(name);
  const [found] = await admin.query<{ isOpen: boolean }>(
    `SELECT has_database_privilege('public', oid, 'CONNECT') AS "isOpen"
       FROM pg_database WHERE datname = $1`,
    [name],
  );
  if (found === undefined) {
    // An administrator who is not a superuser may hand a database only to a role that it belongs to.
    const [me] = await admin.query<{ isSuper: boolean }>(
      `SELECT rolsuper AS "isSuper" FROM pg_roles WHERE rolname = current_user`,
    );
    if (me?.isSuper !== true) await admin.execute(`GRANT ${database} TO CURRENT_USER`);
    const create = `CREATE DATABASE ${database} OWNER ${database} TEMPLATE template0 ENCODING 'UTF8'`;
    await unlessExists(admin.execute(create));
  }
  if (found === undefined || found.isOpen) {
    await admin.execute(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`); // PV2
  }
}

/** PV3: another process was faster. */
async function unlessExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation;
  } catch (error) {
    if (error instanceof PostgresQueryError) {
      if (error.detail.sqlState === "42710" || error.detail.sqlState === "42P04") return;
    }
    if (error instanceof PostgresConstraintError && error.detail.kind === "unique") return;
    throw error;
  }
}
