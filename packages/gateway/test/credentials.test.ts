import {
  hashPassword,
  issueApiKey,
  MemoryApiKeyStore,
  MemoryPasswordStore,
  parseCredentialsFile,
  verifyPassword,
} from "@ashlar/gateway";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { ApiKeyVerifier } from "../src/api-key.ts";
import { BoundedCache } from "../src/bounded-cache.ts";
import { PasswordVerifier } from "../src/password.ts";
import { echo, gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

const grant = {
  consumer: "partner",
  roles: ["reader"],
  scopes: ["orders:read"],
  expiresAtMs: null,
};

test("GA10: an issued key is found by its id and proved by its secret", async () => {
  const store = new MemoryApiKeyStore();
  const { key, record } = issueApiKey(grant);
  expect(JSON.stringify(record)).not.toContain(key.split("_")[2]);
  await store.put(record);
  const verifier = new ApiKeyVerifier(new SimulatedClock(), store);
  expect(await verifier.verify(key)).toMatchObject({ id: "partner", scheme: "apiKey" });
});

test("GA11: unknown, wrong, expired and malformed keys are refused alike", async () => {
  const clock = new SimulatedClock();
  const store = new MemoryApiKeyStore();
  const { key, record } = issueApiKey({ ...grant, expiresAtMs: clock.wallMs() + 1_000 });
  await store.put(record);
  const verifier = new ApiKeyVerifier(clock, store);
  const refusals = [];
  const wrong = `${key.slice(0, -1)}${key.endsWith("A") ? "B" : "A"}`;
  for (const each of ["", "x", wrong, issueApiKey(grant).key]) {
    refusals.push(await verifier.verify(each));
  }
  expect(await verifier.verify(key)).toMatchObject({ id: "partner" });
  await clock.advance(1_000);
  refusals.push(await verifier.verify(key));
  for (const each of refusals) expect(each).toEqual(refusals[0]);
  expect(refusals[0]).toMatchObject({ code: "API_KEY_INVALID" });
});

test("GA12, GA14: passwords are checked against argon2id and then remembered", async () => {
  const clock = new SimulatedClock();
  const passwordHash = await hashPassword("correct horse: battery");
  expect(passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword("wrong", passwordHash)).toBe(false);
  expect(await verifyPassword("correct horse: battery", "$2b$10$x")).toBe(false);
  const store = new MemoryPasswordStore();
  await store.put({ user: "ada", passwordHash, consumer: "ada", roles: [], scopes: [] });
  const verifier = new PasswordVerifier(clock, store);
  const basic = (text: string): string => Buffer.from(text).toString("base64");
  expect(await verifier.verify(basic("ada:correct horse: battery"))).toMatchObject({ id: "ada" });
  await store.remove("ada");
  expect(await verifier.verify(basic("ada:correct horse: battery"))).toMatchObject({ id: "ada" });
  await clock.advance(60_000);
  for (const pair of ["ada:correct horse: battery", "bob:x", "ada:", "nocolon", ":x"]) {
    expect(await verifier.verify(basic(pair))).toMatchObject({ code: "PASSWORD_INVALID" });
  }
});

test("GA13: a flood of guesses is refused as overload, not queued without end", async () => {
  const verifier = new PasswordVerifier(new SimulatedClock(), new MemoryPasswordStore());
  const guesses = Array.from({ length: 60 }, (_, i) =>
    verifier.verify(Buffer.from(`u:${i}`).toString("base64")),
  );
  const codes = (await Promise.all(guesses)).map((each) => ("code" in each ? each.code : ""));
  expect(codes.filter((each) => each === "PASSWORD_INVALID").length).toBeLessThanOrEqual(36);
  expect(codes).toContain("PASSWORD_INVALID");
}, 60_000);

test("GA1, GA2: a cache keeps its bound and its times", () => {
  const cache = new BoundedCache<number>(3);
  for (let i = 0; i < 3; i++) cache.set(`k${i}`, i, 100);
  expect(cache.get("k0", 99)).toBe(0);
  cache.set("k3", 3, 100);
  expect([cache.get("k0", 0), cache.get("k1", 0), cache.size]).toEqual([0, undefined, 3]);
  expect(cache.get("k0", 100)).toBeUndefined();
});

test("GA15, GA16, GH5, GH6: schemes, roles and scopes of a route are enforced end to end", async () => {
  await using service = await Service.open(echo);
  const apiKeys = new MemoryApiKeyStore();
  const passwords = new MemoryPasswordStore();
  const good = issueApiKey(grant);
  const weak = issueApiKey({ ...grant, roles: [], consumer: "weak" });
  await apiKeys.put(good.record);
  await apiKeys.put(weak.record);
  const passwordHash = await hashPassword("pw");
  await passwords.put({
    user: "u",
    passwordHash,
    consumer: "staff",
    roles: ["reader"],
    scopes: [],
  });
  const plan = gatewayPlan([
    routePlan({
      path: "/keys",
      access: { schemes: ["apiKey"], roles: ["reader", "x"], scopes: [] },
    }),
    routePlan({ path: "/scoped", access: { schemes: ["apiKey"], roles: [], scopes: ["a"] } }),
    routePlan({ path: "/basic", access: { schemes: ["basic"], roles: [], scopes: [] } }),
    routePlan({ path: "/open" }),
  ]);
  const stores = { apiKeys, passwords };
  await using gateway = await openTestGateway(plan, { service: service.url }, stores);
  const ask = async (path: string, headers: Record<string, string>) => {
    const answer = await fetch(gateway.url + path, { headers });
    const body = (await answer.json()) as { code?: string; headers?: Record<string, string> };
    return { status: answer.status, challenge: answer.headers.get("www-authenticate"), ...body };
  };
  expect(await ask("/keys", {})).toMatchObject({ status: 401, code: "CREDENTIALS_MISSING" });
  expect((await ask("/basic", {})).challenge).toBe('Basic realm="api", charset="UTF-8"');
  const seen = await ask("/keys", { "x-api-key": good.key, "x-consumer-id": "root" });
  expect(seen.headers).toMatchObject({ "x-consumer-id": "partner", "x-consumer-roles": "reader" });
  expect(seen.headers).not.toHaveProperty("x-api-key");
  expect(await ask("/keys", { "x-api-key": weak.key })).toMatchObject({ code: "ROLE_REQUIRED" });
  expect(await ask("/scoped", { "x-api-key": good.key })).toMatchObject({
    status: 403,
    code: "SCOPE_REQUIRED",
    challenge: 'Bearer error="insufficient_scope", scope="a"',
  });
  const basic = `Basic ${Buffer.from("u:pw").toString("base64")}`;
  expect(await ask("/keys", { authorization: basic })).toMatchObject({
    code: "CREDENTIALS_MISSING",
  });
  const signedIn = await ask("/basic", { authorization: basic });
  expect(signedIn.headers).toMatchObject({ "x-consumer-id": "staff" });
  expect(signedIn.headers).not.toHaveProperty("authorization");
  const open = await ask("/open", { "x-consumer-id": "root", "x-consumer-roles": "admin" });
  expect(open.headers).not.toHaveProperty("x-consumer-id");
});

test("CR1: a credentials file holds hashes, and its faults are named without values", () => {
  const { record } = issueApiKey(grant);
  expect(parseCredentialsFile(JSON.stringify({ apiKeys: [record] })).apiKeys).toEqual([record]);
  const bad = { apiKeys: [{ ...record, secretHash: "hunter2" }], passwords: [{ user: "a:b" }] };
  expect(() => parseCredentialsFile(JSON.stringify(bad))).toThrow(/apiKeys\[0\]\.secretHash.*user/);
  expect(() => parseCredentialsFile(JSON.stringify(bad))).not.toThrow(/hunter2/);
  expect(() => parseCredentialsFile("[")).toThrow("not a JSON object");
});
