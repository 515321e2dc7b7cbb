import { hasCode } from "@ashlar/foundation";
import {
  openPool,
  type Pool,
  type QueryReport,
  redactPostgresUrl,
  type Transaction,
} from "@ashlar/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { environment, useServer } from "./fixture.ts";

const server = useServer();
let pool: Pool;
beforeAll(async () => {
  pool = await server.openPool({ max: 4, maxWaiting: 2, connectTimeoutMs: 2_000 });
  await pool.execute("CREATE TABLE account (id int PRIMARY KEY, balance int CHECK (balance >= 0))");
  await pool.execute("INSERT INTO account SELECT id, 100 FROM generate_series(1, 10) AS id");
});
afterAll(() => pool.close());

/** A transaction that stays open until `release` is called. */
async function held(on: Pool): Promise<{ release: () => void; done: Promise<void> }> {
  const opened = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const done = on.transaction(async (tx) => {
    await tx.query("SELECT 1");
    opened.resolve();
    await released.promise;
  });
  await opened.promise;
  return { release: released.resolve, done };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe("limits", () => {
  test("PPL1: one caller more than connections and waiters is refused at once", async () => {
    const all = await Promise.all([held(pool), held(pool), held(pool), held(pool)]);
    const waiting = [pool.query("SELECT 1"), pool.query("SELECT 2")];
    expect(await codeOf(pool.query("SELECT 3"))).toBe("POSTGRES_POOL_EXHAUSTED");
    for (const each of all) each.release();
    await Promise.all([...waiting, ...all.map((each) => each.done)]);
  });

  test("PPL1: a statement and a lock have limits of time", async () => {
    const url = await server.createDatabase();
    await using hasty = openPool(url, { environment, statementTimeoutMs: 30, lockTimeoutMs: 10 });
    expect(await codeOf(hasty.query("SELECT pg_sleep(5)"))).toBe("POSTGRES_TIMEOUT");
    await hasty.execute("CREATE TABLE one (id int)");
    await hasty.transaction(async (tx) => {
      await tx.execute("LOCK TABLE one");
      expect(await codeOf(hasty.query("SELECT * FROM one"))).toBe("POSTGRES_TIMEOUT");
    });
  });

  test("a ping ends when its signal is aborted, and the pool goes on", async () => {
    const abort = new AbortController();
    const ping = pool.ping(abort.signal);
    abort.abort(new Error("too late"));
    await expect(ping).rejects.toThrow("too late");
    await pool.ping(new AbortController().signal);
  });

  test("a closed pool refuses work, and closing waits for work in flight", async () => {
    const other = openPool(await server.createDatabase(), { environment });
    const { release, done } = await held(other);
    const closing = other.close();
    expect(await codeOf(other.query("SELECT 1"))).toBe("POSTGRES_POOL_CLOSED");
    release();
    await Promise.all([done, closing, other.close()]);
  });
});

describe("transactions", () => {
  test("PPL2: a failure rolls back, and the connection is clean afterwards", async () => {
    const failing = pool.transaction(async (tx) => {
      await tx.execute("UPDATE account SET balance = 0 WHERE id = 1");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(await pool.query("SELECT balance FROM account WHERE id = 1")).toEqual([
      { balance: 100 },
    ]);
    const states = await pool.query("SELECT 1 FROM pg_stat_activity WHERE state LIKE 'idle in%'");
    expect(states).toEqual([]);
  });

  test("PPL2: a swallowed error does not pass for a commit", async () => {
    const swallowing = pool.transaction(async (tx) => {
      await tx.execute("UPDATE account SET balance = 1 WHERE id = 1");
      await tx.query("SELECT 1 / 0").catch(() => undefined);
    });
    expect(await codeOf(swallowing)).toBe("POSTGRES_QUERY_FAILED");
    expect(await pool.query("SELECT balance FROM account WHERE id = 1")).toEqual([
      { balance: 100 },
    ]);
  });

  test("PPL2: a statement after the end of its transaction is refused", async () => {
    let leaked: Transaction | undefined;
    await pool.transaction(async (tx) => {
      leaked = tx;
    });
    expect(await codeOf(leaked?.query("SELECT 1") ?? Promise.resolve())).toBe(
      "POSTGRES_QUERY_FAILED",
    );
  });

  test("serialization failures are run again until all transfers are made", async () => {
    const transfer = (from: number, to: number): Promise<void> =>
      pool.transaction(
        async (tx) => {
          await tx.execute("UPDATE account SET balance = balance - 1 WHERE id = $1", [from]);
          await tx.execute("UPDATE account SET balance = balance + 1 WHERE id = $1", [to]);
        },
        { isolation: "serializable", retries: 50 },
      );
    // Both directions at once: conflicts and deadlocks are certain.
    await Promise.all(
      [0, 1, 2, 3].map(async (worker) => {
        for (let i = 0; i < 10; i++) await (worker % 2 === 0 ? transfer(2, 3) : transfer(3, 2));
      }),
    );
    const rows = await pool.query("SELECT balance FROM account WHERE id IN (2, 3)");
    expect(rows).toEqual([{ balance: 100 }, { balance: 100 }]);
  });

  test("a conflict that never ends is reported with its number of attempts", async () => {
    let runs = 0;
    const losing = pool.transaction(
      async (tx) => {
        runs++;
        await tx.query("DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$");
      },
      { retries: 2 },
    );
    await expect(losing).rejects.toMatchObject({
      code: "POSTGRES_CONFLICT",
      detail: { attempts: 3 },
    });
    expect(runs).toBe(3);
  });

  test("what hangs on the commit happens after it, and not after a rollback", async () => {
    const events: string[] = [];
    await pool.transaction(async (tx) => {
      tx.onCommit(() => events.push("committed"));
      events.push("working");
    });
    const undone = pool.transaction(async (tx) => {
      tx.onCommit(() => events.push("never"));
      throw new Error("no");
    });
    await expect(undone).rejects.toThrow("no");
    expect(events).toEqual(["working", "committed"]);
  });
});

describe("errors", () => {
  test.for([
    ["INSERT INTO account VALUES (1, 5)", "unique", "account_pkey"],
    ["UPDATE account SET balance = -1 WHERE id = 1", "check", "account_balance_check"],
  ])("%s breaks a %s constraint, by name", async ([text, kind, constraint]) => {
    await expect(pool.execute(text ?? "")).rejects.toMatchObject({
      code: "POSTGRES_CONSTRAINT",
      detail: { kind, constraint, table: "account" },
    });
  });

  test("PPL5: no error repeats a value of a row, a parameter, or the password", async () => {
    const errors: unknown[] = [];
    await pool.execute("CREATE TABLE person (email text UNIQUE)");
    const insert = "INSERT INTO person VALUES ($1)";
    await pool.execute(insert, ["ada@secret.example"]);
    await pool.execute(insert, ["ada@secret.example"]).catch((error) => errors.push(error));
    const url = new URL(server.server.adminUrl);
    url.password = "hunter2secret";
    await using wrong = openPool(url.href, { environment });
    await wrong.query("SELECT 1").catch((error) => errors.push(error));
    expect(errors.map((each) => (each as { code: string }).code)).toEqual([
      "POSTGRES_CONSTRAINT",
      "POSTGRES_REFUSED",
    ]);
    for (const each of errors) {
      const { message, stack, detail, cause } = each as Error & { detail: object };
      const causeText = JSON.stringify({ ...(cause as object), text: String(cause) });
      const text = [message, stack, JSON.stringify(detail), causeText].join();
      expect(text).not.toMatch(/ada@secret|hunter2/);
    }
    expect(redactPostgresUrl(url.href)).not.toMatch(/hunter2/);
  });

  test("PPL5: a malformed URL is refused without being repeated", () => {
    for (const text of ["not a url hunter2", "mysql://root:hunter2@localhost/x"]) {
      let caught: unknown;
      try {
        openPool(text, { environment });
      } catch (error) {
        caught = error;
      }
      expect(hasCode(caught, "POSTGRES_URL_INVALID")).toBe(true);
      expect(String((caught as Error).stack)).not.toMatch(/hunter2/);
    }
  });
});

describe("values and reports", () => {
  test("int8 comes as a number or is refused, date as text, json parsed, SQL in strings inert", async () => {
    const [row] = await pool.query(
      "SELECT 9007199254740991::int8 AS n, '2026-02-03'::date AS d, '{\"a\":[1]}'::json AS j, $1 AS s",
      ["'; DROP TABLE account; --"],
    );
    expect(row).toEqual({
      n: Number.MAX_SAFE_INTEGER,
      d: "2026-02-03",
      j: { a: [1] },
      s: "'; DROP TABLE account; --",
    });
    expect(await codeOf(pool.query("SELECT 9007199254740993::int8"))).toBe(
      "POSTGRES_NUMBER_UNSAFE",
    );
    await pool.query("SELECT 1");
  });

  test("every statement is reported under its name, failures with their error", async () => {
    const reports: QueryReport[] = [];
    const onQuery = (report: QueryReport): void => void reports.push(report);
    await using observed = openPool(await server.createDatabase(), { environment, onQuery });
    await observed.query({ name: "answer", text: "SELECT $1::int AS a" }, [1]);
    await observed.query({ name: "answer", text: "SELECT $1::int AS a" }, [2]);
    await observed.query("SELECT broken FROM nowhere").catch(() => undefined);
    expect(reports.map((each) => each.name)).toEqual(["answer", "answer", "SELECT broken FROM"]);
    expect(reports[0]?.rows).toBe(1);
    expect(hasCode(reports[2]?.error, "POSTGRES_QUERY_FAILED")).toBe(true);
  });
});

describe("a server that goes away", () => {
  async function backend(on: Pool): Promise<number> {
    const [row] = await on.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    return row?.pid ?? 0;
  }

  test("PPL4: idle connections that the server cut are replaced without an error", async () => {
    await using other = openPool(await server.createDatabase(), { environment, max: 1 });
    const admin = openPool(server.server.adminUrl, { environment, max: 1 });
    const before = await backend(other);
    const cut = new Promise<void>((resolve) => {
      const watch = (): void => {
        if (other.status.connections === 0) resolve();
        else setImmediate(watch);
      };
      watch();
    });
    await admin.query("SELECT pg_terminate_backend($1)", [before]);
    await admin.close();
    await cut;
    expect(await backend(other)).not.toBe(before);
  });

  test("PPL3: a connection lost in a transaction is unavailable, in its commit of unknown outcome", async () => {
    await using other = openPool(await server.createDatabase(), { environment, max: 1 });
    await using admin = openPool(server.server.adminUrl, { environment, max: 1 });
    const terminate = async (tx: Transaction): Promise<void> => {
      const [row] = await tx.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
      await admin.query("SELECT pg_terminate_backend($1, 5000)", [row?.pid]);
    };
    const inside = other.transaction(async (tx) => {
      await terminate(tx);
      await tx.query("SELECT 1");
    });
    expect(await codeOf(inside)).toBe("POSTGRES_UNAVAILABLE");
    const atCommit = other.transaction(terminate);
    expect(await codeOf(atCommit)).toBe("POSTGRES_OUTCOME_UNKNOWN");
    await other.query("SELECT 1");
  });
});
