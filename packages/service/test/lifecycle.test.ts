import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { counter } from "@ashlar/foundation";
import { config, integer } from "@ashlar/model";
import { realEnvironment } from "@ashlar/program";
import { expect, test } from "vitest";
import { openService, type ServiceContext, type ServiceDefinition } from "../src/index.ts";
import { startService } from "./harness.ts";

function folder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "service-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Opens a service that must not start; returns its log and the error. */
async function failedStart(
  definition: ServiceDefinition,
  variables: Record<string, string> = {},
): Promise<{ readonly lines: Record<string, unknown>[]; readonly error: unknown }> {
  const lines: Record<string, unknown>[] = [];
  const opening = openService(definition, {
    variables: { ASHLAR_PART: "demo", ...variables },
    directory: "/",
    environment: realEnvironment(),
    write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const error: unknown = await opening.then(
    (running) => running.stop().then(() => "it started"),
    (thrown: unknown) => thrown,
  );
  return { lines, error };
}

test("SK13: not ready before open has settled, though the ops port answers", async () => {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<ServiceContext>();
  await using opsProbe = await startService({ open: () => undefined });
  const port = Number(new URL(opsProbe.running.opsUrl).port);
  await opsProbe.running.stop();
  const starting = startService(
    {
      open: async (context) => {
        context.http.get("/", () => "up");
        entered.resolve(context);
        await gate.promise;
      },
    },
    { ASHLAR_PORT_OPS: String(port) },
  );
  await entered.promise;
  const early = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect(early.status).toBe(503);
  expect(await early.json()).toMatchObject({ status: "unready", checks: { start: { ok: false } } });
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  gate.resolve();
  await using service = await starting;
  expect((await fetch(`${service.running.opsUrl}/readyz`)).status).toBe(200);
  expect((await service.call("GET", "/")).body).toBe("up");
});

test("SK14: a stop turns unready, finishes what is in flight, then releases in reverse", async () => {
  const order: string[] = [];
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const service = await startService({
    open: ({ http, scope, signal }) => {
      scope.defer(() => void order.push("first opened"));
      scope.defer(() => void order.push("last opened"));
      signal.addEventListener("abort", () => order.push("signal"));
      http.get("/slow", async () => {
        entered.resolve();
        await gate.promise;
        order.push("answered");
        return "done";
      });
    },
  });
  const inFlight = fetch(`${service.url}/slow`);
  await entered.promise;
  const stopped = service.running.stop();
  const ready = await fetch(`${service.running.opsUrl}/readyz`);
  expect([ready.status, ((await ready.json()) as { status: string }).status]).toEqual([
    503,
    "stopping",
  ]);
  await expect(fetch(`${service.url}/slow`)).rejects.toThrow("fetch failed");
  gate.resolve();
  const answer = await inFlight;
  expect([answer.headers.get("connection"), await answer.text()]).toEqual(["close", "done"]);
  await stopped;
  expect(order).toEqual(["answered", "signal", "last opened", "first opened"]);
});

test("SK14: a stop is not held up by idle or half-open connections", async () => {
  const service = await startService({ open: ({ http }) => void http.get("/", () => "up") });
  await service.call("GET", "/"); // Its connection stays open for the next request.
  const { connect } = await import("node:net");
  const { hostname, port } = new URL(service.url);
  const half = connect(Number(port), hostname);
  await new Promise((resolve) => half.once("connect", resolve));
  half.write("GET / HT");
  half.on("error", () => undefined);
  const closed = new Promise((resolve) => half.once("close", resolve));
  await Promise.all([service.running.stop(), closed]);
});

test("stopping twice is one stop", async () => {
  let released = 0;
  const service = await startService({ open: ({ scope }) => scope.defer(() => void released++) });
  await Promise.all([service.running.stop(), service.running.stop()]);
  expect(released).toBe(1);
});

test("SK13: a failed open is told in one line with its code, and what was opened is released", async () => {
  let released = 0;
  const { lines, error } = await failedStart({
    open: ({ scope, uses }) => {
      scope.defer(() => void released++);
      uses.url("ORDERS_URL");
    },
  });
  expect(error).toMatchObject({ code: "USE_MISSING" });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: "fatal",
    part: "demo",
    text: "service could not start",
    code: "USE_MISSING",
    reason: "no address under ORDERS_URL: declare it in the part's uses",
  });
  expect(released).toBe(1);
});

