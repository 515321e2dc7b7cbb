import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { realEnvironment } from "@ashlar/program";
import { expect, test } from "vitest";
import { openTelemetry, type TelemetryOptions } from "../src/index.ts";

function options(lines: string[]): TelemetryOptions {
  return {
    part: "users",
    instance: "users-0",
    system: "shop",
    environment: realEnvironment(),
    write: (line) => void lines.push(line),
    logContext: () => ({ correlationId: "c-1" }),
  };
}

interface Collector extends AsyncDisposable {
  readonly endpoint: string;
  readonly requests: { readonly url: string | undefined; readonly body: string }[];
}

async function collector(): Promise<Collector> {
  const requests: Collector["requests"] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      requests.push({ url: request.url, body: Buffer.concat(chunks).toString() });
      response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

test("TEL7, TEL17: a log line inside a span has its ids, and the collector gets the span", async () => {
  await using receiver = await collector();
  const lines: string[] = [];
  {
    await using telemetry = openTelemetry({ ...options(lines), otlpEndpoint: receiver.endpoint });
    await telemetry.tracing;
    telemetry.tracer.span("work", { kind: "server" }, () => telemetry.log.info("inside"));
  }
  const line = JSON.parse(lines[0] ?? "") as Record<string, string>;
  const [sent] = receiver.requests;
  expect(sent?.url).toBe("/v1/traces");
  expect(line).toMatchObject({ correlationId: "c-1", traceId: expect.any(String) });
  expect(sent?.body).toContain(`"traceId":"${line["traceId"]}","spanId":"${line["spanId"]}"`);
  expect(sent?.body).toContain('{"key":"service.name","value":{"stringValue":"users"}}');
});

test("TEL16: a collector that is not there disturbs nothing and is told once", async () => {
  const lines: string[] = [];
  let exposed: string;
  {
    await using telemetry = openTelemetry({
      ...options(lines),
      otlpEndpoint: "http://127.0.0.1:9",
    });
    await telemetry.tracing;
    expect(telemetry.tracer.span("work", {}, () => 7)).toBe(7);
    await telemetry[Symbol.asyncDispose]();
    exposed = await telemetry.metrics.expose();
  }
  expect(lines.filter((each) => each.includes("spans cannot be exported"))).toHaveLength(1);
  expect(exposed).toContain(
    'telemetry_dropped_total{signal="span",reason="export_failed",part="users"} 1',
  );
});

test("without an endpoint the tracing SDK is not loaded", async () => {
  await using telemetry = openTelemetry(options([]));
  await telemetry.tracing;
  const span = telemetry.tracer.start("work");
  expect(span.context.sampled).toBe(false);
});
