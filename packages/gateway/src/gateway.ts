/**
 * Opens and closes a gateway: the listener, and everything behind it.
 *
 * - GD5  A gateway that drains answers what it is asked, with `Connection: close`, until it stops listening;
 *        then it finishes what is in flight, and only what outlives the grace is cut.
 * - GD6  A connection that sends no complete header section within `headerTimeoutMs` gets 408 and is closed;
 *        a malformed one gets 400; connections beyond `maxConnections` are closed at once.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Environment, Scope } from "@ashlar/foundation";
import type { GatewayPlan, TokenIssuerPlan } from "@ashlar/model";
import { request as fetchUrl } from "undici";
import { ApiKeyVerifier } from "./api-key.ts";
import { Authentication } from "./authentication.ts";
import { answerBrokenRequest } from "./broken-request.ts";
import { ClientAddresses } from "./client-address.ts";
import { type Addresses, checkGatewayPlan, compileRoute } from "./compile.ts";
import type { ApiKeyStore, PasswordStore } from "./credential-store.ts";
import { DeadlineWheel } from "./deadline-wheel.ts";
import type { Edge } from "./edge.ts";
import { KeySetError } from "./errors.ts";
import { Exchange } from "./exchange.ts";
import { GatewayResponse, observeResponse } from "./gateway-response.ts";
import { type Instruments, openInstruments } from "./instruments.ts";
import { KeySet } from "./key-set.ts";
import { MemoryRateLimitStore } from "./memory-rate-limit-store.ts";
import { OpenApiDocument } from "./open-api.ts";
import { PasswordVerifier } from "./password.ts";
import type { RateLimitStore } from "./rate-limit-store.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { ResponseCache } from "./response-cache.ts";
import { RouteTable } from "./route-table.ts";
import type { GatewayTelemetry } from "./telemetry.ts";
import { readTlsPair, type TlsFiles, watchTlsFiles } from "./tls-files.ts";
import { TokenVerifier } from "./token-verifier.ts";
import { RandomIds } from "./trace-context.ts";
import { Upstream } from "./upstream.ts";
import { WebSockets } from "./web-socket.ts";

export interface GatewayOptions {
  /** Part name: the realm of challenges. */
  readonly name: string;
  /** System name: prefix of keys in shared stores. */
  readonly system: string;
  readonly plan: GatewayPlan;
  readonly addresses: Addresses;
  readonly listen: { readonly host: string; readonly port: number };
  readonly environment: Environment;
  readonly telemetry: GatewayTelemetry;
  /** Undefined: limits are counted in this process. */
  readonly sharedRateLimits?: RateLimitStore | undefined;
  readonly apiKeys: ApiKeyStore;
  readonly passwords: PasswordStore;
  readonly tls?: TlsFiles | undefined;
  /** Response cache. Default 32 MiB. */
  readonly cacheBytesMax?: number;
}

export interface DrainOptions {
  /** For how long new requests are still taken, so that routers can notice. */
  readonly keepServingMs: number;
  /** After that, how long requests in flight may take. */
  readonly graceMs: number;
}

