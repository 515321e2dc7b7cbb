/**
 * One request and its response, from the first header to the last byte.
 *
 * The order is fixed: load, headers, target, route, preflight, size, limits by address, credentials,
 * remaining limits, cache, service. Each step ends the exchange with a refusal, goes on at once, or,
 * where it must wait (a store, a key set, a body), goes on later; nothing is awaited that is known.
 *
 * - GE1  Every exchange ends exactly once, and is then logged, counted and traced once.
 * - GE2  A request beyond `maxInFlight` is refused before any work is done for it.
 * - GE3  Nothing of a body is read before its sender has passed limits and credentials.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { describeError } from "@ashlar/foundation";
import { logAccess } from "./access-log.ts";
import type { ClientAddress } from "./client-address.ts";
import type { Consumer } from "./consumer.ts";
import { answerPreflight, corsHeaders, isPreflight } from "./cross-origin.ts";
import type { Edge, RouteRuntime } from "./edge.ts";
import { Forwarding } from "./forwarding.ts";
import type { GatewayResponse } from "./gateway-response.ts";
import {
  bodyTooLarge,
  isProblem,
  type Problem,
  problem,
  problemBody,
  statusOf,
} from "./problem.ts";
import type { LimitVerdict } from "./rate-limiter.ts";
import { hasBody, type RequestHeaders, readRequestHeaders } from "./request-headers.ts";
import { parseRequestTarget, type RequestTarget } from "./request-target.ts";
import { isCacheable, type Recording } from "./response-cache.ts";
import { isRouteMatch } from "./route-table.ts";
import { serveCached } from "./serve-cached.ts";
import type { GatewaySpan } from "./telemetry.ts";
import { correlationIdFrom, nextTraceparent, validTraceparent } from "./trace-context.ts";

/** What to do with an admitted WebSocket; the exchange itself then stays silent. */
export type Tunnel = (exchange: Exchange) => void;

/** The route that a request goes on to; why it does not; or that it has its answer already. */
type Admission = RouteRuntime | Problem | "answered";

/** What is known of a request when it has been admitted; before that, only placeholders. */
const noTarget: RequestTarget = { path: "", query: "" };
const noAddress: ClientAddress = { ip: "", proto: "http", host: "", forwardedFor: "" };

export class Exchange {
  readonly edge: Edge;
  readonly request: IncomingMessage;
  readonly response: GatewayResponse;
  readonly startMs: number;
  headers: RequestHeaders | undefined;
  target: RequestTarget = noTarget;
  upstreamPath = "";
  client: ClientAddress = noAddress;
  correlationId = "";
  traceparent = "";
  runtime: RouteRuntime | undefined;
  consumer: Consumer | undefined;
  forwarding: Forwarding | undefined;
  /** Of the body, towards the client. */
  bytesSent = 0;
  attempts = 0;
  problemCode: string | undefined;
  /** Limits and CORS: to go into any response. */
  #extraHeaders: readonly string[] = [];
  #limitHeaders: readonly string[] = [];
  #span: GatewaySpan | undefined;
  #isInFlight = true;
  #isClosed = false;
  readonly #tunnel: Tunnel | undefined;

  constructor(edge: Edge, request: IncomingMessage, response: GatewayResponse, tunnel?: Tunnel) {
    this.edge = edge;
    this.request = request;
    this.response = response;
    this.startMs = edge.clock.monotonicMs();
    this.#tunnel = tunnel;
    response.exchange = this;
  }

  start(): void {
    this.edge.state.inFlight += 1;
    try {
      const admitted = this.#admit();
      if (admitted === "answered") return;
      if (isProblem(admitted)) this.refuse(admitted);
      else this.#limitFirst(admitted);
    } catch (error) {
      this.crash(error);
    }
  }

  /** True once the client has gone or the answer is complete: nothing more can be said. */
  get isOver(): boolean {
    return this.response.writableEnded || this.response.destroyed;
  }

