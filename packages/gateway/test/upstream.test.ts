import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Deadline, DeadlineWheel } from "../src/deadline-wheel.ts";
import { firstSpellMs, OutlierDetector } from "../src/outlier-detector.ts";
import { RetryBudget, reserve } from "../src/retry-budget.ts";
import {
  bodyOf,
  echo,
  exchangeRaw,
  gatewayPlan,
  openTestGateway,
  routePlan,
  Service,
} from "./fixture.ts";

const breaker = { consecutiveFailures: 3, openMs: 4_000, maxEjectedPercent: 50 };

test("GB1, GB3: failures eject, one probe decides, spells grow to their bound", () => {
  const detector = new OutlierDetector(1);
  for (let i = 0; i < 3; i++) detector.failed(detector.pick(0) ?? -1, breaker, 0);
  expect(detector.pick(0)).toBeUndefined();
  expect(detector.retryAfterMs(0)).toBe(firstSpellMs);
  let nowMs = 0;
  const spells = [];
  for (let i = 0; i < 5; i++) {
    const spell = detector.retryAfterMs(nowMs);
    spells.push(spell);
    expect(detector.pick(nowMs + spell - 1)).toBeUndefined();
    nowMs += spell;
    expect(detector.pick(nowMs)).toBe(0);
    expect(detector.pick(nowMs), "one probe at a time").toBeUndefined();
    detector.failed(0, breaker, nowMs);
  }
  expect(spells).toEqual([500, 1_000, 2_000, 4_000, 4_000]);
  nowMs += 4_000;
  detector.pick(nowMs);
  detector.released(0, nowMs);
  expect(detector.pick(nowMs)).toBe(0);
  detector.succeeded(0);
  expect([detector.ejectedCount, detector.pick(nowMs)]).toEqual([0, 0]);
});

test("GB1, GB2: whatever happens, no more are ejected than may be, and a success resets the count", () => {
  const event = fc.tuple(fc.constantFrom("fail", "succeed", "release", "wait"), fc.nat(2_000));
  const plan = fc.record({ replicas: fc.integer({ min: 1, max: 6 }), percent: fc.nat(100) });
  fc.assert(
    fc.property(plan, fc.array(event, { maxLength: 200 }), ({ replicas, percent }, events) => {
      const detector = new OutlierDetector(replicas);
      const most = Math.max(1, Math.floor((replicas * percent) / 100));
      let nowMs = 0;
      for (const [kind, value] of events) {
        nowMs += kind === "wait" ? value : 0;
        const picked = kind === "wait" ? undefined : detector.pick(nowMs);
        if (picked !== undefined) {
          if (kind === "succeed") detector.succeeded(picked);
          else if (kind === "fail") {
            detector.failed(picked, { ...breaker, maxEjectedPercent: percent }, nowMs);
          } else detector.released(picked, nowMs);
        }
        expect(detector.ejectedCount).toBeLessThanOrEqual(most);
      }
      nowMs += 100_000;
      expect(detector.pick(nowMs), "a replica is always found in the end").toBeDefined();
    }),
  );
});

test("GB4: retries are at most the reserve plus a fifth of the requests", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (steps) => {
      const budget = new RetryBudget();
      let requests = 0;
      let retries = 0;
      for (const isRequest of steps) {
        if (isRequest) {
          budget.deposit();
          requests += 1;
        } else if (budget.withdraw()) retries += 1;
        expect(retries).toBeLessThanOrEqual(reserve + requests / 5 + 1e-6);
      }
    }),
  );
});

test("GD1: a single deadline on an idle wheel fires", async () => {
  const clock = new SimulatedClock();
  const wheel = new DeadlineWheel(clock, new AbortController().signal);
  const fired = Promise.withResolvers<void>();
  wheel.add(60, { onDeadline: () => fired.resolve() });
  await clock.advance(100);
  await fired.promise;
});

test("GD1, GD2, GD3: deadlines fire once, in time, and not when cancelled", async () => {
  const clock = new SimulatedClock();
  const scope = new AbortController();
  const wheel = new DeadlineWheel(clock, scope.signal, 20);
  const fired = new Map<Deadline, number>();
  const waiter = {
    onDeadline: (deadline: Deadline) => {
      expect(fired.has(deadline)).toBe(false);
      fired.set(deadline, clock.monotonicMs());
    },
  };
  const delays = [0, 1, 19, 20, 21, 500, 10_239, 10_240, 10_241, 30_000];
  const kept = delays.map((delay) => wheel.add(delay, waiter));
  const cancelled = delays.map((delay) => wheel.add(delay, waiter));
  for (const each of cancelled) wheel.cancel(each);
  await clock.advance(31_000);
  for (const each of kept) {
    const late = (fired.get(each) ?? Number.NaN) - each.atMs;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(40);
  }
  expect(fired.size).toBe(kept.length);
  expect([wheel.size, clock.sleeperCount]).toEqual([0, 0]);
});

const retry = { attempts: 2, perTryTimeoutMs: 5_000, initialMs: 1, maxMs: 2 };

/** Answers 503 so many times, and then echoes. */
function flaky(failures: number): Promise<Service> {
  let left = failures;
  return Service.open((request, response) => {
    if (left-- <= 0) return echo(request, response);
    request.resume();
    response.writeHead(503).end("busy");
    return undefined;
  });
}