export interface Gateway extends AsyncDisposable {
  readonly port: number;
  /** Stops as GD5 says; idempotent. */
  drain(options: DrainOptions): Promise<void>;
  /** Closes at once. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws {GatewayPlanError} {@link TlsFilesError}, or the system's error for a port in use. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  checkGatewayPlan(options.plan, options.addresses);
  const scope = new Scope();
  try {
    const edge = openEdge(options, scope);
    const webSockets = new WebSockets(edge);
    const server = await openServer(options, edge, webSockets, scope);
    await listen(server, options.listen);
    return new RunningGateway({ server, edge, webSockets, scope });
  } catch (error) {
    await scope.close();
    throw error;
  }
}

function openEdge(options: GatewayOptions, scope: Scope): Edge {
  const { plan, environment, telemetry } = options;
  const { clock } = environment;
  const state = { inFlight: 0, webSockets: 0, draining: false };
  const cache = new ResponseCache(clock, options.cacheBytesMax ?? 32 * 2 ** 20);
  const instruments = scope.own(
    openInstruments(telemetry, ({ inFlight, webSockets, cacheBytes }) => {
      inFlight.set({}, state.inFlight);
      webSockets.set({}, state.webSockets);
      cacheBytes.set({}, cache.bytes);
    }),
  );
  const wheel = new DeadlineWheel(clock, scope.signal);
  const upstreams = openUpstreams(options, instruments, scope);
  const routes = new RouteTable(plan.routes);
  const runtimes = new Map(
    plan.routes.map((route) => {
      const upstream = upstreams.get(upstreamKey(route.target)) as Upstream;
      return [route, compileRoute(route, plan.routes, upstream)];
    }),
  );
  const countFailure = (store: "rate_limits" | "credentials") => (): void =>
    instruments.storeFailures.add({ store });
  return {
    clock,
    wheel,
    ids: new RandomIds(environment.entropy),
    routes,
    runtimes,
    addresses: new ClientAddresses(plan.trustedProxies),
    authentication: new Authentication({
      realm: options.name,
      tokens: openTokens(options),
      apiKeys: new ApiKeyVerifier(clock, options.apiKeys),
      passwords: new PasswordVerifier(clock, options.passwords),
      log: telemetry.log,
      onStoreFailure: countFailure("credentials"),
    }),
    limiter: new RateLimiter({
      clock,
      log: telemetry.log,
      shared: options.sharedRateLimits,
      local: new MemoryRateLimitStore(clock),
      onStoreFailure: countFailure("rate_limits"),
      namespace: options.system,
    }),
    cache,
    openApi: openOpenApi(options, routes, upstreams),
    instruments,
    state,
    maxInFlight: plan.maxInFlight,
    webSocketsMax: Math.max(1, Math.floor(plan.maxConnections * 0.8)),
  };
}

function upstreamKey({ part, port }: { readonly part: string; readonly port: string }): string {
  return `${part}:${port}`;
}

function openUpstreams(
  options: GatewayOptions,
  instruments: Instruments,
  scope: Scope,
): ReadonlyMap<string, Upstream> {
  const upstreams = new Map<string, Upstream>();
  for (const { target } of options.plan.routes) {
    const key = upstreamKey(target);
    if (upstreams.has(key)) continue;
    const upstream = new Upstream({
      name: target.part,
      addresses: options.addresses(target.part, target.port),
      clock: options.environment.clock,
      onEjectedChange: (ejected) => instruments.ejected.set({ target: target.part }, ejected),
    });
    upstreams.set(key, scope.own(upstream));
  }
  return upstreams;
}

function openTokens(options: GatewayOptions): TokenVerifier {
  const { clock } = options.environment;
  const { log } = options.telemetry;
  const issuers = options.plan.issuers.map((plan) => {
    const fetchKeys = (): Promise<unknown> => fetchKeySet(plan, options.addresses);
    const onKeysRemoved = (): void => verifier.forget();
    return { plan, keys: new KeySet({ issuer: plan, fetchKeys, clock, log, onKeysRemoved }) };
  });
  const verifier = new TokenVerifier(clock, issuers);
  return verifier;
}

const keySetTimeoutMs = 3_000;
const keySetBytesMax = 262_144;

async function fetchKeySet(issuer: TokenIssuerPlan, addresses: Addresses): Promise<unknown> {
  const { jwks } = issuer;
  const urls =
    jwks.from === "url"
      ? [jwks.url]
      : addresses(jwks.part, jwks.port).map((each) => new URL(jwks.path, each).href);
  let failure: unknown;
  for (const url of urls) {
    try {
      const answer = await fetchUrl(url, {
        headersTimeout: keySetTimeoutMs,
        bodyTimeout: keySetTimeoutMs,
        headers: { accept: "application/json" },
      });
      const text = await answer.body.text();
      if (answer.statusCode !== 200)
        failure = new KeySetError(issuer.name, `status ${answer.statusCode}`);
      else if (text.length > keySetBytesMax)
        failure = new KeySetError(issuer.name, "it is too large");
      else return JSON.parse(text);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function openOpenApi(
  { plan, environment, telemetry }: GatewayOptions,
  table: RouteTable,
  upstreams: ReadonlyMap<string, Upstream>,
): OpenApiDocument | undefined {
  if (plan.openapi === null) return undefined;
  const byPart = new Map([...upstreams.values()].map((each) => [each.name, each]));
  return new OpenApiDocument({
    ...plan.openapi,
    routes: plan.routes,
    table,
    upstreams: byPart,
    clock: environment.clock,
    log: telemetry.log,
  });
}

type EdgeServer = Server<typeof IncomingMessage, typeof GatewayResponse>;

async function openServer(
  options: GatewayOptions,
  edge: Edge,
  webSockets: WebSockets,
  scope: Scope,
): Promise<EdgeServer> {
  const { plan, environment, telemetry } = options;
  const settings: ServerOptions<typeof IncomingMessage, typeof GatewayResponse> = {
    ServerResponse: GatewayResponse,
    insecureHTTPParser: false,
    requireHostHeader: false, // The exchange asks for it, and answers with a problem document.
    maxHeaderSize: plan.headerBytesMax,
    headersTimeout: plan.headerTimeoutMs,
    // The route's own deadline bounds the body; see Forwarding.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.max(10, Math.min(1_000, plan.headerTimeoutMs / 4)),
    keepAliveTimeout: 65_000,
    noDelay: true,
    shouldUpgradeCallback: isWebSocketUpgrade,
  };
  let server: EdgeServer;
  if (options.tls === undefined) server = createServer(settings);
  else {
    const pair = await readTlsPair(options.tls);
    const tlsServer = createTlsServer({ ...settings, ...pair, minVersion: "TLSv1.2" });
    const { clock } = environment;
    const { log } = telemetry;
    const watch = { server: tlsServer, files: options.tls, present: pair, clock, log };
    const watching = watchTlsFiles(watch, scope.signal);
    scope.defer(() => watching);
    server = tlsServer;
  }
  server.maxConnections = plan.maxConnections;
  server.on("drop", () => edge.instruments.connectionsRefused.add({}));
  const serve = (request: IncomingMessage, response: GatewayResponse): void => {
    observeResponse(response);
    new Exchange(edge, request, response).start();
  };
  server.on("request", serve);
  server.on("checkContinue", serve);
  server.on("checkExpectation", serve);
  server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const response = new GatewayResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    observeResponse(response);
    response.on("finish", () => socket.destroySoon());
    socket.on("error", () => socket.destroy());
    new Exchange(edge, request, response, (exchange) =>
      webSockets.connect(exchange, socket, head),
    ).start();
  });
  server.on("connect", (_request, socket: Duplex) => {
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    answerBrokenRequest(edge, error, socket);
  });
  return server;
}

function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.method === "GET" && request.headers.upgrade?.toLowerCase() === "websocket";
}

async function listen(
  server: EdgeServer,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

interface Running {
  readonly server: EdgeServer;
  readonly edge: Edge;
  readonly webSockets: WebSockets;
  readonly scope: Scope;
}

class RunningGateway implements Gateway {
  readonly port: number;
  readonly #running: Running;
  #draining: Promise<void> | undefined;

  constructor(running: Running) {
    this.#running = running;
    this.port = (running.server.address() as AddressInfo).port;
  }

  drain(options: DrainOptions): Promise<void> {
    this.#draining ??= this.#drain(options);
    return this.#draining;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, scope } = this.#running;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    this.#running.webSockets.cut();
    await scope.close();
    await closed;
  }

  async #drain({ keepServingMs, graceMs }: DrainOptions): Promise<void> {
    const { server, edge, webSockets, scope } = this.#running;
    edge.state.draining = true;
    webSockets.goAway();
    await edge.clock.sleep(keepServingMs, scope.signal).catch(() => undefined);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    const patience = new AbortController();
    const cut = edge.clock
      .sleep(graceMs, patience.signal)
      .then(() => {
        server.closeAllConnections();
        webSockets.cut();
      })
      .catch(() => undefined);
    await closed;
    patience.abort();
    await cut;
    await this[Symbol.asyncDispose]();
  }
}
