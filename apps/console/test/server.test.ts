/** The door: who may enter, what each route answers, and what bounds it. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConsoleSettingsError } from "../src/errors.ts";
import { streamsMax } from "../src/http/event-stream.ts";
import type { Overview } from "../src/overview.ts";
import { parseConsoleSettings } from "../src/settings.ts";
import { bodyBytesMax, spansPerSecondMax } from "../src/traces/receiver.ts";
import { fakeExport } from "./fixture/fake-traces.ts";
import { ask, listen } from "./fixture/http-client.ts";
import { type FakeConsole, fakeToken, openFakeConsole } from "./fixture/open-fake-console.ts";

let fake: FakeConsole;
const bearer = { authorization: `Bearer ${fakeToken}` };
const at = (path: string): string => `${fake.url}${path}`;

beforeAll(async () => {
  fake = await openFakeConsole({ historyMs: 20_000 });
});
afterAll(() => fake[Symbol.asyncDispose]());

async function signIn(): Promise<string> {
  const answer = await ask(at(`/?token=${fakeToken}`));
  return String(answer.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
}

describe("access", () => {
  test.for(["0.0.0.0", "192.168.1.4", "example.com", "127.evil.com"])(
    "CN1: it does not start on %s",
    (host) => {
      expect(() => parseConsoleSettings({ ASHLAR_HOST: host })).toThrow(/not a loopback address/);
    },
  );

  test("all wrong settings are named at once", () => {
    try {
      parseConsoleSettings({ ASHLAR_PORT_HTTP: "x" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ConsoleSettingsError);
      expect((error as ConsoleSettingsError).detail.violations.join(" ")).toMatch(
        /PORT_HTTP.*SYSTEM.*CONTROL.*TOKEN_FILE/,
      );
    }
  });

  test.for(["/api/overview", "/api/plan", "/api/logs", "/api/mailbox", "/api/live", "/api/none"])(
    "CN2: %s answers 401 without the token",
    async (path) => {
      const answer = await ask(at(path));
      expect(answer.status).toBe(401);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
      expect(answer.json()).toMatchObject({ code: "CONSOLE_UNAUTHORIZED", status: 401 });
      expect(answer.body).not.toContain("storefront");
    },
  );

  test.for([fakeToken.slice(0, -1), `${fakeToken}x`, "", "Bearer"])(
    "CN2: the token %j opens nothing",
    async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      expect((await ask(at("/api/overview"), { headers })).status).toBe(401);
      expect((await ask(at(`/?token=${token}`))).headers["set-cookie"]).toBeUndefined();
    },
  );

  test("CN2: the token becomes a session cookie and leaves the address", async () => {
    const answer = await ask(at(`/logs?token=${fakeToken}&part=users`));
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe("/logs?part=users");
    const [cookie = ""] = answer.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(fakeToken);
    const page = await ask(at("/logs"), { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(page.status).toBe(200);
    expect(page.body).toContain('<div id="app">');
  });

  test.for(["evil.example", "evil.example:80", "127.0.0.1.evil.example", "10.0.0.1"])(
    "CN3: the Host %j is refused, even with the token",
    async (host) => {
      const answer = await ask(at("/api/overview"), { headers: { ...bearer, host } });
      expect(answer.status).toBe(421);
    },
  );

  test.for(["localhost:1", "127.0.0.1", "[::1]:9900"])(
    "CN3: the Host %s is this machine",
    async (host) => {
      const answer = await ask(at("/api/overview"), { headers: { ...bearer, host } });
      expect(answer.status).toBe(200);
    },
  );

  test("CN3: with the cookie, another origin's request is refused", async () => {
    const cookie = await signIn();
    for (const site of ["cross-site", "same-site"]) {
      const headers = { cookie, "sec-fetch-site": site };
      expect((await ask(at("/api/overview"), { headers })).status, site).toBe(403);
    }
    const own = { cookie, "sec-fetch-site": "same-origin" };
    expect((await ask(at("/api/overview"), { headers: own })).status).toBe(200);
  });

  test("CN3: with the cookie, a change needs the console's own header", async () => {
    const cookie = await signIn();
    const path = at("/api/parts/users/restart");
    expect((await ask(path, { method: "POST", headers: { cookie } })).status).toBe(403);
    expect(fake.system.orders).toEqual([]);
    const headers = { cookie, "x-ashlar-console": "1" };
    expect((await ask(path, { method: "POST", headers })).status).toBe(200);
    expect(fake.system.orders).toEqual(["restart users"]);
  });

  test("every answer forbids scripts, frames and requests of others", async () => {
    for (const path of ["/", "/api/overview", "/nothing"]) {
      const policy = String((await ask(at(path))).headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });
});

describe("the API", () => {
  const get = async <Value>(path: string): Promise<Value> => {
    const answer = await ask(at(path), { headers: bearer });
    expect(answer.status, `${path}: ${answer.body}`).toBe(200);
    return answer.json() as Value;
  };

  test("the overview knows parts, figures, stores and mail", async () => {
    const seen = await get<Overview>("/api/overview");
    expect(seen.parts.map((each) => each.name)).toEqual([
      "api",
      "notifications",
      "orders",
      "users",
      "console",
    ]);
    expect(seen.connection.connected).toBe(true);
    expect(seen.totals.requestsPerSecond).not.toBeNull();
    expect(seen.stores).toHaveLength(5);
    expect(seen.mails.count).toBe(4);
  });

  test("series: the fields that are asked for, and no others", async () => {
    const answer = await get<{ times: number[]; series: Record<string, unknown[]> }>(
      "/api/metrics/series?part=orders&fields=p95Ms,memoryBytes&minutes=15",
    );
    expect(Object.keys(answer.series)).toEqual(["p95Ms", "memoryBytes"]);
    expect(answer.series["p95Ms"]).toHaveLength(answer.times.length);
  });

  test("series of one replica and of a part's own metric", async () => {
    await get("/api/metrics/series?instance=users-0");
    const own = await get<{ series: object }>(
      "/api/metrics/series?part=orders&metric=orders_placed_total",
    );
    expect(Object.keys(own.series)).toEqual(["orders_placed_total"]);
  });

  test.for([
    ["/api/metrics/series", 400],
    ["/api/metrics/series?part=none", 404],
    ["/api/metrics/series?part=orders&fields=nope", 400],
    ["/api/metrics/series?part=orders&minutes=-1", 400],
    ["/api/metrics/series?part=orders&metric=none", 404],
    ["/api/parts/none", 404],
    ["/api/traces?limit=0", 400],
    ["/api/traces/00", 404],
    ["/api/mailbox/none", 404],
    ["/api/logs?level=loud", 400],
    ["/api/parts/%ff", 404],
    ["/assets/..%2f..%2fpackage.json", 404],
  ] as const)("%s is refused with %d", async ([path, status]) => {
    const answer = await ask(at(path), { headers: bearer });
    expect(answer.status).toBe(status);
    expect(answer.json()).toMatchObject({ status });
  });

  test("CN20: nothing of a part carries a secret's value", async () => {
    const detail = await get<{ secrets: unknown }>("/api/parts/users");
    expect(detail.secrets).toEqual([
      { name: "tokens.signing", env: "TOKENS_SIGNING_FILE", as: "file" },
    ]);
  });

  const post = (path: string, body: unknown): ReturnType<typeof ask> =>
    ask(at(path), { method: "POST", headers: bearer, body: JSON.stringify(body) });

  test("orders reach the supervisor as they were given", async () => {
    fake.system.orders.length = 0;
    await post("/api/parts/orders/scale", { replicas: 3 });
    await post("/api/parts/orders/kill", { replica: 1, signal: "SIGTERM" });
    await post("/api/parts/orders/stop", {});
    await post("/api/parts/orders/start", {});
    expect(fake.system.orders).toEqual([
      "scale orders 3",
      "kill orders 1 SIGTERM",
      "stop orders",
      "start orders",
    ]);
  });

  test.for([
    ["/api/parts/orders/scale", {}, 400],
    ["/api/parts/orders/scale", { replicas: 1.5 }, 400],
    ["/api/parts/orders/scale", { replicas: -1 }, 400],
    ["/api/parts/orders/kill", { signal: "SIGBUS" }, 400],
    ["/api/parts/orders/explode", {}, 404],
    ["/api/parts/none/stop", {}, 404],
    ["/api/parts/orders/stop", [], 400],
    ["/api/parts/orders/stop", "x".repeat(20_000), 413],
  ] as const)("%s with %j is refused with %d", async ([path, body, status]) => {
    fake.system.orders.length = 0;
    expect((await post(path, body)).status).toBe(status);
    expect(fake.system.orders).toEqual([]);
  });

  test("refused connections are one entry an address, with the advice", async () => {
    const { denials } = await get<{ denials: { count: number; text: string }[] }>("/api/denials");
    expect(denials).toHaveLength(1);
    expect(denials[0]).toMatchObject({ count: 4, part: "orders", target: "127.0.0.1:41010" });
    expect(denials[0]?.text).toContain("add notifications.ports.http to the uses of orders");
  });

  test("logs are read by part, level and search", async () => {
    const { lines } = await get<{ lines: { part: string; level: string }[] }>(
      "/api/logs?part=orders&level=error&search=declined&tail=50",
    );
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((each) => each.part === "orders" && each.level === "error")).toBe(true);
  });

  test("followed logs come as they are written", async () => {
    const heard = listen(at("/api/logs?follow=1&tail=1"), bearer, (events) => {
      if (events.length === 1) fake.system.write(2);
      return events.length === 3;
    });
    expect((await heard).map((each) => each.event)).toEqual(["line", "line", "line"]);
  });

  test("the live stream begins with the overview and tells each event", async () => {
    const heard = await listen(at("/api/live"), bearer, (events) => {
      if (events.length === 1) {
        fake.system.tell({ type: "system", time: fake.system.now(), state: "ready" });
      }
      return events.some((each) => each.event === "event");
    });
    expect(heard[0]?.event).toBe("overview");
  });

  test("CN19: streams beyond the limit are refused", async () => {
    await using own = await openFakeConsole();
    const url = `${own.url}/api/live`;
    let ready = 0;
    let allReady = (): void => undefined;
    const untilAllReady = new Promise<void>((resolve) => {
      allReady = resolve;
    });
    const open = Array.from({ length: streamsMax }, () =>
      listen(url, bearer, (events) => {
        if (events.length === 1 && ++ready === streamsMax) allReady();
        return false;
      }),
    );
    await untilAllReady;
    expect((await ask(url, { headers: bearer })).status).toBe(429);
    own.console.state.streams.close();
    await Promise.all(open);
  });

  test("a mail's HTML may run nothing and load nothing", async () => {
    const { mails } = await get<{ mails: { id: string }[] }>("/api/mailbox");
    const answer = await ask(at(`/api/mailbox/${mails[0]?.id}/html`), { headers: bearer });
    const policy = String(answer.headers["content-security-policy"]);
    expect(policy).toMatch(/^sandbox /);
    expect(policy).not.toContain("allow-scripts");
    expect(policy).toContain("default-src 'none'");
  });
});

describe("receiving traces", () => {
  const send = (
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): ReturnType<typeof ask> =>
    ask(at("/v1/traces"), {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });

  test("parts send without a token, plain or packed, and the trace can be read", async () => {
    const plain = fakeExport(fake.system.traffic, Date.now());
    expect(await send(plain.body)).toMatchObject({ status: 200, body: '{"partialSuccess":{}}' });
    const packed = fakeExport(fake.system.traffic, Date.now());
    const answer = await send(gzipSync(packed.body), { "content-encoding": "gzip" });
    expect(answer.status).toBe(200);
    for (const { traceId } of [plain, packed]) {
      expect((await ask(at(`/api/traces/${traceId}`), { headers: bearer })).status).toBe(200);
    }
  });

  test("CN3: a page of another name cannot send them", async () => {
    expect((await send("{}", { host: "evil.example" })).status).toBe(421);
    expect((await send("{}", { "content-type": "text/plain" })).status).toBe(400);
  });

  test("CN21: too large a body is refused, unpacked or packed", async () => {
    const large = Buffer.alloc(bodyBytesMax + 1, 32);
    expect((await send(gzipSync(large), { "content-encoding": "gzip" })).status).toBe(413);
    expect((await send("x", { "content-encoding": "gzip" })).status).toBe(400);
  });

  test("CN21: more spans than are kept a second are refused with 429", async () => {
    const span = {
      spanId: "1".repeat(16),
      startTimeUnixNano: "1",
      endTimeUnixNano: "2",
    };
    const spans = Array.from({ length: spansPerSecondMax }, (_, index) => ({
      ...span,
      traceId: index.toString(16).padStart(32, "0"),
    }));
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const statuses: number[] = [];
    for (let round = 0; round < 12; round++) statuses.push((await send(body)).status);
    expect(statuses).toContain(429);
    expect(fake.console.state.traces.size.traces).toBeLessThanOrEqual(2_000);
  });
});

test("CN9: while the supervisor is away the last state stays, marked with the reason", async () => {
  const { watch } = fake.console.state;
  fake.system.failure = new Error("gone fishing");
  await watch.refresh();
  expect(watch.connection).toMatchObject({ connected: false, reason: "gone fishing" });
  expect(watch.status?.system).toBe("storefront");
  fake.system.failure = undefined;
  await watch.refresh();
  expect(watch.connection.connected).toBe(true);
});
