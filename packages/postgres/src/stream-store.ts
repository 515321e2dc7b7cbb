/**
 * Streams of events in PostgreSQL tables.
 *
 * - PS1  Positions are given under a lock that is held until the commit, so they appear in order and
 *        without gaps (SS1; why not a sequence: docs/adr/0022).
 * - PS2  Leases are by the database's clock and fenced by an epoch in the same statement that records
 *        progress (SS2).
 * - PS3  A notification wakes consumers; a lost one costs time, never an event.
 *
 * The work that must be atomic is in functions of the migration `stream/0001_stream.sql`, each one
 * statement and one round trip.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import {
  type DeadLetter,
  type DeadLetterPage,
  type DeadLetterSelection,
  EventGroupError,
  type EventStream,
  type GroupStatus,
  type Lease,
  openStoredStream,
  type Progress,
  type PublishResult,
  type ReadRange,
  type Renewal,
  type RenewRequest,
  type StoredEvent,
  type StreamEntry,
  type StreamKind,
  type StreamStore,
  type SweepLimits,
  type WaitingEntry,
  type WakeHint,
} from "@ashlar/events";
import { type Environment, type Log, silentLog } from "@ashlar/foundation";
import { PostgresStreamMismatchError } from "./errors.ts";
import { NotificationListener } from "./listener.ts";
import { migrate } from "./migrate.ts";
import { openPool, type Pool, type PoolOptions, type Statement } from "./pool.ts";

export interface PostgresStreamOptions {
  /** Of the stream's database, for example `postgres://…/stream_events`. */
  readonly url: string;
  /** Several streams may share a database under different names. */
  readonly name: string;
  readonly kind: StreamKind;
  /** Fixed when the stream is first opened. Default 8. */
  readonly partitions?: number;
  readonly environment: Environment;
  readonly log?: Log;
  readonly maxEventBytes?: number;
  readonly retentionMs?: number;
  readonly maxDeliveries?: number;
  /** Shown in `pg_stat_activity`; the instance's name. */
  readonly application?: string;
  /** Connections at most, the one that listens apart. Default 4. */
  readonly maxConnections?: number;
  readonly onQuery?: PoolOptions["onQuery"];
}

/**
 * Opens a stream in PostgreSQL; creates its tables and the stream where they do not exist.
 *
 * @throws {PostgresStreamMismatchError} if it exists with another kind or number of partitions; and
 *   the errors of `openPool` and `migrate`.
 */
export async function openPostgresStream(options: PostgresStreamOptions): Promise<EventStream> {
  const store = await openPostgresStreamStore(options);
  const { environment, log, maxEventBytes, retentionMs, maxDeliveries } = options;
  return openStoredStream({
    store,
    environment,
    ...(log === undefined ? {} : { log }),
    ...(maxEventBytes === undefined ? {} : { maxEventBytes }),
    ...(retentionMs === undefined ? {} : { retentionMs }),
    ...(maxDeliveries === undefined ? {} : { maxDeliveries }),
  });
}

/** The store below {@link openPostgresStream}, for conformance tests. */
export async function openPostgresStreamStore(
  options: PostgresStreamOptions,
): Promise<StreamStore> {
  const pool = openPool(options.url, {
    environment: options.environment,
    application: options.application ?? "ashlar-stream",
    max: options.maxConnections ?? 4,
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.onQuery === undefined ? {} : { onQuery: options.onQuery }),
  });
  try {
    await migrate({
      pool,
      directory: streamMigrations,
      history: "ashlar_stream_migration",
      allowNewer: true,
    });
    return new PostgresStreamStore(pool, await ensureStream(pool, options), options);
  } catch (error) {
    await pool.close();
    throw error;
  }
}

const streamMigrations = fileURLToPath(new URL("../migrations/stream/", import.meta.url));
const channel = "ashlar_stream";

interface StreamRow {
  readonly id: number;
  readonly kind: StreamKind;
  readonly partitions: number;
}

async function ensureStream(pool: Pool, options: PostgresStreamOptions): Promise<StreamRow> {
  const { name, kind, partitions = 8 } = options;
  await pool.execute(
    "INSERT INTO ashlar_stream (name, kind, partitions) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
    [name, kind, partitions],
  );
  const [row] = await pool.query<StreamRow>(
    "SELECT id, kind, partitions FROM ashlar_stream WHERE name = $1",
    [name],
  );
  if (row === undefined || row.kind !== kind || row.partitions !== partitions) {
    throw new PostgresStreamMismatchError(
      name,
      `a ${kind} of ${partitions} partitions`,
      `a ${row?.kind} of ${row?.partitions} partitions`,
    );
  }
  return row;
}

