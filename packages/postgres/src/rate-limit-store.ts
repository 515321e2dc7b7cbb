/**
 * The gateway's rate limits counted in PostgreSQL, exact over all gateways: one round trip a request.
 *
 * - PG1  Rows are locked in one order, so that several limits at once are atomic without deadlock.
 * - PG2  Rows that count nothing any more are removed once a minute.
 *
 * The table is unlogged: a crash of the server forgets the counts, so that one window more may pass.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  type RateLimitCheck,
  type RateLimitDecision,
  type RateLimitStore,
  slotMsOf,
  slotsBefore,
} from "@ashlar/gateway";
import { migrate } from "./migrate.ts";
import type { Pool } from "./pool.ts";

export interface PostgresRateLimitOptions {
  readonly pool: Pool;
  /** Replaces the server's clock. For tests. */
  readonly wallMs?: () => number;
}

const gatewayMigrations = fileURLToPath(new URL("../migrations/gateway/", import.meta.url));
const sweepEveryMs = 60_000;

/** Creates the tables of the gateway's stores where they do not exist. Their `open`s do it. */
export async function migrateGatewayStores(pool: Pool): Promise<void> {
  await migrate({
    pool,
    directory: gatewayMigrations,
    history: "ashlar_gateway_migration",
    allowNewer: true,
  });
}

/** The pool stays the caller's. */
export class PostgresRateLimitStore implements RateLimitStore {
  readonly #pool: Pool;
  readonly #wallMs: (() => number) | undefined;
  #sweepAtMs: number;

  private constructor(options: PostgresRateLimitOptions) {
    this.#pool = options.pool;
    this.#wallMs = options.wallMs;
    this.#sweepAtMs = options.pool.environment.clock.monotonicMs() + sweepEveryMs;
  }

  static async open(options: PostgresRateLimitOptions): Promise<PostgresRateLimitStore> {
    await migrateGatewayStores(options.pool);
    return new PostgresRateLimitStore(options);
  }

  async take(checks: readonly RateLimitCheck[]): Promise<readonly RateLimitDecision[]> {
    const nowMs = this.#pool.environment.clock.monotonicMs();
    if (nowMs >= this.#sweepAtMs) {
      this.#sweepAtMs = nowMs + sweepEveryMs;
      // Beside the request; what fails now is done by the next sweep.
      void this.sweep().catch(() => 0);
    }
    return await this.#pool.query<RateLimitDecision>(takeStatement, [
      this.#wallMs?.() ?? null,
      checks.map((each) => each.key),
      checks.map((each) => each.limit),
      checks.map((each) => slotMsOf(each.windowMs)),
      checks.map((each) => slotsBefore(each.windowMs)),
    ]);
  }

  /** Removes rows that count nothing any more. Returns how many. */
  async sweep(): Promise<number> {
    return await this.#pool.execute(
      `DELETE FROM ashlar_rate_limit
        WHERE expires_ms < coalesce($1::bigint, (extract(epoch FROM now()) * 1000)::bigint)`,
      [this.#wallMs?.() ?? null],
    );
  }
}

const takeStatement = {
  name: "ashlar.rateLimit.take",
  text: `SELECT allowed, remaining, reset_ms AS "resetMs"
           FROM ashlar_take($1, $2::text[], $3::integer[], $4::bigint[], $5::integer[])`,
} as const;
