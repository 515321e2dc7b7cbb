/**
 * The HTTP server of the console: every request through one door, with the same checks.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "@ashlar/foundation";
import { NotFoundError, RequestRefusedError } from "./errors.ts";
import type { Access } from "./http/access.ts";
import { sendProblem, setSafeHeaders } from "./http/exchange.ts";
import { matchRoute, type Route } from "./http/router.ts";

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly access: Access;
  readonly routes: readonly Route[];
  readonly log: Log;
}

export interface OpenServer extends AsyncDisposable {
  readonly port: number;
}

export async function openServer(options: ServerOptions): Promise<OpenServer> {
  const server = createServer((request, response) => {
    void answer(request, response, options);
  });
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.maxConnections = 500;
  await listen(server, options.host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { access, routes, log }: ServerOptions,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  try {
    setSafeHeaders(response);
    access.checkHost(request); // CN3
    const url = new URL(request.url ?? "/", "http://console.invalid");
    const matched = matchRoute(routes, request.method ?? "GET", url.pathname);
    // An unknown address is not worth more to a stranger than a known one.
    if (matched?.route.access !== "open") access.checkRequest(request);
    if (matched === undefined) throw new NotFoundError(`${request.method} ${url.pathname}`);
    const { route, parameters } = matched;
    await route.answer({ request, response, url, parameters, signal: gone.signal });
  } catch (error) {
    if (!(error instanceof RequestRefusedError)) {
      log.warn("request failed", { path: request.url?.split("?")[0], error: String(error) });
    }
    sendProblem(response, error);
    // What is left of a refused body is not read to its end.
    if (!request.complete) request.destroy();
  }
}