test.for([
  ["GET", {}, 200, 3],
  ["DELETE", {}, 200, 3],
  ["PUT", {}, 200, 3],
  ["POST", {}, 503, 1],
  ["PATCH", {}, 503, 1],
  ["POST", { "idempotency-key": "k" }, 200, 3],
] as const)("GB7: %s %j", async ([method, headers, status, attempts]) => {
  await using service = await flaky(2);
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*", retry })]), {
    service: service.url,
  });
  const body = method === "GET" ? undefined : "hello";
  const answer = await fetch(`${gateway.url}/x`, { method, headers, ...(body ? { body } : {}) });
  expect([answer.status, service.requests]).toEqual([status, attempts]);
  const text = await answer.text();
  if (status === 200 && body) expect(JSON.parse(text)).toMatchObject({ body });
});

test("GB7: a replica that cannot be reached is passed over", async () => {
  await using service = await Service.open(echo);
  const plan = gatewayPlan([routePlan({ path: "/*", retry })]);
  const services = { service: ["http://127.0.0.1:1", service.url] };
  await using gateway = await openTestGateway(plan, services);
  for (let i = 0; i < 8; i++) {
    const answer = await fetch(`${gateway.url}/x`);
    expect(answer.status).toBe(200);
    await answer.text();
  }
});

test("GB1: a service that cannot be reached is 502, then its circuit is open: 503 with Retry-After", async () => {
  const plan = gatewayPlan([routePlan({ path: "/*" })]);
  await using gateway = await openTestGateway(plan, { service: "http://127.0.0.1:1" });
  const codes = [];
  for (let i = 0; i < 6; i++) {
    const answer = await fetch(`${gateway.url}/x`);
    codes.push(((await answer.json()) as { code: string }).code);
    if (i === 5) expect(answer.headers.get("retry-after")).toBe("1");
  }
  expect(codes).toEqual([...Array(5).fill("UPSTREAM_UNREACHABLE"), "UPSTREAM_CIRCUIT_OPEN"]);
});

test("GB6: a service that does not answer in time is 504", async () => {
  await using service = await Service.open(() => undefined);
  const plan = gatewayPlan([routePlan({ path: "/*", timeoutMs: 60 })]);
  await using gateway = await openTestGateway(plan, { service: service.url });
  const answer = await fetch(`${gateway.url}/x`);
  expect([answer.status, await answer.json()]).toMatchObject([504, { code: "UPSTREAM_TIMEOUT" }]);
});

async function rawService(answer: string, end = true): Promise<AsyncDisposable & { url: string }> {
  const server: Server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () =>
      end ? socket.end(answer, "latin1") : socket.write(answer, "latin1"),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.close();
  };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, [Symbol.asyncDispose]: close };
}

test.for([
  ["nonsense", "hello\r\n\r\n", "UPSTREAM_ANSWER_INVALID"],
  ["nothing", "", "UPSTREAM_UNREACHABLE"],
  [
    "two lengths",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "UPSTREAM_ANSWER_INVALID",
  ],
] as const)("GB8: an answer that is %s becomes 502", async ([, bytes, code]) => {
  await using service = await rawService(bytes);
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const answer = await fetch(`${gateway.url}/x`);
  expect([answer.status, await answer.json()]).toMatchObject([502, { code }]);
});

test("GB8: an answer that breaks off is cut, never completed", async () => {
  await using service = await rawService("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*", retry })]), {
    service: service.url,
  });
  const text = await exchangeRaw(gateway.port, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  expect(text).toMatch(/content-length: 10/i);
  expect(text.endsWith("half")).toBe(true);
});

test("GB9: the service learns how long it has", async () => {
  await using service = await Service.open(echo);
  await using gateway = await openTestGateway(
    gatewayPlan([routePlan({ path: "/*", timeoutMs: 900 })]),
    {
      service: service.url,
    },
  );
  const answer = await fetch(`${gateway.url}/x`, { headers: { "x-request-deadline-ms": "99999" } });
  const { headers } = (await answer.json()) as { headers: Record<string, string> };
  expect(Number(headers["x-request-deadline-ms"])).toBeGreaterThan(0);
  expect(Number(headers["x-request-deadline-ms"])).toBeLessThanOrEqual(900);
});

test("GB5: a client that goes away frees the service's connection", async () => {
  const gone = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  await using service = await Service.open((request) => {
    arrived.resolve();
    request.on("close", () => gone.resolve());
  });
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const leave = new AbortController();
  const asked = fetch(`${gateway.url}/x`, { signal: leave.signal }).catch(() => "left");
  await arrived.promise;
  leave.abort();
  expect(await asked).toBe("left");
  await gone.promise;
});

test("GB10: bodies stream through in both directions, large and of unknown size", async () => {
  await using service = await Service.open((request, response) => {
    void bodyOf(request).then((body) => {
      response.write(`${body.length} `);
      response.end(body);
    });
  });
  const plan = gatewayPlan([routePlan({ path: "/*", bodyBytesMax: 5_000_000 })]);
  await using gateway = await openTestGateway(plan, { service: service.url });
  const text = "0123456789".repeat(300_000);
  const stream = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 10; i++) controller.enqueue(Buffer.from(text.slice(0, 300_000)));
      controller.close();
    },
  });
  const sized = await fetch(`${gateway.url}/x`, { method: "POST", body: text });
  expect(await sized.text()).toBe(`3000000 ${text}`);
  const init = { method: "POST", body: stream, duplex: "half" } as RequestInit;
  const chunked = await fetch(`${gateway.url}/x`, init);
  expect((await chunked.text()).length).toBe(3_000_008);
});

test("GB10: a piece of a streamed answer arrives before the next is made", async () => {
  const next = Promise.withResolvers<void>();
  await using service = await Service.open((_request, response) => {
    response.write("one");
    void next.promise.then(() => response.end("two"));
  });
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const answer = await fetch(`${gateway.url}/x`);
  const reader = answer.body!.getReader();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe("one");
  next.resolve();
  expect(Buffer.from((await reader.read()).value!).toString()).toBe("two");
});
