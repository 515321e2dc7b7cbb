import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { createHealth, createMetricRegistry, serveOps } from "../src/index.ts";

function telemetry() {
  return {
    health: createHealth(new SimulatedClock()),
    metrics: createMetricRegistry({ part: "users" }),
  };
}

test("answers /healthz, /readyz and /metrics, and nothing else", async () => {
  const parts = telemetry();
  await using server = await serveOps({ host: "127.0.0.1", port: 0, telemetry: parts });
  const base = `http://127.0.0.1:${server.port}`;
  const alive = await fetch(`${base}/healthz`);
  expect([alive.status, await alive.json()]).toEqual([200, { status: "ok" }]);
  const metrics = await fetch(`${base}/metrics?x=1`);
  expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect((await fetch(`${base}/`)).status).toBe(404);
  expect((await fetch(`${base}/healthz/../secrets`)).status).toBe(404);
  const posted = await fetch(`${base}/readyz`, { method: "POST", body: "x" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("TEL12: /readyz turns 503 when stopping, /healthz stays", async () => {
  const parts = telemetry();
  await using server = await serveOps({ host: "127.0.0.1", port: 0, telemetry: parts });
  const base = `http://127.0.0.1:${server.port}`;
  expect((await fetch(`${base}/readyz`)).status).toBe(200);
  parts.health.setStopping();
  const ready = await fetch(`${base}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([503, { status: "stopping", checks: {} }]);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
});

test("a port in use is a coded error that names it", async () => {
  await using first = await serveOps({ host: "127.0.0.1", port: 0, telemetry: telemetry() });
  const second = serveOps({ host: "127.0.0.1", port: first.port, telemetry: telemetry() });
  await expect(second).rejects.toMatchObject({
    code: "OPS_PORT_UNAVAILABLE",
    detail: { port: first.port },
  });
});
