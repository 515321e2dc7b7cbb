import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { realEnvironment } from "@ashlar/program";
import { openTelemetry } from "@ashlar/telemetry";
import { expect, test } from "vitest";
import * as z from "zod";
import { createHttpClient, type HttpClient, path } from "../src/index.ts";
import { runInRequest } from "../src/request-context.ts";
import { RetryBudget } from "../src/retry-budget.ts";

interface Upstream extends AsyncDisposable {
  readonly url: string;
  readonly seen: IncomingMessage[];
}

async function upstream(
  answer: (request: IncomingMessage, response: ServerResponse, attempt: number) => void,
): Promise<Upstream> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    request.on("end", () => answer(request, response, seen.length));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const environment = realEnvironment();

interface Calling extends AsyncDisposable {
  readonly client: HttpClient;
  metrics(): Promise<string>;
}

function calling(baseUrl: string): Calling {
  const telemetry = openTelemetry({
    part: "orders",
    instance: "orders-0",
    system: "shop",
    environment,
    write: () => undefined,
  });
  const client = createHttpClient({ name: "users", baseUrl, environment, telemetry });
  return {
    client,
    metrics: () => telemetry.metrics.expose(),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await telemetry[Symbol.asyncDispose]();
    },
  };
}

const user = z.object({ id: z.string() });

function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

test("SK12: an answer that fits its schema comes back typed", async () => {
  await using users = await upstream((_request, response) =>
    sendJson(response, 200, { id: "7", more: 1 }),
  );
  await using orders = calling(`${users.url}/base`);
  expect(
    await orders.client.get(path`/users/${"a/b"}`, user, {
      query: { full: true, skip: undefined },
    }),
  ).toEqual({
    id: "7",
  });
  expect(users.seen[0]?.url).toBe("/base/users/a%2Fb?full=true");
  expect(await orders.metrics()).toContain(
    'upstream_calls_total{upstream="users",outcome="ok",part="orders"} 1',
  );
});

test("SK10: correlation, trace and remaining time travel with the call", async () => {
  await using users = await upstream((_request, response) => sendJson(response, 200, { id: "7" }));
  await using orders = calling(users.url);
  const request = {
    correlationId: "order-7",
    deadlineAtMs: environment.clock.monotonicMs() + 900,
    logFields: {},
  };
  await runInRequest(request, () => orders.client.get("/users/7", user));
  const headers = users.seen[0]?.headers;
  expect(headers?.["x-correlation-id"]).toBe("order-7");
  expect(headers?.["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  expect(Number(headers?.["x-request-deadline-ms"])).toBeLessThanOrEqual(900);
});

test("SK10: a call whose request has no time left is not made", async () => {
  await using users = await upstream((_request, response) => sendJson(response, 200, { id: "7" }));
  await using orders = calling(users.url);
  const late = {
    correlationId: "c",
    deadlineAtMs: environment.clock.monotonicMs() - 1,
    logFields: {},
  };
  const call = runInRequest(late, () => orders.client.get("/users/7", user));
  await expect(call).rejects.toMatchObject({ code: "UPSTREAM_TIMED_OUT", status: 504 });
  expect(users.seen).toHaveLength(0);
});

test("SK10: a part that does not answer is given up in time", async () => {
  await using users = await upstream(() => undefined);
  await using orders = calling(users.url);
  const call = orders.client.get("/users/7", user, { timeoutMs: 50 });
  await expect(call).rejects.toMatchObject({ code: "UPSTREAM_TIMED_OUT" });
  expect(users.seen).toHaveLength(1);
});

test("SK11: a repeatable call survives a broken connection and a 503", async () => {
  await using users = await upstream((request, response, attempt) => {
    if (attempt === 1) request.socket.destroy();
    else if (attempt === 2) sendJson(response, 503, { code: "STOPPING" });
    else sendJson(response, 200, { id: "7" });
  });
  await using orders = calling(users.url);
  expect(await orders.client.get("/users/7", user)).toEqual({ id: "7" });
  expect(users.seen).toHaveLength(3);
  expect(await orders.metrics()).toContain(
    'upstream_retries_total{upstream="users",part="orders"} 2',
  );
});

test("SK11: a POST is not repeated once it may have arrived, unless it has an idempotency key", async () => {
  await using users = await upstream((request, response, attempt) => {
    if (attempt === 2) sendJson(response, 201, { id: "7" });
    else request.socket.destroy();
  });
  await using orders = calling(users.url);
  const bare = orders.client.post("/users", user, { body: {} });
  await expect(bare).rejects.toMatchObject({ code: "UPSTREAM_UNAVAILABLE", status: 503 });
  expect(users.seen).toHaveLength(1);
  users.seen.length = 0;
  const keyed = orders.client.post("/users", user, { body: {}, idempotencyKey: "k-1" });
  expect(await keyed).toEqual({ id: "7" });
  expect(users.seen.map((each) => each.headers["idempotency-key"])).toEqual(["k-1", "k-1"]);
});

test("SK11: a connection that is refused was never a call, so even a POST is tried again", async () => {
  const users = await upstream(() => undefined);
  const { url } = users;
  await users[Symbol.asyncDispose]();
  await using orders = calling(url);
  const call = orders.client.post("/users", user, { body: {} });
  await expect(call).rejects.toMatchObject({
    code: "UPSTREAM_UNAVAILABLE",
    message: "users is not available: ECONNREFUSED",
  });
  expect(await orders.metrics()).toContain(
    'upstream_retries_total{upstream="users",part="orders"} 2',
  );
});

test("SK11: retries run out when many calls need them", () => {
  const budget = new RetryBudget();
  let taken = 0;
  for (let call = 0; call < 1_000; call++) {
    budget.onCall();
    if (budget.takeRetry()) taken++;
  }
  expect(taken).toBeLessThanOrEqual(1_000 / 5 + 10);
});

test.for([
  ["another shape", { id: 7 }],
  ["no body", undefined],
] as const)("SK12: %s is an unexpected answer", async ([, body]) => {
  await using users = await upstream((_request, response) => sendJson(response, 200, body));
  await using orders = calling(users.url);
  const call = orders.client.get("/users/7", user);
  await expect(call).rejects.toMatchObject({ code: "UPSTREAM_ANSWER_UNEXPECTED", status: 502 });
});

test("SK12: an answer that is no JSON is unexpected", async () => {
  await using users = await upstream((_request, response) => response.end("<html>"));
  await using orders = calling(users.url);
  await expect(orders.client.get("/users/7", user)).rejects.toMatchObject({
    code: "UPSTREAM_ANSWER_UNEXPECTED",
  });
});

test("SK12: a refusal keeps the other part's status and code", async () => {
  await using users = await upstream((_request, response) =>
    sendJson(response, 404, { code: "USER_UNKNOWN", detail: "there is no user 7" }),
  );
  await using orders = calling(users.url);
  await expect(orders.client.get("/users/7", user)).rejects.toMatchObject({
    code: "UPSTREAM_REFUSED",
    message: "users refused GET /users/7 with 404 USER_UNKNOWN: there is no user 7",
    detail: { upstreamStatus: 404, upstreamCode: "USER_UNKNOWN" },
  });
  expect(users.seen).toHaveLength(1);
});

test("an aborted call ends with the caller's reason", async () => {
  await using users = await upstream(() => undefined);
  await using orders = calling(users.url);
  const abort = new AbortController();
  const call = orders.client.get("/users/7", user, { signal: abort.signal });
  abort.abort(new Error("not wanted any more"));
  await expect(call).rejects.toThrow("not wanted any more");
});
