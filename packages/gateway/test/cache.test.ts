import type { RequestListener } from "node:http";
import type { CachePlan } from "@ashlar/model";
import { realEnvironment } from "@ashlar/program";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { ResponseCache } from "../src/response-cache.ts";
import {
  exchangeRaw,
  gatewayPlan,
  type Opened,
  openTestGateway,
  routePlan,
  Service,
} from "./fixture.ts";

const cache: CachePlan = {
  ttlMs: 60_000,
  staleMs: 0,
  vary: ["accept"],
  maxEntryBytes: 1_000,
  invalidatedBy: ["write"],
};

class Cached implements AsyncDisposable {
  readonly service: Service;
  readonly gateway: Opened;
  /** Only the wall clock is moved: deadlines of sockets stay real. */
  readonly time: { offsetMs: number };

  constructor(service: Service, gateway: Opened, time: { offsetMs: number }) {
    this.service = service;
    this.gateway = gateway;
    this.time = time;
  }

  static async open(listener: RequestListener, changes: Partial<CachePlan> = {}): Promise<Cached> {
    const service = await Service.open(listener);
    const time = { offsetMs: 0 };
    const real = realEnvironment();
    const environment = {
      ...real,
      clock: { ...real.clock, wallMs: () => real.clock.wallMs() + time.offsetMs },
    };
    const plan = gatewayPlan([
      routePlan({
        path: "/things/*",
        name: "read",
        methods: ["GET"],
        cache: { ...cache, ...changes },
      }),
      routePlan({ path: "/things/*", name: "write", methods: ["POST"] }),
    ]);
    const gateway = await openTestGateway(plan, { service: service.url }, { environment });
    return new Cached(service, gateway, time);
  }

  async get(path: string, headers: Record<string, string> = {}, method = "GET") {
    const answer = await fetch(this.gateway.url + path, { headers, method });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    await this.service[Symbol.asyncDispose]();
  }
}

/** Answers with a counter, so that each answer shows which fetch it came from. */
function counting(headers: Record<string, string> = {}): RequestListener {
  let count = 0;
  return (_request, response) => {
    count += 1;
    response.writeHead(200, headers).end(`answer ${count}`);
  };
}

test("GC1, GC2: a second client gets the same answer; another path, query or variant its own", async () => {
  await using cached = await Cached.open(counting());
  expect((await cached.get("/things/1")).text).toBe("answer 1");
  const again = await cached.get("/things/1");
  expect([again.text, again.headers.get("age")]).toEqual(["answer 1", "0"]);
  expect((await cached.get("/things/1?a=1")).text).toBe("answer 2");
  expect((await cached.get("/things/2")).text).toBe("answer 3");
  expect((await cached.get("/things/1", { accept: "text/csv" })).text).toBe("answer 4");
  expect((await cached.get("/things/1", {}, "HEAD")).status).toBe(200);
  expect(cached.service.requests).toBe(4);
});

test("GC2: the response's own Vary counts too", async () => {
  await using cached = await Cached.open(counting({ vary: "x-tenant" }));
  expect((await cached.get("/things/1", { "x-tenant": "a" })).text).toBe("answer 1");
  expect((await cached.get("/things/1", { "x-tenant": "b" })).text).toBe("answer 2");
  expect((await cached.get("/things/1", { "x-tenant": "a" })).text).toBe("answer 1");
});

test.for([
  ["credentials", {}, { authorization: "Bearer x" }],
  ["a cookie", {}, { cookie: "a=b" }],
  ["an API key", {}, { "x-api-key": "k" }],
  ["a range", {}, { range: "bytes=0-1" }],
  ["no-store of the client", {}, { "cache-control": "no-store" }],
  ["Set-Cookie", { "set-cookie": "a=b" }, {}],
  ["private", { "cache-control": "private, max-age=60" }, {}],
  ["no-store", { "cache-control": "no-store" }, {}],
  ["no-cache", { "cache-control": "no-cache" }, {}],
  ["max-age=0", { "cache-control": "max-age=0" }, {}],
  ["Vary: *", { vary: "*" }, {}],
] as const)("GC1: nothing is shared with %s", async ([, answered, asked]) => {
  await using cached = await Cached.open(counting(answered));
  await cached.get("/things/1", asked);
  expect((await cached.get("/things/1", asked)).text).toBe("answer 2");
  expect((await cached.get("/things/1")).text).toBe("answer 3");
});

test("GC3: the service's freshness governs, else the plan's", async () => {
  await using cached = await Cached.open(
    counting({ "cache-control": "max-age=5, s-maxage=10", age: "2" }),
  );
  await cached.get("/things/1");
  cached.time.offsetMs = 7_000;
  expect((await cached.get("/things/1")).text).toBe("answer 1");
  cached.time.offsetMs = 8_100;
  expect((await cached.get("/things/1")).text).toBe("answer 2");
});

