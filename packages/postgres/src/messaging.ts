/**
 * A service's outbox and inbox, in the database of its own state.
 *
 * - PO1  Appending takes part in the caller's transaction and takes no lock that others wait for.
 * - PO2  One relay of an outbox drains at a time; the lock ends with its transaction, so a relay that
 *        dies holds up nobody.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  checkEvent,
  defaultMaxEventBytes,
  type Event,
  type Inbox,
  type Outbox,
  type OutboxPending,
  type OutboxSource,
  type RefusedEvent,
} from "@ashlar/events";
import { hasCode } from "@ashlar/foundation";
import { migrate } from "./migrate.ts";
import type { Pool, Transaction } from "./pool.ts";

export interface PostgresOutboxOptions {
  /** Of the database that holds the producer's state. */
  readonly pool: Pool;
  /** The stream's limit, so that an oversized event fails where it is made. Default 256 KiB. */
  readonly maxEventBytes?: number;
}

const messagingMigrations = fileURLToPath(new URL("../migrations/messaging/", import.meta.url));

/** Creates the tables of outbox and inbox where they do not exist. Both `open` functions do it. */
export async function migrateMessaging(pool: Pool): Promise<void> {
  await migrate({
    pool,
    directory: messagingMigrations,
    history: "ashlar_messaging_migration",
    allowNewer: true,
  });
}

export class PostgresOutbox implements Outbox<Transaction>, OutboxSource {
  readonly #pool: Pool;
  readonly #maxEventBytes: number;
  readonly #listeners = new Set<() => void>();

  private constructor(options: PostgresOutboxOptions) {
    this.#pool = options.pool;
    this.#maxEventBytes = options.maxEventBytes ?? defaultMaxEventBytes;
  }

  static async open(options: PostgresOutboxOptions): Promise<PostgresOutbox> {
    await migrateMessaging(options.pool);
    return new PostgresOutbox(options);
  }

  async append(tx: Transaction, ...events: readonly Event[]): Promise<void> {
    for (const each of events) checkEvent(each, this.#maxEventBytes);
    if (events.length === 0) return;
    await tx.execute(
      {
        name: "ashlar.outbox.append",
        text: "INSERT INTO ashlar_outbox (event) SELECT event::json FROM unnest($1::text[]) AS event",
      },
      [events.map((each) => JSON.stringify(each))],
    );
    // No NOTIFY: it would make all committing producers wait for each other (docs/adr/0023).
    tx.onCommit(() => {
      for (const wake of this.#listeners) wake();
    });
  }

  async drain(
    limit: number,
    publish: (events: readonly Event[]) => Promise<readonly RefusedEvent[]>,
    signal: AbortSignal,
  ): Promise<number> {
    try {
      return await this.#pool.transaction((tx) => drainOnce(tx, limit, publish), {
        retries: 0,
        signal,
      });
    } catch (error) {
      // Another relay is at work for longer than the lock's limit: there is nothing to do for us.
      if (hasCode(error, "POSTGRES_TIMEOUT") && error.detail["statement"] === lockStatement.name) {
        return 0;
      }
      throw error;
    }
  }

  subscribe(wake: () => void): Disposable {
    this.#listeners.add(wake);
    return { [Symbol.dispose]: () => void this.#listeners.delete(wake) };
  }

  async pending(): Promise<OutboxPending> {
    const [row] = await this.#pool.query<OutboxPending>(
      `SELECT count(*) AS count,
              coalesce(extract(epoch FROM now() - min(appended_at)) * 1000, 0)::float8
                AS "oldestAgeMs",
              (SELECT count(*) FROM ashlar_outbox_refused) AS refused
         FROM ashlar_outbox`,
    );
    return row ?? { count: 0, oldestAgeMs: 0, refused: 0 };
  }
}

const lockStatement = {
  name: "ashlar.outbox.lock",
  text: "SELECT pg_advisory_xact_lock(hashtextextended('ashlar_outbox', 0))",
} as const;

async function drainOnce(
  tx: Transaction,
  limit: number,
  publish: (events: readonly Event[]) => Promise<readonly RefusedEvent[]>,
): Promise<number> {
  await tx.execute(lockStatement); // PO2
  const rows = await tx.query<{ position: number; event: Event }>(
    {
      name: "ashlar.outbox.read",
      text: "SELECT position, event FROM ashlar_outbox ORDER BY position LIMIT $1",
    },
    [limit],
  );
  if (rows.length === 0) return 0;
  const refused = await publish(rows.map((each) => each.event));
  for (const { event, error } of refused) {
    const position = rows.find((each) => each.event === event)?.position;
    await tx.execute(
      `INSERT INTO ashlar_outbox_refused (position, event, error)
       SELECT position, event, $2 FROM ashlar_outbox WHERE position = $1 ON CONFLICT DO NOTHING`,
      [position, error],
    );
  }
  await tx.execute(
    {
      name: "ashlar.outbox.forget",
      text: "DELETE FROM ashlar_outbox WHERE position = ANY ($1::bigint[])",
    },
    [rows.map((each) => each.position)],
  );
  return rows.length;
}

export class PostgresInbox implements Inbox<Transaction> {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(options: { readonly pool: Pool }): Promise<PostgresInbox> {
    await migrateMessaging(options.pool);
    return new PostgresInbox(options.pool);
  }

  async once(tx: Transaction, group: string, key: string): Promise<boolean> {
    // A concurrent transaction with this key makes the insertion wait for its end.
    const count = await tx.execute(
      {
        name: "ashlar.inbox.once",
        text: "INSERT INTO ashlar_inbox (group_name, key) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      },
      [group, key],
    );
    return count === 1;
  }

  async sweep(retentionMs: number): Promise<number> {
    return await this.#pool.execute(
      "DELETE FROM ashlar_inbox WHERE done_at < now() - $1::float8 * interval '1 millisecond'",
      [retentionMs],
    );
  }
}
