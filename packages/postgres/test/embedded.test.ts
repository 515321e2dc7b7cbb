/**
 * Goal: the embedded server is safe, recovers, and leaves nothing behind.
 * Method: real servers, killed and reopened; real owners, killed with SIGKILL.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { EmbeddedPostgres, openPool } from "@ashlar/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment, temporaryDirectory } from "./fixture.ts";

let dataDir: string;
beforeAll(async () => {
  dataDir = await temporaryDirectory();
});
afterAll(() => EmbeddedPostgres.remove(dataDir));

const open = (): Promise<EmbeddedPostgres> => EmbeddedPostgres.open({ dataDir, environment });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function clusterPath(): Promise<string> {
  try {
    return (await readFile(join(dataDir, "cluster.location"), "utf8")).trim();
  } catch {
    return join(dataDir, "cluster");
  }
}

test("EP2, EP3: it runs unprivileged, on loopback, with durable settings and secrets only for us", async () => {
  await using server = await open();
  const cluster = await stat(await clusterPath());
  expect(cluster.uid).not.toBe(0);
  expect(cluster.mode & 0o777).toBe(0o700);
  if (process.platform === "linux") {
    const status = await readFile(`/proc/${server.pid}/status`, "utf8");
    expect(status).toMatch(new RegExp(`^Uid:\\t${cluster.uid}\\t${cluster.uid}\\t`, "m"));
  }
  expect((await stat(join(dataDir, "credentials.json"))).mode & 0o777).toBe(0o600);
  await using pool = openPool(server.adminUrl, { environment, max: 1 });
  const [settings] = await pool.query(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit,
            current_setting('full_page_writes') AS pages, current_setting('listen_addresses') AS host,
            current_setting('server_version_num')::int / 10000 AS major`,
  );
  expect(settings).toEqual({
    fsync: "on",
    commit: "on",
    pages: "on",
    host: "127.0.0.1",
    major: 18,
  });
});

test("EP1, EP5: what was acknowledged is there after the server was killed", async () => {
  const server = await open();
  const url = await server.createDatabase("durable_db");
  await using pool = openPool(url, { environment, max: 2 });
  await pool.execute("CREATE TABLE fact (id int)");
  for (let id = 1; id <= 20; id++) await pool.execute("INSERT INTO fact VALUES ($1)", [id]);
  server.kill();
  const exit = await server.exited;
  expect(exit.isExpected).toBe(false);
  expect(exit.signal).toBe("SIGKILL");
  await expect(pool.query("SELECT 1")).rejects.toMatchObject({ code: "POSTGRES_UNAVAILABLE" });
  await server.close();

  await using next = await EmbeddedPostgres.open({ dataDir, environment, port: server.port });
  expect(await next.createDatabase("durable_db")).toBe(url);
  await pool.untilReady(new AbortController().signal); // PPL4: the same pool goes on.
  expect(await pool.query("SELECT count(*) AS n FROM fact")).toEqual([{ n: 20 }]);
});

test("EP4: closing ends every process, twice as well as once", async () => {
  const server = await open();
  await Promise.all([server.close(), server.close()]);
  expect(isAlive(server.pid)).toBe(false);
  expect((await server.exited).isExpected).toBe(true);
  await expect(stat(join(dataDir, "owner.json"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("EP5: a directory in use is refused, and names the process that has it", async () => {
  await using _server = await open();
  await expect(open()).rejects.toMatchObject({
    code: "POSTGRES_DATA_IN_USE",
    detail: { pid: process.pid },
  });
});

test("a port in use is said to be in use", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const opening = EmbeddedPostgres.open({ dataDir, environment, port });
  await expect(opening).rejects.toMatchObject({ code: "POSTGRES_PORT_IN_USE", detail: { port } });
  await new Promise((resolve) => taken.close(resolve));
  await using _server = await open(); // Nothing was left locked.
});

test("EP5: stale files of an owner and a server long gone do not matter", async () => {
  await (await open()).close();
  await writeFile(
    join(dataDir, "owner.json"),
    JSON.stringify({ pid: 1, identity: "another boot" }),
  );
  await writeFile(join(await clusterPath(), "postmaster.pid"), "999999\n/nowhere\n1\n5432\n\n\n");
  await using server = await open();
  expect(isAlive(server.pid)).toBe(true);
});

test("an opening that is aborted leaves no process and no lock", async () => {
  const fresh = await temporaryDirectory();
  const abort = new AbortController();
  const opening = EmbeddedPostgres.open({ dataDir: fresh, environment, signal: abort.signal });
  abort.abort(new Error("changed my mind"));
  await expect(opening).rejects.toThrow();
  await using _server = await EmbeddedPostgres.open({ dataDir: fresh, environment });
  await _server.close();
  await EmbeddedPostgres.remove(fresh);
});

test("data of another major version are refused with what to do", async () => {
  await (await open()).close();
  const file = join(await clusterPath(), "PG_VERSION");
  await writeFile(file, "17\n");
  await expect(open()).rejects.toMatchObject({
    code: "POSTGRES_DATA_VERSION",
    message: expect.stringMatching(/PostgreSQL 17, the installed one is 18/),
  });
  await writeFile(file, "18\n");
});

/** Another process that opens the directory and prints the server's number and URL. */
async function ownerProcess(): Promise<{ child: ChildProcess; pid: number; url: string }> {
  const program = `
    import { EmbeddedPostgres } from "@ashlar/postgres";
    import { realEnvironment } from "@ashlar/program";
    const server = await EmbeddedPostgres.open({
      dataDir: process.argv[1], environment: realEnvironment(),
    });
    const url = await server.createDatabase("owned_db");
    console.log(JSON.stringify({ pid: server.pid, url }));`;
  const flags = ["--conditions=@ashlar/source", "--input-type=module", "--eval", program, dataDir];
  const child = spawn(process.execPath, flags, {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    return { child, ...(JSON.parse(line) as { pid: number; url: string }) };
  }
  throw new Error("the owner ended without a word");
}

test("EP4: when the owner is killed, the server ends by itself, and the data can be opened again", async () => {
  const { child, pid, url } = await ownerProcess();
  await using pool = openPool(url, { environment, max: 1 });
  await pool.execute("CREATE TABLE IF NOT EXISTS fact (id int)");
  child.kill("SIGKILL");
  await untilGone(pid);
  await using server = await open();
  await using again = openPool(await server.createDatabase("owned_db"), { environment, max: 1 });
  expect(await again.query("SELECT count(*) AS n FROM fact")).toEqual([{ n: 0 }]);
});

test("EP5: a server that outlived its owner and its guard is stopped by the next opening", async () => {
  const { child, pid } = await ownerProcess();
  const guards = await guardsOf(pid);
  // The owner is stopped, so that it cannot replace the guard before it dies itself.
  child.kill("SIGSTOP");
  for (const guard of guards) process.kill(guard, "SIGKILL");
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("close", resolve));
  expect(isAlive(pid)).toBe(true);
  await using server = await open();
  expect(server.pid).not.toBe(pid);
  await untilGone(pid); // It has ended; its number goes when the system has taken note.
});

