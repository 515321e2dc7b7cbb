/**
 * The gateway's stores on a real Redis or Valkey, which must be installed (`redis-server` in PATH).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "@ashlar/foundation";
import {
  apiKeyStoreCases,
  passwordStoreCases,
  rateLimitStoreCases,
} from "@ashlar/gateway/conformance";
import {
  openRedis,
  RedisApiKeyStore,
  type RedisConnection,
  RedisPasswordStore,
  RedisRateLimitStore,
} from "@ashlar/redis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

let server: ChildProcess;
let directory: string;
let port: number;
let admin: RedisConnection;

async function start(): Promise<void> {
  server = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], {
    cwd: directory,
    stdio: "ignore",
  });
  const missing = once(server, "error").then(() => {
    throw new TypeError("redis-server is not in PATH: install the Debian package redis-server");
  });
  admin = openRedis({ url: `redis://127.0.0.1:${port}`, log: silentLog });
  await Promise.race([admin.ready(AbortSignal.timeout(20_000)), missing]);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "redis-"));
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  port = (probe.address() as AddressInfo).port;
  probe.close();
  await start();
});

afterAll(async () => {
  await admin[Symbol.asyncDispose]();
  server.kill("SIGKILL");
  await rm(directory, { recursive: true, force: true });
});

const flush = { text: "return redis.call('FLUSHALL')", digest: "0".repeat(40) };

beforeEach(async () => {
  await admin.run(flush, [], []);
});

/** A view of the server over a connection of its own. */
async function view<Store extends object>(
  make: (redis: RedisConnection) => Store,
): Promise<Store & AsyncDisposable> {
  const redis = openRedis({ url: `redis://127.0.0.1:${port}`, log: silentLog });
  await redis.ready(AbortSignal.timeout(10_000));
  return Object.assign(make(redis), { [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() });
}

describe("rate limits in Redis", () => {
  let keys = 0;
  for (const { name, run } of rateLimitStoreCases) {
    test(`RV2: ${name}`, () =>
      run({
        freshKey: () => `k${keys++}`,
        open: (wallMs) =>
          view((redis) => new RedisRateLimitStore(redis, wallMs === undefined ? {} : { wallMs })),
      }));
  }

  test("RV3: keys expire by themselves", async () => {
    await using store = await view((redis) => new RedisRateLimitStore(redis));
    await store.take([{ key: "brief", limit: 1, windowMs: 1_000 }]);
    const script = { text: "return redis.call('PTTL', KEYS[1])", digest: "1".repeat(40) };
    const left = await admin.run(script, ["ashlar:limit:brief"], []);
    expect(left).toBeGreaterThan(900);
    expect(left).toBeLessThanOrEqual(1_000 + 3 * 32);
  });
});

describe("credentials in Redis", () => {
  for (const { name, run } of apiKeyStoreCases) {
    test(name, () => run(() => view((redis) => new RedisApiKeyStore(redis))));
  }
  for (const { name, run } of passwordStoreCases) {
    test(name, () => run(() => view((redis) => new RedisPasswordStore(redis))));
  }
});

test("RV1: commands fail at once while the server is away, and work when it is back", async () => {
  await using store = await view((redis) => new RedisRateLimitStore(redis));
  const check = { key: "away", limit: 5, windowMs: 60_000 };
  const exited = once(server, "exit");
  server.kill("SIGKILL");
  await exited;
  await expect
    .poll(() =>
      Promise.resolve(store.take([check])).then(
        () => "ok",
        () => "failed",
      ),
    )
    .toBe("failed");
  await admin[Symbol.asyncDispose]();
  await start();
  await expect
    .poll(
      () =>
        Promise.resolve(store.take([check])).then(
          () => "ok",
          () => "failed",
        ),
      { timeout: 10_000 },
    )
    .toBe("ok");
});
