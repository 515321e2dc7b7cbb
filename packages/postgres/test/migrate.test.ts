import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { migrate, migrationStatus, openPool, pendingMigrations } from "@ashlar/postgres";
import { expect, test } from "vitest";
import { splitStatements } from "../src/migrate.ts";
import { environment, temporaryDirectory, useServer } from "./fixture.ts";

const server = useServer();

/** A database and a directory with these files. */
async function open(files: Readonly<Record<string, string>>) {
  const directory = await temporaryDirectory();
  for (const [name, sql] of Object.entries(files)) await writeFile(join(directory, name), sql);
  const pool = await server.openPool();
  return {
    pool,
    directory,
    write: (name: string, sql: string) => writeFile(join(directory, name), sql),
    [Symbol.asyncDispose]: async () => {
      await pool.close();
      await rm(directory, { recursive: true });
    },
  };
}

const users = { "0001_users.sql": "CREATE TABLE users (id int);\nINSERT INTO users VALUES (1);" };

test("PMG1: files are applied in order, once, with checksum and time", async () => {
  await using fixture = await open({
    ...users,
    "0002_more.sql": "INSERT INTO users SELECT id + 1 FROM users;",
    "notes.txt": "not a migration",
  });
  expect((await pendingMigrations(fixture)).map((each) => each.file)).toEqual([
    "0001_users.sql",
    "0002_more.sql",
  ]);
  expect((await migrate(fixture)).length).toBe(2);
  expect(await migrate(fixture)).toEqual([]);
  const status = await migrationStatus(fixture);
  expect(status.pending).toEqual([]);
  expect(status.applied.map((each) => each.sha256.length)).toEqual([64, 64]);
  expect(await fixture.pool.query("SELECT id FROM users")).toEqual([{ id: 1 }, { id: 2 }]);
});

test("PMG1: a failing file leaves nothing of itself, keeps those before it, and names the line", async () => {
  await using fixture = await open({
    ...users,
    "0002_bad.sql": "INSERT INTO users VALUES (7);\n\nSELECT oops FROM nowhere;",
  });
  await expect(migrate(fixture)).rejects.toMatchObject({
    code: "MIGRATION_FAILED",
    message: expect.stringMatching(/0002_bad\.sql failed: relation "nowhere".*line 3/),
  });
  expect(await fixture.pool.query("SELECT id FROM users")).toEqual([{ id: 1 }]);
  await fixture.write("0002_bad.sql", "INSERT INTO users VALUES (8);");
  expect((await migrate(fixture)).length).toBe(1);
});

test("PMG1: `-- no-transaction` runs what a transaction refuses, statement by statement", async () => {
  await using fixture = await open({
    ...users,
    "0002_index.sql":
      "-- Big table.\n-- no-transaction\nCREATE INDEX CONCURRENTLY by_id ON users (id);\nVACUUM users;",
  });
  await migrate(fixture);
  const indexes = await fixture.pool.query("SELECT 1 FROM pg_indexes WHERE indexname = 'by_id'");
  expect(indexes.length).toBe(1);
});

test("PMG2: edited, removed and renumbered files are refused, all at once, with what to do", async () => {
  await using fixture = await open({
    ...users,
    "0002_b.sql": "SELECT 1",
    "0003_c.sql": "SELECT 1",
  });
  await migrate(fixture);
  await fixture.write("0001_users.sql", "CREATE TABLE users (id bigint);");
  await rename(join(fixture.directory, "0002_b.sql"), join(fixture.directory, "0002_x.sql"));
  await rm(join(fixture.directory, "0003_c.sql"));
  const { violations } = await migrationStatus(fixture);
  expect(violations).toEqual([
    expect.stringMatching(/0001_users\.sql: edited after.*put the change into a new file/),
    expect.stringMatching(/0002_x\.sql: number 2 was applied as 0002_b\.sql/),
    expect.stringMatching(/0003_c\.sql: applied on .*the file is gone/),
  ]);
  await expect(migrate(fixture)).rejects.toMatchObject({ code: "MIGRATION_HISTORY_MISMATCH" });
});