class PostgresStreamStore implements StreamStore {
  readonly name: string;
  readonly kind: StreamKind;
  readonly partitions: number;
  readonly #id: number;
  readonly #pool: Pool;
  readonly #environment: Environment;
  readonly #log: Log;
  readonly #groupIds = new Map<string, number>();
  readonly #listeners = new Set<(hint: WakeHint) => void>();
  #notifications: NotificationListener | undefined;

  constructor(pool: Pool, row: StreamRow, options: PostgresStreamOptions) {
    this.name = options.name;
    this.kind = row.kind;
    this.partitions = row.partitions;
    this.#id = row.id;
    this.#pool = pool;
    this.#environment = options.environment;
    this.#log = options.log ?? silentLog;
  }

  async append(entries: readonly StreamEntry[]): Promise<PublishResult> {
    const [row] = await this.#pool.query<{ published: number }>(sql.publish, [
      this.#id,
      entries.map((each) => each.partition),
      entries.map(({ event }) => event.key),
      entries.map(({ event }) => JSON.stringify(event)),
    ]);
    const published = row?.published ?? 0;
    return { published, duplicates: entries.length - published };
  }

  async openGroup(group: string, start: "earliest" | "latest"): Promise<readonly string[]> {
    const values = [this.#id, group, start === "latest"];
    const rows = await this.#pool.query<{ name: string }>(sql.openGroup, values);
    return rows.map((each) => each.name);
  }

  async renew({ group, member, leaseMs, held }: RenewRequest): Promise<Renewal> {
    const rows = await this.#pool.query<RenewalRow>(sql.renew, [
      await this.#groupId(group),
      member,
      leaseMs,
      held.map((each) => each.partition),
      held.map((each) => each.epoch),
    ]);
    const leases = rows.filter((each) => each.partition !== null);
    return {
      held: leases.filter((each) => !each.isNew),
      acquired: leases.filter((each) => each.isNew),
      fairShare: rows.at(-1)?.fairShare ?? 0,
    };
  }

  async release(group: string, member: string, leases?: readonly Lease[]): Promise<void> {
    const id = await this.#groupId(group);
    await this.#pool.transaction(async (transaction) => {
      await transaction.execute(sql.release, [
        id,
        member,
        leases?.map((each) => each.partition) ?? null,
      ]);
      if (leases === undefined) await transaction.execute(sql.leave, [id, member]);
      await transaction.execute(sql.notify, [channel, `${this.#id} group`]);
    });
  }

  async read(ranges: readonly ReadRange[]): Promise<readonly StoredEvent[]> {
    return await this.#pool.query<StoredEvent>(sql.read, [
      this.#id,
      ranges.map((each) => each.partition),
      ranges.map((each) => each.after),
      ranges.map((each) => each.limit),
    ]);
  }

  async readWaiting(group: string, positions: readonly number[]): Promise<readonly StoredEvent[]> {
    const id = await this.#groupId(group);
    return await this.#pool.query<StoredEvent>(sql.readWaiting, [id, positions]);
  }

  async listWaiting(
    group: string,
    partitions: readonly number[],
  ): Promise<readonly WaitingEntry[]> {
    const id = await this.#groupId(group);
    return await this.#pool.query<WaitingEntry>(sql.listWaiting, [id, partitions]);
  }

  async commit(group: string, progress: readonly Progress[]): Promise<readonly number[]> {
    const rows = await this.#pool.query<{ partition: number }>(sql.commit, [
      await this.#groupId(group),
      progress.map((each) => each.partition),
      progress.map((each) => each.epoch),
      progress.map((each) => each.cursor),
      rowsOrNull(progress, ({ settled }) => settled.map((position) => ({ position }))),
      rowsOrNull(progress, ({ waiting }) => waiting),
      rowsOrNull(progress, ({ dead }) => dead),
    ]);
    const recorded = new Set(rows.map((each) => each.partition));
    return progress.map((each) => each.partition).filter((each) => !recorded.has(each));
  }

  async deadLetters(
    group: string,
    { limit, after }: Required<DeadLetterPage>,
  ): Promise<readonly DeadLetter[]> {
    const rows = await this.#pool.query<Omit<DeadLetter, "time"> & { diedAt: Date }>(
      sql.deadLetters,
      [this.#id, group, after, limit],
    );
    return rows.map(({ event, position, attempts, error, diedAt }) => ({
      event,
      position,
      attempts,
      error,
      time: diedAt.toISOString(),
    }));
  }

  async replay(group: string, which: DeadLetterSelection): Promise<number> {
    return await this.#pool.transaction(async (transaction) => {
      const count = await transaction.execute(sql.replay, this.#selection(group, which));
      if (count > 0) await transaction.execute(sql.notify, [channel, `${this.#id} waiting`]);
      return count;
    });
  }

  async discard(group: string, which: DeadLetterSelection): Promise<number> {
    return await this.#pool.execute(sql.discard, this.#selection(group, which));
  }

  async groups(): Promise<readonly GroupStatus[]> {
    return await this.#pool.query<GroupStatus>(sql.groups, [this.#id]);
  }

  async sweep({ retentionMs, inactiveMs }: SweepLimits): Promise<number> {
    const batch = 5_000;
    let removed = 0;
    for (let partition = 0; partition < this.partitions; partition++) {
      for (let last = batch; last === batch; removed += last) {
        const values = [this.#id, partition, retentionMs, inactiveMs, batch];
        last = await this.#pool.execute(sql.sweep, values);
      }
    }
    return removed;
  }

  subscribe(wake: (hint: WakeHint) => void): Disposable {
    this.#listeners.add(wake);
    this.#notifications ??= NotificationListener.open({
      url: this.#pool.url,
      channel,
      environment: this.#environment,
      log: this.#log,
      onNotification: (payload) => this.#onNotification(payload),
      onConnected: () => {
        for (const hint of ["events", "group", "waiting"] as const) this.#wake(hint);
      },
    });
    return { [Symbol.dispose]: () => void this.#listeners.delete(wake) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notifications?.[Symbol.asyncDispose]();
    await this.#pool.close();
  }

  #onNotification(payload: string): void {
    const [id, hint] = payload.split(" ");
    if (Number(id) !== this.#id) return;
    if (hint === "events" || hint === "group" || hint === "waiting") this.#wake(hint);
  }

  #wake(hint: WakeHint): void {
    for (const each of this.#listeners) each(hint);
  }

  #selection(group: string, which: DeadLetterSelection): readonly unknown[] {
    return [this.#id, group, which === "all" ? null : which.keys];
  }

  async #groupId(group: string): Promise<number> {
    const known = this.#groupIds.get(group);
    if (known !== undefined) return known;
    const rows = await this.#pool.query<{ id: number; name: string }>(
      "SELECT id, name FROM ashlar_group WHERE stream_id = $1",
      [this.#id],
    );
    const found = rows.find((each) => each.name === group);
    if (found === undefined) {
      throw new EventGroupError(
        this.name,
        group,
        rows.map((each) => each.name),
      );
    }
    this.#groupIds.set(group, found.id);
    return found.id;
  }
}

