import { Scope } from "@ashlar/foundation";
import { openPool, type Pool } from "@ashlar/postgres";
import { realEnvironment } from "@ashlar/program";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  type Idempotency,
  type IdempotentRequest,
  idempotencyKeyOf,
  openIdempotency,
} from "../src/index.ts";
import { openTestPostgres, type TestPostgres } from "./postgres-fixture.ts";

let server: TestPostgres;
let database: Pool;
let scope: Scope;
let idempotency: Idempotency;
const environment = realEnvironment();

beforeAll(async () => {
  server = await openTestPostgres();
  database = openPool(await server.createDatabase("shop"), { environment, max: 20 });
  await database.execute("CREATE TABLE effect (key text)");
  scope = new Scope();
  idempotency = await openIdempotency({ database, environment, scope });
});

afterAll(async () => {
  await scope.close();
  await database.close();
  await server[Symbol.asyncDispose]();
});

beforeEach(async () => {
  await database.execute("TRUNCATE effect; TRUNCATE ashlar_idempotency");
});

const request: IdempotentRequest = {
  key: "k-1",
  consumer: "user-7",
  operation: "POST /orders",
  input: { sku: "a", n: 1 },
};
const answer = { status: 201, body: { id: 7 }, headers: { location: "/orders/7" } };

/** One row for each commit of the work. */
async function effects(): Promise<number> {
  return (await database.query("SELECT key FROM effect")).length;
}

/** Work that writes and records in one transaction. */
function placeOrder(through: Idempotency, given = request) {
  return through.run(given, (record) =>
    database.transaction(async (tx) => {
      await tx.execute("INSERT INTO effect (key) VALUES ($1)", [given.key]);
      await record(tx, answer);
      return answer;
    }),
  );
}

test("KI1: the work is done once and its answer given again", async () => {
  expect(await placeOrder(idempotency)).toEqual({ ...answer, replayed: false });
  const reordered = { ...request, input: { n: 1, sku: "a" } };
  expect(await placeOrder(idempotency, reordered)).toEqual({ ...answer, replayed: true });
  expect(await effects()).toBe(1);
});

test("KI1: of many requests at the same time one does the work", async () => {
  const results = await Promise.allSettled(
    Array.from({ length: 15 }, () => placeOrder(idempotency)),
  );
  expect(await effects()).toBe(1);
  const done = results.filter((each) => each.status === "fulfilled" && !each.value.replayed);
  expect(done).toHaveLength(1);
  const refused = results
    .filter((each) => each.status === "rejected")
    .map((each) => each.reason.code);
  expect(new Set(refused).difference(new Set(["IDEMPOTENCY_IN_PROGRESS"]))).toEqual(new Set());
});

test("KI1: work that does not record by itself is recorded when it settles", async () => {
  const work = () => Promise.resolve(answer);
  expect((await idempotency.run(request, work)).replayed).toBe(false);
  expect((await idempotency.run(request, work)).replayed).toBe(true);
});

test("KI2: the same key with another request is refused; another consumer's key is another key", async () => {
  await placeOrder(idempotency);
  for (const other of [{ input: { sku: "b", n: 1 } }, { operation: "POST /refunds" }]) {
    const reused = placeOrder(idempotency, { ...request, ...other });
    await expect(reused).rejects.toMatchObject({
      code: "IDEMPOTENCY_REQUEST_CHANGED",
      status: 422,
    });
  }
  expect((await placeOrder(idempotency, { ...request, consumer: "user-8" })).replayed).toBe(false);
});

test("KI2: while the work is under way, a second request is told to wait", async () => {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const first = idempotency.run(request, async () => {
    entered.resolve();
    await gate.promise;
    return answer;
  });
  await entered.promise;
  await expect(placeOrder(idempotency)).rejects.toMatchObject({
    code: "IDEMPOTENCY_IN_PROGRESS",
    status: 409,
    headers: { "retry-after": "1" },
  });
  gate.resolve();
  await first;
  expect((await placeOrder(idempotency)).replayed).toBe(true);
});

test("KI3: work that fails leaves the key free", async () => {
  const failing = idempotency.run(request, () => Promise.reject(new Error("declined")));
  await expect(failing).rejects.toThrow("declined");
  expect((await placeOrder(idempotency)).replayed).toBe(false);
});

test("KI3: a dead process's key is taken over after its lease, and its late commit is refused", async () => {
  const hasty = await openIdempotency({ database, environment, scope, leaseMs: 0 });
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const paused = hasty.run(request, async (record) => {
    entered.resolve();
    await gate.promise;
    return database.transaction(async (tx) => {
      await tx.execute("INSERT INTO effect (key) VALUES ('late')");
      await record(tx, answer);
      return answer;
    });
  });
  await entered.promise;
  expect((await placeOrder(idempotency)).replayed).toBe(false);
  gate.resolve();
  await expect(paused).rejects.toMatchObject({ code: "IDEMPOTENCY_CLAIM_LOST" });
  expect(await effects()).toBe(1);
});

test("records are forgotten after their time, and the key is new again", async () => {
  const brief = await openIdempotency({ database, environment, scope, retentionMs: 0 });
  await placeOrder(brief);
  expect((await placeOrder(brief, { ...request, input: "other" })).replayed).toBe(false);
  expect(await brief.sweep()).toBe(1);
  expect(await brief.sweep()).toBe(0);
});

test.for([
  [undefined, "IDEMPOTENCY_KEY_MISSING"],
  ["", "IDEMPOTENCY_KEY_MISSING"],
  ["a b", "IDEMPOTENCY_KEY_INVALID"],
  ["ä", "IDEMPOTENCY_KEY_INVALID"],
  ["k".repeat(256), "IDEMPOTENCY_KEY_INVALID"],
] as const)("the key %j is refused with %s", ([key, code]) => {
  const headers = key === undefined ? {} : { "idempotency-key": key };
  expect(() => idempotencyKeyOf({ headers })).toThrow(expect.objectContaining({ code }));
});
