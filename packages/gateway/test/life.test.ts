import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { Log, LogFields } from "@ashlar/foundation";
import { type GatewayTelemetry, silentTelemetry } from "@ashlar/gateway";
import { realEnvironment } from "@ashlar/program";
import { expect, test } from "vitest";
import { testCertificates } from "./certificates.ts";
import { echo, exchangeRaw, gatewayPlan, openTestGateway, routePlan, Service } from "./fixture.ts";

test("GD5: a stopping gateway finishes what it began, and says Connection: close", async () => {
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using service = await Service.open((_request, response) => {
    arrived.resolve();
    void go.promise.then(() => response.end("done"));
  });
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const asked = fetch(`${gateway.url}/x`);
  await arrived.promise;
  const drained = gateway.drain({ keepServingMs: 0, graceMs: 60_000 });
  go.resolve();
  const answer = await asked;
  expect([await answer.text(), answer.headers.get("connection")]).toEqual(["done", "close"]);
  await drained;
  const late = connect(gateway.port, "127.0.0.1");
  const [error] = (await once(late, "error")) as [NodeJS.ErrnoException];
  expect(error.code).toBe("ECONNREFUSED");
});

test("GD5: what outlives the grace is cut", async () => {
  const arrived = Promise.withResolvers<void>();
  await using service = await Service.open(() => arrived.resolve());
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const asked = fetch(`${gateway.url}/x`).catch(() => "cut");
  await arrived.promise;
  await gateway.drain({ keepServingMs: 0, graceMs: 10 });
  expect(await asked).toBe("cut");
});