  #admit(): Admission {
    const { edge, request } = this;
    const headers = readRequestHeaders(request.rawHeaders);
    const sent = isProblem(headers) ? undefined : headers.correlationId;
    this.correlationId = correlationIdFrom(sent, edge.ids);
    if (edge.state.inFlight > edge.maxInFlight) {
      return problem("OVERLOADED", "the gateway is at its limit of requests in flight", {
        headers: ["retry-after", "1"],
        close: true,
      });
    }
    if (isProblem(headers)) return headers;
    this.headers = headers;
    if (!isHost(headers.host)) {
      return problem("HEADER_REFUSED", "the Host header is not a host name", { close: true });
    }
    const { remoteAddress = "" } = request.socket;
    const encrypted = "encrypted" in request.socket;
    this.client = edge.addresses.resolve({ ip: remoteAddress, encrypted }, headers);
    const target = parseRequestTarget(request.url ?? "");
    if (isProblem(target)) return target;
    this.target = target;
    if (edge.openApi !== undefined && target.path === edge.openApi.path) {
      edge.openApi.answer(this);
      return "answered";
    }
    return this.#route(headers);
  }

  #route(headers: RequestHeaders): Admission {
    const { edge, target } = this;
    const sentMethod = this.request.method ?? "";
    const preflight = this.#tunnel === undefined && isPreflight(sentMethod, headers);
    const method = preflight ? (headers.accessControlRequestMethod ?? "") : sentMethod;
    const protocol = this.#tunnel === undefined ? "http" : "websocket";
    const host = hostName(this.client.host);
    const found = edge.routes.match({ host, path: target.path, method, protocol });
    if (found === undefined) return problem("ROUTE_NOT_FOUND", `no route for ${target.path}`);
    if (!isRouteMatch(found)) {
      if (preflight) return problem("CORS_REFUSED", `permitted methods: ${found.allow.join(", ")}`);
      if (!found.protocols.has(protocol)) return wrongProtocol(protocol);
      const allow = found.allow.join(", ");
      return problem("ROUTE_METHOD_REFUSED", `this path takes ${allow}`, {
        headers: ["allow", allow],
      });
    }
    const runtime = edge.runtimes.get(found.route);
    if (runtime === undefined) return problem("GATEWAY_FAULT", "the route has no service");
    this.runtime = runtime;
    this.upstreamPath = found.upstreamPath;
    const { cors, bodyBytesMax } = found.route;
    if (preflight) {
      const answer = answerPreflight(found.route, headers);
      if (isProblem(answer)) return answer;
      this.respondAtOnce(204, answer, "");
      return "answered";
    }
    if (cors !== null) this.#extraHeaders = corsHeaders(cors, headers.origin);
    if (headers.contentLength > bodyBytesMax) return bodyTooLarge(bodyBytesMax);
    this.#trace(headers, runtime);
    return runtime;
  }

  #trace(headers: RequestHeaders, runtime: RouteRuntime): void {
    const parent = validTraceparent(headers.traceparent);
    const method = this.request.method ?? "";
    const span = this.edge.instruments.tracer.start({ method, route: runtime.plan.name, parent });
    this.#span = span;
    this.traceparent = span?.traceparent ?? nextTraceparent(parent, this.edge.ids);
  }

  #limitFirst(runtime: RouteRuntime): void {
    const { limitsBefore } = runtime;
    if (limitsBefore.length === 0) {
      this.#authenticate(runtime);
      return;
    }
    const requester = { ip: this.client.ip, consumer: undefined };
    const verdict = this.edge.limiter.take(runtime.plan, limitsBefore, requester);
    if (verdict instanceof Promise) {
      verdict
        .then((each) => this.#isAllowed(each) && this.#authenticate(runtime))
        .catch(this.crash);
    } else if (this.#isAllowed(verdict)) this.#authenticate(runtime);
  }

  #authenticate(runtime: RouteRuntime): void {
    const { access } = runtime.plan;
    if (access.schemes.length === 0) {
      this.#serve(runtime);
      return;
    }
    const headers = this.headers as RequestHeaders;
    const outcome = this.edge.authentication.authenticate(access, headers);
    if (outcome instanceof Promise) {
      outcome.then((each) => this.#limitConsumer(runtime, each)).catch(this.crash);
    } else this.#limitConsumer(runtime, outcome);
  }

  #limitConsumer(runtime: RouteRuntime, outcome: Consumer | Problem): void {
    if (isProblem(outcome)) {
      this.refuse(outcome);
      return;
    }
    this.consumer = outcome;
    const { limitsAfter, plan } = runtime;
    if (limitsAfter.length === 0) {
      this.#serve(runtime);
      return;
    }
    const requester = { ip: this.client.ip, consumer: outcome.id };
    const verdict = this.edge.limiter.take(plan, limitsAfter, requester);
    if (verdict instanceof Promise) {
      verdict.then((each) => this.#isAllowed(each) && this.#serve(runtime)).catch(this.crash);
    } else if (this.#isAllowed(verdict)) this.#serve(runtime);
  }

  #isAllowed(verdict: LimitVerdict): boolean {
    this.#limitHeaders = verdict.headers;
    if (verdict.problem === undefined) return true;
    this.refuse(verdict.problem);
    return false;
  }

  #serve(runtime: RouteRuntime): void {
    if (this.isOver) return; // The client left while its credentials were looked at.
    if (this.#tunnel !== undefined) {
      this.#tunnel(this);
      return;
    }
    const { cache } = runtime.plan;
    const headers = this.headers as RequestHeaders;
    if (cache !== null && this.consumer === undefined) {
      if (isCacheable(this.request.method ?? "", headers)) {
        serveCached(this, runtime, cache);
        return;
      }
      const { name } = runtime.plan;
      this.edge.instruments.cacheRequests.add({ route: name, outcome: "bypass" });
    }
    this.forward(runtime);
  }

  /** Asks the service. */
  forward(runtime: RouteRuntime, recording?: Recording): void {
    this.forwarding = new Forwarding(this, runtime, recording);
    this.forwarding.start();
  }

  /** Headers that the gateway adds to every answer of this exchange, to be appended to `headers`. */
  addOwnHeaders(headers: string[]): string[] {
    for (const each of this.#extraHeaders) headers.push(each);
    for (const each of this.#limitHeaders) headers.push(each);
    headers.push("x-correlation-id", this.correlationId);
    if (this.edge.state.draining) headers.push("connection", "close");
    return headers;
  }

  /** A whole answer of the gateway's own. `headers`: name, value, name, value. */
  respondAtOnce(status: number, headers: readonly string[], body: string | Buffer): void {
    if (this.isOver) return;
    const bytes = typeof body === "string" ? Buffer.byteLength(body) : body.length;
    const own = this.addOwnHeaders([...headers]);
    if (status !== 204 && status !== 304) own.push("content-length", String(bytes));
    this.response.writeHead(status, own);
    const isBodiless = this.request.method === "HEAD";
    this.bytesSent += isBodiless ? 0 : bytes;
    this.response.end(isBodiless ? undefined : body);
  }

  /** Ends with a problem; if an answer had begun, the connection is cut so that it is seen as broken. */
  refuse(refusal: Problem): void {
    this.problemCode = refusal.code;
    const route = this.runtime?.plan.name ?? "none";
    this.edge.instruments.refusals.add({ route, code: refusal.code });
    if (this.response.headersSent) {
      this.response.destroy();
      return;
    }
    const headers = ["content-type", "application/problem+json", "cache-control", "no-store"];
    if (refusal.headers !== undefined) headers.push(...refusal.headers);
    const hasUnreadBody = this.headers !== undefined && hasBody(this.headers);
    const close = refusal.close === true || (hasUnreadBody && !this.request.complete);
    if (close && !this.edge.state.draining) headers.push("connection", "close");
    this.respondAtOnce(statusOf(refusal), headers, problemBody(refusal, this.correlationId));
  }

  /** A fault of ours: the client learns only the correlation id. */
  readonly crash = (error: unknown): void => {
    const { correlationId } = this;
    this.edge.instruments.log.error("request failed", {
      correlationId,
      error: describeError(error),
    });
    this.refuse(problem("GATEWAY_FAULT", "the gateway failed; the log has the correlation id"));
  };

  /** The response is complete, or its connection is gone (GE1). */
  onClose(): void {
    this.leaveFlight();
    if (!this.response.writableFinished) this.forwarding?.onClientGone();
    this.close(this.response.writableFinished ? this.response.statusCode : 499);
  }

  /** Counts as in flight no longer: it is over, or it has become a WebSocket. */
  leaveFlight(): void {
    if (!this.#isInFlight) return;
    this.#isInFlight = false;
    this.edge.state.inFlight -= 1;
  }

  /** Tells log, metrics and trace; 499: the client left first. */
  close(status: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    logAccess(this, status);
    this.#span?.end({ status, route: this.runtime?.plan.name ?? "none" });
  }
}

const hostPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9])(?::\d{1,5})?$/;

function isHost(host: string | undefined): boolean {
  return host !== undefined && hostPattern.test(host);
}

/** Lower case, without port. */
function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

function wrongProtocol(protocol: "http" | "websocket"): Problem {
  if (protocol === "websocket") {
    return problem("UPGRADE_REFUSED", "this route speaks HTTP, not WebSocket", { close: true });
  }
  return problem("UPGRADE_REQUIRED", "this route speaks WebSocket only", {
    headers: ["upgrade", "websocket"],
  });
}
