/**
 * A real server for one test file, and a new database for each test.
 */
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@ashlar/foundation";
import { EmbeddedPostgres, openPool, type Pool, type PoolOptions } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";
import { afterAll, beforeAll } from "vitest";

export const environment: Environment = realEnvironment();

/** A new directory that any account can enter, so that root's server keeps its files in it. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "ashlar-postgres-test-"));
  await chmod(directory, 0o711);
  return directory;
}

export interface TestServer {
  readonly server: EmbeddedPostgres;
  /** The URL of a new database. */
  createDatabase(): Promise<string>;
  /** A pool on a new database; close it. */
  openPool(options?: Partial<PoolOptions>): Promise<Pool>;
}

/**
 * Starts a server before the file's tests and removes it after them. It does not wait for the disk,
 * which no test but those of the engine itself is about.
 */
export function useServer(): TestServer {
  let server: EmbeddedPostgres;
  let dataDir: string;
  let count = 0;
  beforeAll(async () => {
    dataDir = await temporaryDirectory();
    server = await EmbeddedPostgres.open({ dataDir, environment, settings: { fsync: "off" } });
  });
  afterAll(async () => {
    await server.close();
    await EmbeddedPostgres.remove(dataDir);
  });
  const createDatabase = (): Promise<string> => server.createDatabase(`test_${++count}`);
  return {
    get server() {
      return server;
    },
    createDatabase,
    openPool: async (options = {}) =>
      openPool(await createDatabase(), { environment, max: 6, ...options }),
  };
}
