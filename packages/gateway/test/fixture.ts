/**
 * A gateway with real sockets before it and behind it, and everything that tests ask it with.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import {
  type Gateway,
  type GatewayOptions,
  MemoryApiKeyStore,
  MemoryPasswordStore,
  openGateway,
  silentTelemetry,
} from "@ashlar/gateway";
import type { GatewayPlan, RoutePlan, TokenIssuerPlan } from "@ashlar/model";
import { realEnvironment } from "@ashlar/program";

export function routePlan(changes: Partial<RoutePlan> & { path: string }): RoutePlan {
  return {
    name: changes.path.replaceAll(/[^a-z]/gi, "") || "root",
    host: null,
    methods: [],
    protocol: "http",
    target: { part: "service", port: "http" },
    rewrite: null,
    access: { schemes: [], roles: [], scopes: [] },
    rateLimits: [],
    bodyBytesMax: 1_000_000,
    timeoutMs: 10_000,
    retry: { attempts: 0, perTryTimeoutMs: 5_000, initialMs: 1, maxMs: 5 },
    breaker: { consecutiveFailures: 5, openMs: 1_000, maxEjectedPercent: 50 },
    cors: null,
    cache: null,
    transform: { request: { set: {}, remove: [] }, response: { set: {}, remove: [] } },
    ...changes,
  };
}

export function gatewayPlan(
  routes: readonly RoutePlan[],
  changes: Partial<GatewayPlan> = {},
): GatewayPlan {
  return {
    hosts: [],
    routes,
    issuers: [],
    sharedState: null,
    tls: { certificate: "none", secret: null },
    trustedProxies: [],
    maxConnections: 1_000,
    maxInFlight: 500,
    headerBytesMax: 16_384,
    headerTimeoutMs: 10_000,
    openapi: null,
    ...changes,
  };
}

export const issuerPlan: TokenIssuerPlan = {
  name: "people",
  issuer: "https://people.example.com",
  audiences: ["shop"],
  algorithms: ["EdDSA", "RS256", "ES256"],
  jwks: { from: "part", part: "service", port: "http", path: "/jwks.json" },
  rolesClaim: "roles",
  scopesClaim: "scope",
  clockToleranceMs: 5_000,
};

/** A small service on a free port. */
export class Service implements AsyncDisposable {
  readonly server: Server;
  readonly url: string;
  readonly sockets: Set<Socket> = new Set();
  requests = 0;

  constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on("connection", (socket) => {
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
    });
    server.on("request", () => {
      this.requests += 1;
    });
  }

  static async open(listener: RequestListener): Promise<Service> {
    const server = createServer(listener);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Service(server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

/** Answers with what it received, as JSON. */
export const echo: RequestListener = (request, response) => {
  void bodyOf(request).then((body) => {
    const { method, url, headers, rawHeaders } = request;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ method, url, headers, rawHeaders, body }));
  });
};

export async function bodyOf(message: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}

export type Opened = Gateway & { readonly url: string };

export async function openTestGateway(
  plan: GatewayPlan,
  services: Readonly<Record<string, string | readonly string[]>>,
  changes: Partial<GatewayOptions> = {},
): Promise<Opened> {
  const gateway = await openGateway({
    name: "api",
    system: "test",
    plan,
    addresses: (part) => [services[part] ?? []].flat(),
    listen: { host: "127.0.0.1", port: 0 },
    environment: realEnvironment(),
    telemetry: silentTelemetry,
    apiKeys: new MemoryApiKeyStore(),
    passwords: new MemoryPasswordStore(),
    ...changes,
  });
  return Object.assign(gateway, { url: `http://127.0.0.1:${gateway.port}` });
}

/** Sends bytes as they are, and returns everything that comes until the other side closes. */
export async function exchangeRaw(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const pieces: Buffer[] = [];
  socket.on("data", (piece) => pieces.push(piece));
  socket.on("error", () => undefined);
  socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  await once(socket, "close");
  return Buffer.concat(pieces).toString("latin1");
}

export interface RawAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly text: string;
}

/** The first answer in what {@link exchangeRaw} returned. */
export function firstAnswer(text: string): RawAnswer {
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return { status, code, text };
}
