/**
 * A real PostgreSQL for one test file, with one migrated database.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "@ashlar/foundation";
import { EmbeddedPostgres, migrate, openPool, type Pool } from "@ashlar/postgres";

export interface EmbeddedDatabase extends AsyncDisposable {
  readonly pool: Pool;
  readonly url: string;
  readonly server: EmbeddedPostgres;
}

export interface EmbeddedDatabaseOptions {
  readonly environment: Environment;
  /** Directory of numbered `.sql` files. */
  readonly migrations: string;
  /** Connections at most. Default 20. */
  readonly max?: number;
}

export async function openEmbeddedDatabase(
  options: EmbeddedDatabaseOptions,
): Promise<EmbeddedDatabase> {
  const { environment } = options;
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "storefront-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = stack.use(await EmbeddedPostgres.open({ dataDir, environment }));
  stack.defer(() => server.close());
  const url = await server.createDatabase("shop");
  const pool = stack.use(openPool(url, { environment, max: options.max ?? 20 }));
  await migrate({ pool, directory: options.migrations });
  const owned = stack.move();
  return { pool, url, server, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
