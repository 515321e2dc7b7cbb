/**
 * WebSockets: after the same admission as any request, two sockets that are joined.
 *
 * - GW1  Nothing is upgraded before route, limits and credentials have been passed; where the route has a
 *        CORS plan, the origin must be one of its own (browsers do not protect WebSockets by CORS).
 * - GW2  At most `webSocketsMax` are open; one more is refused with 503.
 * - GW3  A tunnel that is silent for the route's `timeoutMs` in both directions is closed.
 * - GW4  A gateway that stops puts a close frame (1001) between two frames, never into one.
 *
 * @module
 */
import { request as httpRequest, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Deadline, Waiter } from "./deadline-wheel.ts";
import type { Edge, RouteRuntime } from "./edge.ts";
import type { Exchange } from "./exchange.ts";
import { failureProblem } from "./forwarding.ts";
import { FrameBoundary, goingAwayFrame } from "./frame-boundary.ts";
import { type Problem, problem } from "./problem.ts";
import type { RequestHeaders } from "./request-headers.ts";
import { headerIn } from "./response-cache.ts";
import { passResponseHeaders } from "./response-headers.ts";
import { upstreamHeaders } from "./upstream-headers.ts";

/** After its close frame, how long a peer has to hang up. */
const closeTimeoutMs = 1_000;

/** All open tunnels of a gateway. */
export class WebSockets {
  readonly #edge: Edge;
  readonly #tunnels = new Set<Tunnel>();

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  get size(): number {
    return this.#tunnels.size;
  }

  /** Joins an admitted exchange with its service. */
  connect(exchange: Exchange, client: Socket, head: Buffer): void {
    const runtime = exchange.runtime as RouteRuntime;
    const fault = handshakeFault(exchange, runtime) ?? this.#capacityFault();
    if (fault !== undefined) {
      exchange.refuse(fault);
      return;
    }
    const { upstream, plan } = runtime;
    const replica = upstream.pick();
    if (replica === undefined) {
      exchange.refuse(failureProblem("unreachable", upstream.name));
      return;
    }
    const url = new URL(exchange.upstreamPath + exchange.target.query, replica.origin);
    const headers = upstreamHeaders(exchange, runtime);
    headers.push("host", url.host, "connection", "Upgrade", "upgrade", "websocket");
    const request = httpRequest(url, { headers, agent: false, timeout: plan.timeoutMs });
    exchange.attempts += 1;
    const onGone = (): void => {
      request.destroy();
      upstream.released(replica);
    };
    client.once("close", onGone);
    request.once("upgrade", (answer: IncomingMessage, server: Socket, rest: Buffer) => {
      client.off("close", onGone);
      upstream.succeeded(replica);
      if (client.destroyed) server.destroy();
      else this.#join(exchange, answer, { client, head, server, rest });
    });
    request.once("response", (answer) => {
      client.off("close", onGone);
      upstream.succeeded(replica);
      relayRefusal(exchange, answer);
    });
    request.once("timeout", () => {
      exchange.refuse(failureProblem("timeout", upstream.name));
      request.destroy();
    });
    request.once("error", () => {
      client.off("close", onGone);
      if (exchange.isOver) return;
      upstream.failed(replica, plan.breaker);
      exchange.refuse(failureProblem("unreachable", upstream.name));
    });
    request.end();
  }

  /** GW4 for every tunnel; they end within {@link closeTimeoutMs}. */
  goAway(): void {
    for (const tunnel of this.#tunnels) tunnel.goAway();
  }

  /** Ends every tunnel at once. */
  cut(): void {
    for (const tunnel of this.#tunnels) tunnel.cut();
  }

  #capacityFault(): Problem | undefined {
    const { state, webSocketsMax } = this.#edge;
    if (state.webSockets < webSocketsMax) return undefined;
    return problem("WEBSOCKETS_EXHAUSTED", "as many WebSockets are open as may be", {
      headers: ["retry-after", "5"],
    });
  }

  #join(exchange: Exchange, answer: IncomingMessage, ends: Ends): void {
    const { state } = this.#edge;
    exchange.response.detachSocket(ends.client);
    exchange.leaveFlight();
    const lines = ["HTTP/1.1 101 Switching Protocols", "connection: Upgrade", "upgrade: websocket"];
    const rules = (exchange.runtime as RouteRuntime).responseRules;
    const passed = exchange.addOwnHeaders(passResponseHeaders(answer.headers, rules));
    for (let i = 0; i < passed.length; i += 2) {
      if (passed[i] !== "connection") lines.push(`${passed[i]}: ${passed[i + 1]}`);
    }
    ends.client.write(`${lines.join("\r\n")}\r\n\r\n`);
    state.webSockets += 1;
    const tunnel = new Tunnel(this.#edge, exchange, ends, () => {
      this.#tunnels.delete(tunnel);
      state.webSockets -= 1;
      exchange.close(101);
    });
    this.#tunnels.add(tunnel);
    if (state.draining) tunnel.goAway();
  }
}

interface Ends {
  readonly client: Socket;
  /** What the client had sent after its handshake. */
  readonly head: Buffer;
  readonly server: Socket;
  readonly rest: Buffer;
}

