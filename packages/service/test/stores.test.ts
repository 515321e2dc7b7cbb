import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { currentRequest, type ServiceContext } from "../src/index.ts";
import { startService } from "./harness.ts";
import { openTestPostgres, type TestPostgres } from "./postgres-fixture.ts";

let server: TestPostgres;

beforeAll(async () => {
  server = await openTestPostgres();
});

afterAll(() => server[Symbol.asyncDispose]());

/** As much of a Plan as the kit reads. */
const plan = {
  format: "ashlar.plan/1",
  system: "shop",
  parts: {
    demo: {
      uses: [
        { to: "store", store: "notes-db", env: "NOTES_DB_URL", optional: false },
        {
          to: "stream",
          stream: "events",
          role: "consume",
          group: "demo",
          env: "EVENTS_URL",
          optional: false,
        },
      ],
      probes: { startup: { initialDelayMs: 0, periodMs: 1_000, failures: 30 } },
      stop: { graceMs: 5_000, drainMs: 0 },
    },
  },
  stores: { "notes-db": { name: "notes-db", migrations: "./fixture/migrations" } },
  streams: {
    events: {
      name: "events",
      kind: "log",
      partitions: 4,
      retentionMs: 3_600_000,
      maxEventBytes: 65_536,
      maxDeliveries: 3,
    },
  },
};

function planFile(): { readonly path: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), "plan-"));
  const path = join(directory, "plan.json");
  writeFileSync(path, JSON.stringify(plan));
  return { path, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("a database is migrated as the Plan says, watched by readiness, and measured", async () => {
  using file = planFile();
  const url = await server.createDatabase("notes");
  await using service = await startService(
    {
      open: async ({ uses, http, environment }) => {
        const notes = await uses.postgres("NOTES_DB_URL");
        expect(await uses.postgres("NOTES_DB_URL")).toBe(notes);
        http.post("/notes", async () => {
          await notes.execute("INSERT INTO note VALUES ($1, 'x')", [environment.entropy.uuid()]);
          return "ok";
        });
      },
    },
    { NOTES_DB_URL: url, ASHLAR_PLAN: file.path },
  );
  expect((await service.call("POST", "/notes")).status).toBe(200);
  const ready = await fetch(`${service.running.opsUrl}/readyz`);
  expect(await ready.json()).toEqual({ status: "ok", checks: { "notes-db": { ok: true } } });
  const metrics = await service.metrics();
  expect(metrics).toContain('database_connections{store="notes-db",state="waiting",part="demo"} 0');
  expect(metrics).toMatch(/database_query_seconds_count\{part="demo",store="notes-db"\} \d+/);
  const migrated = service.lines.find((each) => each["text"] === "database migrated");
  expect(migrated).toMatchObject({ files: ["0001_create_notes.sql"] });
});

test("SK13: a database that is still away is waited for; a wrong login is not", async () => {
  const url = new URL(await server.createDatabase("late"));
  url.password = "wrong";
  const refused = startService(
    { open: async ({ uses }) => void (await uses.postgres("NOTES_DB_URL")) },
    { NOTES_DB_URL: url.href },
  );
  await expect(refused).rejects.toMatchObject({ code: "POSTGRES_REFUSED" });
  const away = startService(
    { open: async ({ uses }) => void (await uses.postgres("NOTES_DB_URL")) },
    { NOTES_DB_URL: "postgres://a:b@127.0.0.1:9/x", ASHLAR_STARTUP_MS: "300" },
  );
  await expect(away).rejects.toMatchObject({ code: "START_TIMED_OUT" });
});

test("SK17: an event goes from the outbox to a handler once, with its trace and key", async () => {
  using file = planFile();
  const variables = {
    NOTES_DB_URL: await server.createDatabase("producer"),
    EVENTS_URL: await server.createDatabase("stream_events"),
    ASHLAR_PLAN: file.path,
  };
  const handled = Promise.withResolvers<string | undefined>();
  const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
  const open = async ({ uses, http, log, environment }: ServiceContext): Promise<void> => {
    const notes = await uses.postgres("NOTES_DB_URL");
    const events = await uses.stream("EVENTS_URL");
    const outbox = await events.outbox(notes);
    const inbox = await events.inbox(notes);
    http.post("/notes", async () => {
      await notes.transaction(async (tx) => {
        const id = environment.entropy.uuid();
        await tx.execute("INSERT INTO note VALUES ($1, 'x')", [id]);
        const time = new Date().toISOString();
        const event = { key: "note-1", type: "note.written", subject: `note/${id}`, time };
        await outbox.append(tx, { ...event, data: { id }, traceparent });
      });
      return "ok";
    });
    await events.consume({
      handler: (event) =>
        notes.transaction(async (tx) => {
          expect(await inbox.once(tx, "demo", event.key)).toBe(true);
          log.info("note handled");
          tx.onCommit(() => handled.resolve(currentRequest()?.correlationId));
        }),
    });
  };
  await using service = await startService({ open }, variables);
  expect((await service.call("POST", "/notes")).status).toBe(200);
  expect(await handled.promise).toBe("note-1");
  expect(service.lines.find((each) => each["text"] === "note handled")).toMatchObject({
    event: "note-1",
    eventType: "note.written",
    group: "demo",
    traceId: "a".repeat(32),
  });
  expect(await service.metrics()).toContain('outbox_pending{stream="events",part="demo"} 0');
});