test("SK13: settings and configuration are refused with every fault, before anything opens", async () => {
  const settings = await failedStart(
    { open: () => undefined },
    { ASHLAR_PORT_HTTP: "99999", ASHLAR_DRAIN_MS: "soon", ASHLAR_PLAN: "/nowhere.json" },
  );
  expect(settings.error).toMatchObject({ code: "SERVICE_SETTINGS_INVALID" });
  expect(settings.lines[0]?.["reason"]).toMatch(
    /PORT_HTTP.*DRAIN_MS.*PLAN|PLAN.*PORT_HTTP.*DRAIN_MS/,
  );

  const declared = config({
    minutes: integer({ default: 5, min: 1 }),
    retries: integer({ default: 1 }),
  });
  const wrong = await failedStart(
    { config: declared, open: () => undefined },
    { MINUTES: "0", RETRIES: "x" },
  );
  expect(wrong.error).toMatchObject({ code: "CONFIG_INVALID" });
});

test("SK13: a port in use is refused with its number", async () => {
  await using first = await startService({ open: () => undefined });
  const taken = new URL(first.url).port;
  const { error } = await failedStart({ open: () => undefined }, { ASHLAR_PORT_HTTP: taken });
  expect(error).toMatchObject({ code: "HTTP_PORT_UNAVAILABLE", detail: { port: Number(taken) } });
});

test("SK13: an open that does not end is given up when the time to start is over", async () => {
  const { error } = await failedStart(
    { open: () => new Promise(() => undefined) },
    { ASHLAR_STARTUP_MS: "50" },
  );
  expect(error).toMatchObject({ code: "START_TIMED_OUT" });
});

test("configuration comes typed from file and environment, metrics are shown at zero", async () => {
  using directory = folder();
  const file = join(directory.path, "config.json");
  writeFileSync(file, JSON.stringify({ minutes: 7 }));
  const declared = config({ minutes: integer({ default: 5 }), retries: integer({ default: 1 }) });
  const placed = counter("orders_placed_total", { help: "x" });
  let seen: unknown;
  const definition: ServiceDefinition<typeof declared.fields> = {
    config: declared,
    metrics: { placed },
    open: ({ config: values }) => {
      const minutes: number = values.minutes;
      seen = { minutes, retries: values.retries };
    },
  };
  await using service = await startService(definition as unknown as ServiceDefinition, {
    ASHLAR_CONFIG: file,
    RETRIES: "3",
  });
  expect(seen).toEqual({ minutes: 7, retries: 3 });
  expect(await service.metrics()).toContain('orders_placed_total{part="demo"} 0');
});

test("a secret comes trimmed from its file, or from its variable; an open file is warned of", async () => {
  using directory = folder();
  const file = join(directory.path, "key");
  writeFileSync(file, "s3cret-value\n", { mode: 0o644 });
  const seen: string[] = [];
  await using service = await startService(
    { open: ({ uses }) => void seen.push(uses.secret("TOKENS_SIGNING"), uses.secret("MAIL_KEY")) },
    { TOKENS_SIGNING_FILE: file, MAIL_KEY: "other" },
  );
  expect(seen).toEqual(["s3cret-value", "other"]);
  const warning = service.lines.find((each) => each["level"] === "warn");
  expect(warning).toMatchObject({ mode: "644" });
  expect(JSON.stringify(service.lines)).not.toContain("s3cret-value");
});

test("a missing or empty secret is refused by name, never by value", async () => {
  using directory = folder();
  const file = join(directory.path, "key");
  writeFileSync(file, "\n", { mode: 0o600 });
  const empty = await failedStart(
    { open: ({ uses }) => void uses.secret("TOKENS_SIGNING") },
    { TOKENS_SIGNING_FILE: file },
  );
  expect(empty.error).toMatchObject({
    code: "SECRET_UNREADABLE",
    detail: { name: "TOKENS_SIGNING" },
  });
  const missing = await failedStart({ open: ({ uses }) => void uses.secret("TOKENS_SIGNING") });
  expect(missing.error).toMatchObject({ code: "USE_MISSING" });
});

test("an address of an engine without an adapter is refused with what is supported", async () => {
  const { error } = await failedStart(
    { open: async ({ uses }) => void (await uses.stream("EVENTS_URL")) },
    { EVENTS_URL: "nats://127.0.0.1:4222" },
  );
  expect(error).toMatchObject({
    code: "USE_SCHEME_UNSUPPORTED",
    detail: { scheme: "nats", supported: ["postgres", "postgresql"] },
  });
});
