/**
 * The port that the platform looks at: /healthz, /readyz, /metrics, and nothing else.
 *
 * On bare `node:http`, apart from the program's own servers, so that no route can reach it and a
 * program that is busy or still starting answers it.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { OpsPortError } from "./errors.ts";
import type { Health } from "./health.ts";
import { expositionContentType, type MetricRegistry } from "./metric-registry.ts";
import { nodeHttp } from "./node-http.ts";

export interface OpsServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly telemetry: { readonly health: Health; readonly metrics: MetricRegistry };
}

export interface OpsServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
}

/** @throws {OpsPortError} `OPS_PORT_UNAVAILABLE` */
export async function serveOps(options: OpsServerOptions): Promise<OpsServer> {
  const { host, telemetry } = options;
  const server = nodeHttp.createServer(
    { requestTimeout: 5_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      answer(request, telemetry).then(
        (each) => send(request, response, each),
        () => send(request, response, { status: 500, type: plain, body: "internal error\n" }),
      );
    },
  );
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(new OpsPortError(host, options.port, error)));
    server.listen(options.port, host, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const json = "application/json; charset=utf-8";
const plain = "text/plain; charset=utf-8";

async function answer(
  request: IncomingMessage,
  { health, metrics }: OpsServerOptions["telemetry"],
): Promise<Answer> {
  const path = (request.url ?? "/").split("?", 1)[0];
  const isKnown = path === "/healthz" || path === "/readyz" || path === "/metrics";
  if (!isKnown) return { status: 404, type: plain, body: "not found\n" };
  if (request.method !== "GET" && request.method !== "HEAD") {
    return { status: 405, type: plain, body: "method not allowed\n", allow: "GET, HEAD" };
  }
  if (path === "/metrics") {
    return { status: 200, type: expositionContentType, body: await metrics.expose() };
  }
  if (path === "/healthz") {
    return { status: 200, type: json, body: `${JSON.stringify(health.live())}\n` };
  }
  const readiness = await health.ready();
  const status = readiness.status === "ok" ? 200 : 503;
  return { status, type: json, body: `${JSON.stringify(readiness)}\n` };
}

function send(request: IncomingMessage, response: ServerResponse, each: Answer): void {
  response.writeHead(each.status, {
    "content-type": each.type,
    "content-length": Buffer.byteLength(each.body),
    "cache-control": "no-store",
    ...(each.allow === undefined ? {} : { allow: each.allow }),
  });
  response.end(request.method === "HEAD" ? undefined : each.body);
}