test("PMG2: line ends do not count as an edit", async () => {
  await using fixture = await open(users);
  await migrate(fixture);
  await fixture.write("0001_users.sql", users["0001_users.sql"].replaceAll("\n", "\r\n"));
  expect(await migrate(fixture)).toEqual([]);
});

test.for([
  [["0002_first.sql"], /expected number 0001/],
  [["0001_a.sql", "0003_c.sql"], /0003_c\.sql: expected number 0002/],
  [["0001_a.sql", "0001_b.sql"], /0001_b\.sql: expected number 0002/],
  [["1_a.sql"], /name it like 0001_create_users\.sql/],
  [["0001_Upper.sql"], /name it like/],
] as const)(
  "PMG2: the names %j are refused before anything is applied",
  async ([names, reason]) => {
    await using fixture = await open(Object.fromEntries(names.map((each) => [each, "SELECT 1"])));
    await expect(migrate(fixture)).rejects.toMatchObject({
      code: "MIGRATION_HISTORY_MISMATCH",
      message: expect.stringMatching(reason),
    });
    expect(await fixture.pool.query("SELECT to_regclass('ashlar_migration') AS t")).toEqual([
      { t: null },
    ]);
  },
);

test("PMG2: a directory that does not exist is refused, not taken as empty", async () => {
  await using fixture = await open(users);
  const directory = join(fixture.directory, "missing");
  await expect(migrate({ ...fixture, directory })).rejects.toMatchObject({
    code: "MIGRATION_HISTORY_MISMATCH",
  });
  await mkdir(directory);
  expect(await migrate({ ...fixture, directory })).toEqual([]);
});

test("PMG3: replicas that start at once apply each file once", async () => {
  await using fixture = await open({ ...users, "0002_b.sql": "INSERT INTO users VALUES (2);" });
  const replicas = Array.from({ length: 4 }, () =>
    openPool(fixture.pool.url, { environment, max: 2 }),
  );
  const applied = await Promise.all(replicas.map((pool) => migrate({ ...fixture, pool })));
  await Promise.all(replicas.map((each) => each.close()));
  expect(applied.flat().length).toBe(2);
  expect(await fixture.pool.query("SELECT count(*) AS n FROM users")).toEqual([{ n: 2 }]);
});

test("PMG4: a newer database is refused, unless the caller allows it", async () => {
  await using fixture = await open({ ...users, "0002_b.sql": "SELECT 1" });
  await migrate(fixture);
  await rm(join(fixture.directory, "0002_b.sql"));
  await expect(migrate(fixture)).rejects.toMatchObject({ code: "MIGRATION_HISTORY_MISMATCH" });
  expect(await migrate({ ...fixture, allowNewer: true })).toEqual([]);
});

test("rooms keep histories of their own", async () => {
  await using fixture = await open(users);
  await using other = await open({ "0001_other.sql": "CREATE TABLE other (id int);" });
  await migrate(fixture);
  const options = { pool: fixture.pool, directory: other.directory, history: "other_migration" };
  expect((await migrate(options)).length).toBe(1);
  const bad = { ...options, history: "x; DROP TABLE users" };
  await expect(migrate(bad)).rejects.toMatchObject({ code: "MIGRATION_HISTORY_MISMATCH" });
});

test("statements are split only where they end", () => {
  const sql = `
    -- a comment; with a semicolon
    SELECT ';' AS "a;b", 'it''s; fine' /* ; */;
    CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $body$ SELECT 1; SELECT 2; $body$;
    ;
    DO $$ BEGIN NULL; END $$
    -- the end`;
  expect(splitStatements(sql).map((each) => each.split("\n").at(-1)?.trim().slice(0, 15))).toEqual([
    `SELECT ';' AS "`,
    "CREATE FUNCTION",
    "-- the end",
  ]);
  expect(splitStatements("-- nothing\n;;")).toEqual([]);
});
