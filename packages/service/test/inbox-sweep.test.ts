import { Scope } from "@ashlar/foundation";
import { openPool } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";
import { openTelemetry } from "@ashlar/telemetry";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { openStreamUse } from "../src/stream-use.ts";
import { openTestPostgres } from "./postgres-fixture.ts";

const hourMs = 3_600_000;
const betweenSweepsMsMax = 900_000;

const plan = {
  name: "events",
  summary: "",
  namespace: "",
  kind: "log",
  engine: "nats",
  partitions: 1,
  retentionMs: hourMs,
  maxEventBytes: 65_536,
  maxDeliveries: 3,
} as const;

test("SK18: an inbox forgets what is twice as old as the stream keeps, also after a failed sweep", async () => {
  await using server = await openTestPostgres();
  const real = realEnvironment();
  const clock = new SimulatedClock();
  const lines: string[] = [];
  await using telemetry = openTelemetry({
    part: "demo",
    instance: "demo-0",
    system: "shop",
    environment: real,
    logLevel: "debug",
    write: (line) => void lines.push(line),
  });
  await using database = openPool(await server.createDatabase("consumer"), { environment: real });
  await using scope = new Scope();
  const events = await openStreamUse({
    name: "events",
    url: await server.createDatabase("stream_events"),
    directory: import.meta.dirname,
    instance: "demo-0",
    environment: { ...real, clock },
    telemetry,
    log: telemetry.log,
    scope,
    signal: scope.signal,
    plan,
    use: undefined,
  });
  const inbox = await events.inbox(database);
  const handled = async (key: string, hoursAgo: number): Promise<void> => {
    await database.transaction(async (tx) => void (await inbox.once(tx, "demo", key)));
    await database.execute(
      "UPDATE ashlar_inbox SET done_at = now() - $2::float8 * interval '1 hour' WHERE key = $1",
      [key, hoursAgo],
    );
  };
  await handled("long ago", 2.1);
  await handled("older than the stream keeps", 1.9);
  const kept = (): Promise<readonly { readonly key: string }[]> =>
    database.query<{ readonly key: string }>("SELECT key FROM ashlar_inbox ORDER BY key");

  await database.execute("ALTER TABLE ashlar_inbox RENAME TO ashlar_inbox_away");
  await clock.advance(betweenSweepsMsMax);
  await expect.poll(() => lines.join("\n")).toContain("inbox not swept");
  await database.execute("ALTER TABLE ashlar_inbox_away RENAME TO ashlar_inbox");
  expect(await kept()).toHaveLength(2);

  await clock.advance(betweenSweepsMsMax);
  await expect.poll(kept).toEqual([{ key: "older than the stream keeps" }]);
});
