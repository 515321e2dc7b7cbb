/**
 * A real PostgreSQL for one test file.
 *
 * @module
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmbeddedPostgres } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";

export interface TestPostgres extends AsyncDisposable {
  /** URL of a new, empty database. */
  createDatabase(name: string): Promise<string>;
}

export async function openTestPostgres(): Promise<TestPostgres> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "service-pg-"));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = stack.use(
    await EmbeddedPostgres.open({ dataDir, environment: realEnvironment() }),
  );
  const owned = stack.move();
  return {
    createDatabase: (name) => server.createDatabase(name),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