test("GC4: a successful write empties the route, a failed one does not", async () => {
  let fails = true;
  let count = 0;
  await using cached = await Cached.open((request, response) => {
    request.resume();
    if (request.method === "POST") response.writeHead(fails ? 409 : 201).end();
    else response.end(`answer ${++count}`);
  });
  await cached.get("/things/1");
  await cached.get("/things/9", {}, "POST");
  expect((await cached.get("/things/1")).text).toBe("answer 1");
  fails = false;
  await cached.get("/things/9", {}, "POST");
  expect((await cached.get("/things/1")).text).toBe("answer 2");
});

test("GC4: an answer asked for before a write is not kept after it", async () => {
  const cacheClock = new SimulatedClock();
  const unit = new ResponseCache(cacheClock, 10_000);
  const route = routePlan({ path: "/x", name: "read", cache });
  const question = { route, plan: cache, host: "a", path: "/x", headers: [] };
  const recording = unit.record(question);
  recording.head(200, []);
  unit.invalidate(["read"]);
  recording.piece(Buffer.from("old"));
  recording.end();
  expect(unit.find(question)).toBeUndefined();
});

test("GC5: a hundred clients at once cost one fetch", async () => {
  const go = Promise.withResolvers<void>();
  let count = 0;
  await using cached = await Cached.open((_request, response) => {
    count += 1;
    void go.promise.then(() => response.end(`answer ${count}`));
  });
  const asked = Array.from({ length: 100 }, () => cached.get("/things/1"));
  await expect.poll(() => cached.service.requests).toBe(1);
  go.resolve();
  const answers = await Promise.all(asked);
  expect(new Set(answers.map((each) => each.text))).toEqual(new Set(["answer 1"]));
  expect(cached.service.requests).toBe(1);
});

test("GC5: if the one answer cannot be shared, each fetches for itself", async () => {
  await using cached = await Cached.open(counting({ "cache-control": "private" }));
  const asked = Array.from({ length: 5 }, () => cached.get("/things/1"));
  expect(new Set((await Promise.all(asked)).map((each) => each.text)).size).toBe(5);
});

test("GC6: the cache stays within its bytes, and drops what was used longest ago", () => {
  const unit = new ResponseCache(new SimulatedClock(), 10_000);
  const route = routePlan({ path: "/x", name: "read", cache });
  const ask = (path: string) => ({ route, plan: cache, host: "a", path, headers: [] });
  for (let i = 0; i < 50; i++) {
    const recording = unit.record(ask(`/${i}`));
    recording.head(200, []);
    recording.piece(Buffer.alloc(900));
    recording.end();
    unit.find(ask("/0"));
    expect(unit.bytes).toBeLessThanOrEqual(10_000);
  }
  expect(unit.find(ask("/0"))).toBeDefined();
  expect(unit.find(ask("/1"))).toBeUndefined();
  const large = unit.record(ask("/large"));
  large.head(200, []);
  large.piece(Buffer.alloc(1_001));
  large.end();
  expect(unit.find(ask("/large"))).toBeUndefined();
});

test("GC7: a client that has the present version gets 304", async () => {
  await using cached = await Cached.open(counting({ "content-type": "text/plain" }));
  const first = await cached.get("/things/1");
  const stored = await cached.get("/things/1");
  const etag = stored.headers.get("etag") ?? "";
  expect(first.status).toBe(200);
  expect(etag).toMatch(/^"[\w-]{27}"$/);
  // Not by fetch, which adds Cache-Control: no-cache to conditional requests.
  const conditional = (condition: string): Promise<string> =>
    exchangeRaw(
      cached.gateway.port,
      `GET /things/1 HTTP/1.1\r\nHost: ${new URL(cached.gateway.url).host}\r\nAccept: */*\r\n` +
        `Connection: close\r\nIf-None-Match: ${condition}\r\n\r\n`,
    );
  const known = await conditional(`"other", W/${etag}`);
  expect(known).toMatch(/^HTTP\/1\.1 304 /);
  expect(known).toContain(`etag: ${etag}`);
  expect(known).not.toMatch(/content-type|answer/);
  expect(await conditional('"other"')).toMatch(/^HTTP\/1\.1 200 [^]*answer 1$/);
});

test("GC8: a stale entry is served while one fetch renews it", async () => {
  await using cached = await Cached.open(counting(), { staleMs: 60_000 });
  await cached.get("/things/1");
  cached.time.offsetMs = 61_000;
  const stale = await Promise.all([cached.get("/things/1"), cached.get("/things/1")]);
  expect(stale.map((each) => each.text)).toEqual(["answer 1", "answer 1"]);
  await expect.poll(async () => (await cached.get("/things/1")).text).toBe("answer 2");
  expect(cached.service.requests).toBe(2);
});
