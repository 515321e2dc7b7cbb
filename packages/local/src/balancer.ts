/**
 * A part's service address: one stable TCP port that spreads new connections over ready replicas.
 *
 * It copies bytes and knows no protocol, so HTTP, WebSocket, gRPC and raw TCP all pass, in both
 * directions and half-closed.
 *
 * - LB1  While a replica is ready the port listens; while none is, it does not: a connection is
 *        refused by the kernel at once.
 * - LB2  New connections go to the ready replicas in turn; a replica that refuses one is passed over
 *        before any byte has been read, so the client does not notice.
 * - LB3  What one side has sent reaches the other entirely, also after a half-close; a reset on one
 *        side is a reset on the other.
 * - LB4  Memory is bounded: a side that does not read stops the other from sending.
 * - LB5  Taking a replica out ends none of its connections.
 *
 * @module
 */
import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Log } from "@ashlar/foundation";
import type { ConnectionCounts } from "./status.ts";

export interface Backend {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
}

export interface BalancerOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
}

export class Balancer implements AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly #log: Log;
  readonly #sockets = new Set<Socket>();
  #backends: readonly Backend[] = [];
  #turn = 0;
  #server: Server | undefined;
  #change: Promise<void> = Promise.resolve();
  #open = 0;
  #total = 0;
  #refused = 0;
  #closed = false;

  constructor(options: BalancerOptions) {
    this.host = options.host;
    this.port = options.port;
    this.#log = options.log;
  }

  get counts(): ConnectionCounts {
    return { open: this.#open, total: this.#total, refused: this.#refused };
  }

  get isListening(): boolean {
    return this.#server?.listening === true;
  }

  /** Settles when the port listens, or has ceased to, as these replicas demand (LB1). */
  setBackends(backends: readonly Backend[]): Promise<void> {
    this.#backends = backends;
    this.#change = this.#change.then(() => this.#adjust());
    return this.#change;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.setBackends([]);
    for (const socket of this.#sockets) socket.destroy();
  }

  async #adjust(): Promise<void> {
    if (this.#backends.length === 0) {
      this.#server?.close();
      this.#server = undefined;
      return;
    }
    if (this.#server !== undefined || this.#closed) return;
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
    server.on("connection", (client) => void this.#serve(client));
    server.listen({ host: this.host, port: this.port, exclusive: true, backlog: 1024 });
    try {
      await once(server, "listening");
    } catch (error) {
      this.#log.error("service address cannot be opened", { port: this.port, error });
      throw error;
    }
    server.on("error", (error) => this.#log.warn("service address failed", { error }));
    this.#server = server;
  }

  async #serve(client: Socket): Promise<void> {
    this.#track(client);
    client.on("error", ignore);
    const replica = await this.#connect(client);
    if (replica === undefined) {
      this.#refused += 1;
      client.resetAndDestroy();
      return;
    }
    this.#total += 1;
    this.#open += 1;
    client.once("close", () => {
      this.#open -= 1;
    });
    this.#track(replica);
    join(client, replica);
  }

  /** The first replica in turn that takes the connection (LB2). */
  async #connect(client: Socket): Promise<Socket | undefined> {
    const backends = this.#backends;
    const first = this.#turn++;
    for (let i = 0; i < backends.length; i++) {
      const backend = backends[(first + i) % backends.length];
      if (backend === undefined || client.destroyed) return undefined;
      const replica = connect({
        host: backend.host,
        port: backend.port,
        allowHalfOpen: true,
        noDelay: true,
      });
      try {
        await once(replica, "connect");
        return replica;
      } catch {
        replica.destroy();
      }
    }
    return undefined;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

/** Copies both ways (LB3, LB4). `pipe` stops reading while the other side's buffer is full. */
function join(client: Socket, replica: Socket): void {
  for (const [from, to] of [
    [client, replica],
    [replica, client],
  ] as const) {
    from.on("error", () => to.resetAndDestroy());
    from.once("close", () => {
      const finished = from.readableEnded && from.writableFinished;
      if (!finished && !to.destroyed) to.resetAndDestroy();
    });
  }
  if (client.destroyed) {
    replica.destroy();
    return;
  }
  client.pipe(replica);
  replica.pipe(client);
}

function ignore(): void {
  // A client that goes away before it was served needs no answer; `join` handles the rest.
}