interface RenewalRow {
  readonly partition: number;
  readonly epoch: number;
  readonly cursor: number;
  readonly isNew: boolean;
  readonly fairShare: number;
}

/** The updates of all partitions as one JSON array; null if there are none. */
function rowsOrNull(
  progress: readonly Progress[],
  rowsOf: (progress: Progress) => readonly object[],
): string | null {
  const rows = progress.flatMap((each) =>
    rowsOf(each).map((row) => ({ ...row, partition: each.partition })),
  );
  return rows.length === 0 ? null : JSON.stringify(rows);
}

const selectedDead = `
  SELECT d.* FROM ashlar_dead AS d JOIN ashlar_group AS g ON g.id = d.group_id
   WHERE g.stream_id = $1 AND g.name = $2 AND ($3::text[] IS NULL OR d.key = ANY ($3))`;

const sql = {
  publish: {
    name: "ashlar.stream.publish",
    text: "SELECT ashlar_publish($1::smallint, $2::smallint[], $3::text[], $4::text[]) AS published",
  },
  openGroup: "SELECT name FROM ashlar_open_group($1::smallint, $2, $3) AS name",
  renew: {
    name: "ashlar.stream.renew",
    text: `SELECT partition, epoch, cursor, is_new AS "isNew", fair_share AS "fairShare"
             FROM ashlar_renew($1, $2, $3, $4::smallint[], $5::bigint[])`,
  },
  release: `UPDATE ashlar_lease SET member = NULL, expires_at = '-infinity'
             WHERE group_id = $1 AND member = $2
               AND ($3::smallint[] IS NULL OR partition = ANY ($3))`,
  leave: "DELETE FROM ashlar_member WHERE group_id = $1 AND member = $2",
  notify: "SELECT pg_notify($1, $2)",
  read: {
    name: "ashlar.stream.read",
    text: `SELECT e.position, e.partition, e.event
             FROM unnest($2::smallint[], $3::bigint[], $4::integer[]) AS r (partition, after, most)
            CROSS JOIN LATERAL (
              SELECT position, partition, event FROM ashlar_event
               WHERE stream_id = $1 AND partition = r.partition AND position > r.after
               ORDER BY position LIMIT r.most
            ) AS e
            ORDER BY e.partition, e.position`,
  },
  readWaiting: `SELECT position, partition, event FROM ashlar_waiting
                 WHERE group_id = $1 AND position = ANY ($2::bigint[])`,
  listWaiting: {
    name: "ashlar.stream.listWaiting",
    text: `SELECT partition, position, subject, attempts,
                  greatest(0, extract(epoch FROM due_at - clock_timestamp()) * 1000)::float8
                    AS "dueInMs"
             FROM ashlar_waiting
            WHERE group_id = $1 AND partition = ANY ($2::smallint[]) ORDER BY position`,
  },
  commit: {
    name: "ashlar.stream.commit",
    text: `SELECT partition FROM ashlar_commit(
             $1, $2::smallint[], $3::bigint[], $4::bigint[], $5, $6, $7) AS partition`,
  },
  deadLetters: `
    SELECT d.event, d.position, d.attempts, d.error, d.died_at AS "diedAt"
      FROM ashlar_dead AS d JOIN ashlar_group AS g ON g.id = d.group_id
     WHERE g.stream_id = $1 AND g.name = $2 AND d.position > $3 ORDER BY d.position LIMIT $4`,
  replay: `
    WITH gone AS (
      DELETE FROM ashlar_dead AS d USING (${selectedDead}) AS s
       WHERE d.group_id = s.group_id AND d.position = s.position RETURNING d.*
    )
    INSERT INTO ashlar_waiting
           (group_id, position, partition, subject, attempts, due_at, error, event)
    SELECT group_id, position, partition, subject, 0, now(), error, event FROM gone
    ON CONFLICT DO NOTHING`,
  discard: `
    DELETE FROM ashlar_dead AS d USING (${selectedDead}) AS s
     WHERE d.group_id = s.group_id AND d.position = s.position`,
  groups: `
    SELECT g.name AS "group",
           (SELECT count(*) FROM ashlar_member AS m
             WHERE m.group_id = g.id AND m.expires_at > now()) AS members,
           unread.count + waiting.count AS lag,
           coalesce(extract(epoch FROM now() - least(unread.oldest, waiting.oldest)) * 1000, 0)::float8
             AS "lagMs",
           waiting.count AS waiting,
           (SELECT count(*) FROM ashlar_dead AS d WHERE d.group_id = g.id) AS dead
      FROM ashlar_group AS g
      CROSS JOIN LATERAL (
        SELECT count(e.position) AS count, min(e.published_at) AS oldest
          FROM ashlar_lease AS l JOIN ashlar_event AS e
            ON e.stream_id = g.stream_id AND e.partition = l.partition AND e.position > l.cursor
         WHERE l.group_id = g.id
      ) AS unread
      CROSS JOIN LATERAL (
        SELECT count(*) AS count, min(w.waiting_since) AS oldest
          FROM ashlar_waiting AS w WHERE w.group_id = g.id
      ) AS waiting
     WHERE g.stream_id = $1 ORDER BY g.name`,
  sweep: `
    DELETE FROM ashlar_event AS e USING (
      SELECT position, published_at FROM ashlar_event
       WHERE stream_id = $1::smallint AND partition = $2::smallint AND position <= (
         SELECT CASE
                  WHEN count(g.id) > 0 THEN min(l.cursor)
                  WHEN s.kind = 'log' THEN s.head
                  ELSE 0
                END
           FROM ashlar_stream AS s
           LEFT JOIN ashlar_group AS g ON g.stream_id = s.id AND (
             s.kind = 'queue' OR g.active_at > now() - $4::float8 * interval '1 millisecond')
           LEFT JOIN ashlar_lease AS l ON l.group_id = g.id AND l.partition = $2::smallint
          WHERE s.id = $1::smallint GROUP BY s.id
       )
       ORDER BY position LIMIT $5
    ) AS old
     WHERE e.stream_id = $1::smallint AND e.partition = $2::smallint AND e.position = old.position
       AND old.published_at < now() - $3::float8 * interval '1 millisecond'`,
} as const satisfies Readonly<Record<string, Statement>>;