class Tunnel implements Waiter {
  readonly #edge: Edge;
  readonly #exchange: Exchange;
  readonly #ends: Ends;
  readonly #idleMs: number;
  readonly #onClosed: () => void;
  readonly #toClient = new FrameBoundary();
  readonly #toServer = new FrameBoundary();
  #activeAtMs: number;
  #deadline: Deadline | undefined;
  #leaving = false;
  #clientTold = false;
  #serverTold = false;
  #open = 2;

  constructor(edge: Edge, exchange: Exchange, ends: Ends, onClosed: () => void) {
    this.#edge = edge;
    this.#exchange = exchange;
    this.#ends = ends;
    this.#onClosed = onClosed;
    this.#idleMs = (exchange.runtime as RouteRuntime).plan.timeoutMs;
    this.#activeAtMs = edge.clock.monotonicMs();
    this.#deadline = edge.wheel.add(this.#idleMs, this);
    const { client, server, head, rest } = ends;
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.setTimeout(0);
    server.setTimeout(0);
    if (head.length > 0) this.#fromClient(head);
    if (rest.length > 0) this.#fromServer(rest);
    client.on("data", (bytes: Buffer) => this.#fromClient(bytes));
    server.on("data", (bytes: Buffer) => this.#fromServer(bytes));
    join(client, server);
    join(server, client);
    const onClose = (): void => this.#onEndClosed();
    client.once("close", onClose);
    server.once("close", onClose);
  }

  goAway(): void {
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#toClient.isBetween) this.#tellClient();
    if (this.#toServer.isBetween) this.#tellServer();
    if (this.#deadline !== undefined) this.#edge.wheel.cancel(this.#deadline);
    this.#deadline = this.#edge.wheel.add(closeTimeoutMs, this);
  }

  onDeadline(): void {
    const idleMs = this.#edge.clock.monotonicMs() - this.#activeAtMs;
    if (!this.#leaving && idleMs < this.#idleMs) {
      this.#deadline = this.#edge.wheel.add(this.#idleMs - idleMs, this);
      return;
    }
    this.cut();
  }

  cut(): void {
    this.#ends.client.destroy();
    this.#ends.server.destroy();
  }

  #fromClient(bytes: Buffer): void {
    this.#activeAtMs = this.#edge.clock.monotonicMs();
    const { client, server } = this.#ends;
    if (this.#serverTold) return; // What follows our close frame has no reader.
    const boundary = this.#toServer.push(bytes);
    const isLast = this.#leaving && boundary >= 0;
    if (!server.write(isLast ? bytes.subarray(0, boundary) : bytes)) client.pause();
    if (isLast) this.#tellServer();
  }

  #fromServer(bytes: Buffer): void {
    this.#activeAtMs = this.#edge.clock.monotonicMs();
    const { client, server } = this.#ends;
    if (this.#clientTold) return;
    const boundary = this.#toClient.push(bytes);
    const isLast = this.#leaving && boundary >= 0;
    const sent = isLast ? bytes.subarray(0, boundary) : bytes;
    this.#exchange.bytesSent += sent.length;
    if (!client.write(sent)) server.pause();
    if (isLast) this.#tellClient();
  }

  #tellClient(): void {
    this.#clientTold = true;
    this.#ends.client.write(goingAwayFrame(undefined));
  }

  #tellServer(): void {
    this.#serverTold = true;
    const mask = Buffer.from(this.#edge.ids.hex(8), "hex");
    this.#ends.server.write(goingAwayFrame(mask));
  }

  #onEndClosed(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    if (this.#deadline !== undefined) this.#edge.wheel.cancel(this.#deadline);
    this.#onClosed();
  }
}

/** What ends one side ends the other, after what it had sent. */
function join(from: Socket, to: Socket): void {
  from.once("end", () => to.end());
  from.once("error", () => to.destroy());
  from.once("close", () => to.destroySoon());
  to.on("drain", () => from.resume());
}

/** The service refused the handshake: its answer is the client's. */
function relayRefusal(exchange: Exchange, answer: IncomingMessage): void {
  const rules = (exchange.runtime as RouteRuntime).responseRules;
  const headers = exchange.addOwnHeaders(passResponseHeaders(answer.headers, rules));
  headers.push("connection", "close");
  exchange.response.writeHead(answer.statusCode ?? 502, headers);
  answer.pipe(exchange.response);
}

/** GW1 */
function handshakeFault(exchange: Exchange, { plan }: RouteRuntime): Problem | undefined {
  const { forward, origin, contentLength, chunked } = exchange.headers as RequestHeaders;
  if (headerIn(forward, "sec-websocket-version") !== "13") {
    return problem("UPGRADE_REFUSED", "WebSocket version 13 is needed", {
      headers: ["sec-websocket-version", "13"],
    });
  }
  const key = headerIn(forward, "sec-websocket-key") ?? "";
  if (!/^[A-Za-z0-9+/]{22}==$/.test(key) || contentLength > 0 || chunked) {
    return problem("UPGRADE_REFUSED", "the WebSocket handshake is malformed");
  }
  const origins = plan.cors?.origins ?? ["*"];
  if (origin !== undefined && origins[0] !== "*" && !origins.includes(origin)) {
    return problem("CORS_REFUSED", "this origin is not permitted");
  }
  return undefined;
}
