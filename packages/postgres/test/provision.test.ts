import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { openExternalServer, openPool, parsePostgresUrl, resolveStoreUrl } from "@ashlar/postgres";
import { expect, test } from "vitest";
import { environment, temporaryDirectory, useServer } from "./fixture.ts";

const server = useServer();
const { signal } = new AbortController();

async function rowsOf(url: string, text: string): Promise<readonly object[]> {
  await using pool = openPool(url, { environment, max: 1 });
  return await pool.query(text);
}

test("PV1: a store's role owns its database and has no other right", async () => {
  const url = await server.server.createDatabase("rights_db");
  const [role] = await rowsOf(
    url,
    `SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS any
       FROM pg_roles WHERE rolname = current_user`,
  );
  expect(role).toEqual({ any: false });
  await rowsOf(url, "CREATE TABLE mine (id int)");
  await expect(rowsOf(url, "CREATE DATABASE other")).rejects.toMatchObject({
    code: "POSTGRES_QUERY_FAILED",
  });
});

test("PV2: a role connects to its own database only", async () => {
  const { server: engine } = server;
  const one = parsePostgresUrl(await engine.createDatabase("one_db"));
  await engine.createDatabase("two_db");
  for (const database of ["two_db", "postgres", "template1"]) {
    const url = `postgres://${one.user}:${one.password}@127.0.0.1:${one.port}/${database}`;
    await expect(rowsOf(url, "SELECT 1")).rejects.toMatchObject({ code: "POSTGRES_QUERY_FAILED" });
  }
});

test("PV3: creating a database again, and at once, gives one URL that works", async () => {
  const { server: engine } = server;
  const urls = await Promise.all([1, 2, 3].map(() => engine.createDatabase("same_db")));
  expect(new Set([...urls, await engine.createDatabase("same_db")]).size).toBe(1);
  expect(await rowsOf(urls[0] ?? "", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test.for(["", "UPPER", "1st", "a;b", 'quo"te', "x".repeat(64)])(
  "the name %j is refused",
  async (name) => {
    await expect(server.server.createDatabase(name)).rejects.toMatchObject({
      code: "POSTGRES_NAME_INVALID",
    });
  },
);

test("PV3: on an external server, two programs and a lost state directory end up with working URLs", async () => {
  const stateDir = await temporaryDirectory();
  const options = { adminUrl: server.server.adminUrl, stateDir, environment, prefix: "shop_" };
  const first = await resolveStoreUrl({ ...options, store: "users" }, signal);
  expect(parsePostgresUrl(first).database).toBe("shop_users");
  expect(await resolveStoreUrl({ ...options, store: "users" }, signal)).toBe(first);
  await rowsOf(first, "CREATE TABLE kept (id int)");
  const file = join(stateDir, "external-credentials.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await rm(file);
  const again = await resolveStoreUrl({ ...options, store: "users" }, signal);
  expect(await rowsOf(again, "SELECT count(*) AS n FROM kept")).toEqual([{ n: 0 }]);
  await rm(stateDir, { recursive: true });
});

test("an external administrator needs no more than CREATEDB and CREATEROLE, and is told if they lack", async () => {
  const stateDir = await temporaryDirectory();
  const admin = parsePostgresUrl(server.server.adminUrl);
  await rowsOf(
    server.server.adminUrl,
    "CREATE ROLE manager LOGIN CREATEDB CREATEROLE PASSWORD 'm'",
  );
  await rowsOf(server.server.adminUrl, "CREATE ROLE nobody_much LOGIN PASSWORD 'm'");
  const grant = "GRANT CONNECT ON DATABASE postgres TO manager, nobody_much";
  await rowsOf(server.server.adminUrl, grant);
  const urlOf = (user: string): string => `postgres://${user}:m@127.0.0.1:${admin.port}/postgres`;
  const options = { stateDir, environment };
  await using manager = await openExternalServer(
    { ...options, adminUrl: urlOf("manager") },
    signal,
  );
  const url = await manager.createDatabase("managed_db");
  await rowsOf(url, "CREATE TABLE mine (id int)");
  await using weak = await openExternalServer(
    { ...options, adminUrl: urlOf("nobody_much") },
    signal,
  );
  await expect(weak.createDatabase("other_db")).rejects.toMatchObject({
    code: "POSTGRES_ADMIN_REFUSED",
  });
  await rm(stateDir, { recursive: true });
});
