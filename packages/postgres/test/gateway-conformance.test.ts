/**
 * The PostgreSQL adapters of the gateway's ports, tried by the suites that every adapter must pass.
 */
import {
  apiKeyStoreCases,
  passwordStoreCases,
  rateLimitStoreCases,
} from "@ashlar/gateway/conformance";
import type { Pool } from "@ashlar/postgres";
import {
  PostgresApiKeyStore,
  PostgresPasswordStore,
  PostgresRateLimitStore,
} from "@ashlar/postgres/gateway";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { useServer } from "./fixture.ts";

const server = useServer();
let pool: Pool;
beforeAll(async () => {
  pool = await server.openPool();
});
afterAll(() => pool.close());

/** A store over the shared pool, as a thing to dispose. */
function disposable<Store extends object>(store: Store): Store & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: async () => undefined });
}

describe("PostgresRateLimitStore (PG1)", () => {
  let keys = 0;
  for (const { name, run } of rateLimitStoreCases) {
    test(name, () =>
      run({
        open: async (wallMs) =>
          disposable(
            await PostgresRateLimitStore.open({
              pool,
              ...(wallMs === undefined ? {} : { wallMs }),
            }),
          ),
        freshKey: () => `key ${++keys}`,
      }),
    );
  }

  test("PG2: rows that count nothing any more are removed, others are not", async () => {
    let nowMs = 1_000_000;
    const store = await PostgresRateLimitStore.open({ pool, wallMs: () => nowMs });
    await store.take([{ key: "sweep short", limit: 1, windowMs: 1_000 }]);
    await store.take([{ key: "sweep long", limit: 1, windowMs: 60_000 }]);
    nowMs += 2_000;
    await store.sweep();
    const rows = await pool.query("SELECT key FROM ashlar_rate_limit WHERE key LIKE 'sweep%'");
    expect(rows).toEqual([{ key: "sweep long" }]);
  });
});

describe("PostgresApiKeyStore", () => {
  for (const { name, run } of apiKeyStoreCases) {
    test(name, async () => {
      await PostgresApiKeyStore.open({ pool });
      await pool.execute("DELETE FROM ashlar_api_key");
      await run(async () => disposable(await PostgresApiKeyStore.open({ pool })));
    });
  }
});

describe("PostgresPasswordStore", () => {
  for (const { name, run } of passwordStoreCases) {
    test(name, async () => {
      await PostgresPasswordStore.open({ pool });
      await pool.execute("DELETE FROM ashlar_password");
      await run(async () => disposable(await PostgresPasswordStore.open({ pool })));
    });
  }
});