test("GE2: beyond maxInFlight requests are shed with 503 and Retry-After", async () => {
  const arrived = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using service = await Service.open((_request, response) => {
    arrived.resolve();
    void go.promise.then(() => response.end("done"));
  });
  const plan = gatewayPlan([routePlan({ path: "/*" })], { maxInFlight: 1 });
  await using gateway = await openTestGateway(plan, { service: service.url });
  const first = fetch(`${gateway.url}/x`);
  await arrived.promise;
  const shed = await fetch(`${gateway.url}/x`);
  expect([shed.status, shed.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await shed.json()).toMatchObject({ code: "OVERLOADED" });
  go.resolve();
  expect(await (await first).text()).toBe("done");
  expect((await fetch(`${gateway.url}/x`)).status).toBe(200);
});

/** Keeps what is said. */
function recorder(): GatewayTelemetry & {
  lines: LogFields[];
  counts: string[];
  expose: () => void;
} {
  const lines: LogFields[] = [];
  const counts: string[] = [];
  const collectors: (() => void)[] = [];
  const note = (text: string, fields: LogFields = {}): void => void lines.push({ text, ...fields });
  const log: Log = { debug: note, info: note, warn: note, error: note, with: () => log };
  return {
    log,
    metrics: {
      ...silentTelemetry.metrics,
      counter: ({ name }) => ({
        add: (labels, count = 1) => void counts.push(`${name} ${JSON.stringify(labels)} ${count}`),
      }),
      onExpose: (collect) => {
        collectors.push(collect);
        return { [Symbol.dispose]: () => undefined };
      },
    },
    tracer: { start: () => undefined },
    lines,
    counts,
    expose: () => collectors.forEach((each) => each()),
  };
}

test("GE1, GT3: one line a request, without query, token or cookie; and one count", async () => {
  const telemetry = recorder();
  await using service = await Service.open(echo);
  const plan = gatewayPlan([routePlan({ path: "/*", name: "all" })]);
  await using gateway = await openTestGateway(plan, { service: service.url }, { telemetry });
  const headers = { authorization: "Bearer hunter2", cookie: "c=hunter2", "user-agent": "t" };
  await (await fetch(`${gateway.url}/a/b?token=hunter2`, { headers })).text();
  await exchangeRaw(
    gateway.port,
    "GET /.. HTTP/1.1\r\nHost: a\r\nCookie: hunter2\r\nConnection: close\r\n\r\n",
  );
  await expect.poll(() => telemetry.lines.length).toBe(2);
  expect(JSON.stringify(telemetry.lines)).not.toContain("hunter2");
  expect(telemetry.lines[0]).toMatchObject({
    text: "request",
    method: "GET",
    path: "/a/b",
    route: "all",
    status: 200,
    userAgent: "t",
  });
  telemetry.expose();
  telemetry.expose();
  const requests = telemetry.counts.filter((each) => each.startsWith("http_requests_total"));
  expect(requests).toEqual([
    'http_requests_total {"method":"GET","route":"all","status":"200"} 1',
    'http_requests_total {"method":"GET","route":"none","status":"400"} 1',
  ]);
});

test("GT1, GT2: trace and correlation ids go on, or begin here", async () => {
  await using service = await Service.open(echo);
  await using gateway = await openTestGateway(gatewayPlan([routePlan({ path: "/*" })]), {
    service: service.url,
  });
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`${gateway.url}/x`, { headers });
    const seen = ((await answer.json()) as { headers: Record<string, string> }).headers;
    expect(answer.headers.get("x-correlation-id")).toBe(seen["x-correlation-id"]);
    return seen;
  };
  const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const kept = await ask({ traceparent: parent, tracestate: "a=1", "x-correlation-id": "order-7" });
  expect(kept["traceparent"]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/);
  expect(kept["traceparent"]).not.toBe(parent);
  expect([kept["tracestate"], kept["x-correlation-id"]]).toEqual(["a=1", "order-7"]);
  for (const bad of [
    "",
    "00-0-0-00",
    parent.replace("0af7", "XXXX"),
    parent.replace(/^00/, "ff"),
    `00-${"0".repeat(32)}-b7ad6b7169203331-01`,
  ]) {
    const fresh = await ask({
      traceparent: bad,
      tracestate: "a=1",
      "x-correlation-id": "a b<script>",
    });
    expect(fresh["traceparent"]).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(fresh["tracestate"]).toBeUndefined();
    expect(fresh["x-correlation-id"]).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("GR3: unknown paths and methods are problems that say what to do", async () => {
  await using service = await Service.open(echo);
  const plan = gatewayPlan([routePlan({ path: "/a", methods: ["GET"] })]);
  await using gateway = await openTestGateway(plan, { service: service.url });
  const none = await fetch(`${gateway.url}/b`);
  expect(none.headers.get("content-type")).toBe("application/problem+json");
  expect(await none.json()).toMatchObject({
    status: 404,
    code: "ROUTE_NOT_FOUND",
    type: "about:blank",
  });
  const method = await fetch(`${gateway.url}/a`, { method: "DELETE" });
  expect([method.status, method.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("GR4: a plan that cannot be served is refused at start with every fault", async () => {
  const cached = { ttlMs: 1, staleMs: 0, vary: [], maxEntryBytes: 1, invalidatedBy: ["nobody"] };
  const access = { schemes: ["jwt"], roles: [], scopes: [] } as const;
  const plan = gatewayPlan([
    routePlan({ path: "/a", target: { part: "missing", port: "http" } }),
    routePlan({ path: "/b", cache: cached, access }),
    routePlan({
      path: "/c",
      transform: {
        request: { set: { host: "x" }, remove: [] },
        response: { set: { a: "b\n" }, remove: [] },
      },
    }),
  ]);
  const opening = openTestGateway(plan, { service: "ftp://x" });
  await expect(opening).rejects.toThrow(/no address for port "http" of part "missing"/);
  await expect(opening).rejects.toThrow(/unknown route "nobody".*cached route is open/);
  await expect(opening).rejects.toThrow(
    /header host cannot be changed.*value of header a is invalid/,
  );
  await expect(opening).rejects.toThrow(/not an HTTP address.*no token issuer/);
});

test("GD4: a replaced certificate serves new connections; a broken one is not taken", async () => {
  const directory = await mkdtemp(join(tmpdir(), "gateway-tls-"));
  try {
    const certificateFile = join(directory, "tls.crt");
    const keyFile = join(directory, "tls.key");
    type Name = keyof typeof testCertificates;
    const use = async (certificate: Name, key: Name): Promise<void> => {
      await writeFile(certificateFile, testCertificates[certificate].crt);
      await writeFile(keyFile, testCertificates[key].key);
    };
    await use("first", "first");
    const real = realEnvironment();
    let look = Promise.withResolvers<void>();
    let looks = 0;
    const clock = {
      ...real.clock,
      sleep: async (delayMs: number, signal: AbortSignal) => {
        if (delayMs !== 5_000) return real.clock.sleep(delayMs, signal);
        looks += 1;
        await Promise.race([look.promise, once(signal, "abort")]);
        look = Promise.withResolvers<void>();
        return undefined;
      },
    };
    await using service = await Service.open(echo);
    await using gateway = await openTestGateway(
      gatewayPlan([routePlan({ path: "/*" })]),
      { service: service.url },
      { tls: { certificateFile, keyFile }, environment: { ...real, clock } },
    );
    const subject = async (): Promise<string | undefined> => {
      const request = httpsRequest(`https://127.0.0.1:${gateway.port}/x`, {
        rejectUnauthorized: false,
        agent: false,
      });
      request.end();
      const [answer] = (await once(request, "response")) as [{ socket: TLSSocket; resume(): void }];
      const name = answer.socket.getPeerCertificate().subject.CN;
      answer.resume();
      return String(name);
    };
    const looked = async (): Promise<void> => {
      const before = looks;
      look.resolve();
      await expect.poll(() => looks).toBeGreaterThan(before);
    };
    expect(await subject()).toBe("first");
    await use("first", "second");
    await looked();
    expect(await subject()).toBe("first");
    await use("second", "second");
    await looked();
    expect(await subject()).toBe("second");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