test("EP4: a guard that is killed is replaced", async () => {
  await using server = await open();
  const [before] = await guardsOf(server.pid);
  process.kill(before ?? 0, "SIGKILL");
  let after: readonly number[] = [];
  while (after.length === 0 || after.includes(before ?? 0)) after = await guardsOf(server.pid);
  expect(after.length).toBe(1);
});

/** The guards of a server, found by their command line. */
async function guardsOf(pid: number): Promise<readonly number[]> {
  const child = spawn("ps", ["-A", "-o", "pid=,command="], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const found: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.trimEnd().endsWith(`ashlar-postgres-guard ${pid}`))
      found.push(Number.parseInt(line, 10));
  }
  return found;
}

test.runIf(process.getuid?.() === 0)(
  "EP3: as root below a directory that only root can enter, the cluster lies elsewhere and is removed too",
  async () => {
    const closed = await temporaryDirectory();
    await import("node:fs/promises").then(({ chmod }) => chmod(closed, 0o700));
    const inner = join(closed, "data");
    const server = await EmbeddedPostgres.open({ dataDir: inner, environment });
    const outside = (await readFile(join(inner, "cluster.location"), "utf8")).trim();
    expect((await stat(outside)).uid).not.toBe(0);
    await server.close();
    await EmbeddedPostgres.remove(inner);
    await expect(stat(outside)).rejects.toMatchObject({ code: "ENOENT" });

    // One whose directory was deleted by hand goes when the next one is made.
    const forgotten = await EmbeddedPostgres.open({ dataDir: inner, environment });
    await forgotten.close();
    await rm(inner, { recursive: true });
    const other = join(closed, "other");
    const next = await EmbeddedPostgres.open({ dataDir: other, environment });
    await next.close();
    await expect(stat(outside)).rejects.toMatchObject({ code: "ENOENT" });
    await EmbeddedPostgres.remove(other);
    await rm(closed, { recursive: true });
  },
);
