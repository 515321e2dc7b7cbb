/**
 * The supervisor's control API: HTTP over a Unix socket that only its owner can use.
 *
 * - LCT1  The socket is 0600 in a directory that is 0700: no other user of the machine can connect.
 * - LCT2  A reader of a stream that does not keep up is left behind, never waited for.
 *
 * Paths and answers: docs/spec/local.md.
 * @module
 */
import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { CodedError, describeError, type Log } from "@ashlar/foundation";
import { ControlRequestError } from "./errors.ts";
import type { LogLevel } from "./status.ts";
import type { DownOptions, KillOptions, LogQuery, SystemControl } from "./system-control.ts";

export interface ControlServerOptions {
  readonly socketPath: string;
  readonly control: SystemControl;
  readonly log: Log;
}

const bodyBytesMax = 64 * 1024;

export class ControlServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #control: SystemControl;
  readonly #log: Log;
  readonly #streams = new AbortController();
  readonly #answering = new Set<Promise<void>>();

  private constructor(options: ControlServerOptions) {
    this.#control = options.control;
    this.#log = options.log;
    this.#server = createServer((request, response) => {
      const answer = this.#answer(request, response);
      this.#answering.add(answer);
      void answer.finally(() => this.#answering.delete(answer));
    });
  }

  static async open(options: ControlServerOptions): Promise<ControlServer> {
    const control = new ControlServer(options);
    const { socketPath } = options;
    await rm(socketPath, { force: true }); // Of an earlier run: the state lock says that it is dead.
    control.#server.listen(socketPath);
    await once(control.#server, "listening");
    await chmod(socketPath, 0o600); // LCT1
    return control;
  }

  /** Ends streams, lets answers under way be sent, and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#streams.abort();
    await Promise.all(this.#answering);
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined); // The asker has gone.
    try {
      await this.#route(request, response);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else await sendProblem(response, error);
      if (!(error instanceof CodedError)) this.#log.error("control request failed", { error });
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://supervisor");
    const route = `${request.method} ${url.pathname}`;
    switch (route) {
      case "GET /v1/status":
        return send(response, 200, await this.#control.status());
      case "GET /v1/plan":
        return send(response, 200, await this.#control.plan());
      case "GET /v1/events":
        return this.#stream(response, (signal) => this.#control.events(signal));
      case "GET /v1/logs":
        return this.#stream(response, (signal) =>
          this.#control.logs(logQueryFrom(url.searchParams), signal),
        );
      case "POST /v1/down": {
        const body = (await bodyOf(request)) as DownOptions;
        // The answer is sent by the very system that goes down, so this request is not waited for.
        await this.#control.down({ wipe: body.wipe === true });
        return send(response, 200, {});
      }
      default:
        return this.#routePart(request, response, url.pathname);
    }
  }

  async #routePart(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const match = /^\/v1\/parts\/([^/]+)\/(restart|scale|stop|start|kill)$/.exec(path);
    if (match === null || request.method !== "POST") throw new ControlRequestError(path);
    const part = decodeURIComponent(match[1] ?? "");
    const body = await bodyOf(request);
    const operations: Readonly<Record<string, () => Promise<void>>> = {
      restart: () => this.#control.restart(part),
      scale: () => this.#control.scale(part, replicasFrom(body)),
      stop: () => this.#control.stop(part),
      start: () => this.#control.start(part),
      kill: () => this.#control.kill(part, killOptionsFrom(body)),
    };
    await operations[match[2] ?? ""]?.();
    await send(response, 200, {});
  }

  async #stream(
    response: ServerResponse,
    open: (signal: AbortSignal) => AsyncIterable<object>,
  ): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const signal = AbortSignal.any([gone.signal, this.#streams.signal]);
    const items = open(signal);
    response.writeHead(200, {
      "content-type": "application/x-ndjson",
      "cache-control": "no-store",
    });
    response.flushHeaders();
    for await (const item of items) {
      const room = response.write(`${JSON.stringify(item)}\n`);
      // LCT2: while this waits, the bounded backlog of the subscription overflows instead of memory.
      if (!room && !signal.aborted)
        await once(response, "drain", { signal }).catch(() => undefined);
      if (gone.signal.aborted) return;
    }
    response.end();
  }
}

const statusByCode: Readonly<Record<string, number>> = {
  PART_UNKNOWN: 404,
  REPLICA_UNKNOWN: 404,
  CONTROL_REQUEST_INVALID: 400,
  PART_OPERATION_REFUSED: 409,
  SUPERVISOR_STOPPED: 409,
};

async function sendProblem(response: ServerResponse, error: unknown): Promise<void> {
  const code = error instanceof CodedError ? error.code : "INTERNAL";
  const status = statusByCode[code] ?? 500;
  await send(response, status, {
    type: "about:blank",
    title: code === "INTERNAL" ? "Internal error" : "Refused",
    status,
    code,
    detail: describeError(error),
  });
}

async function send(response: ServerResponse, status: number, body: object): Promise<void> {
  const problem = status >= 400;
  response.writeHead(status, {
    "content-type": problem ? "application/problem+json" : "application/json",
    "cache-control": "no-store",
  });
  const sent = once(response, "close").catch(() => undefined);
  response.end(JSON.stringify(body));
  await sent;
}

/** @throws {ControlRequestError} */
async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > bodyBytesMax)
      throw new ControlRequestError(request.url ?? "", "its body is too long");
    chunks.push(chunk as Buffer);
  }
  if (bytes === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // Refused below.
  }
  throw new ControlRequestError(request.url ?? "", "its body is not a JSON object");
}

function replicasFrom(body: Readonly<Record<string, unknown>>): number {
  const replicas = body["replicas"];
  if (typeof replicas === "number") return replicas;
  throw new ControlRequestError("scale", "`replicas` must be a number");
}

function killOptionsFrom(body: Readonly<Record<string, unknown>>): KillOptions {
  const { replica, signal } = body;
  if (replica !== undefined && typeof replica !== "number") {
    throw new ControlRequestError("kill", "`replica` must be a number");
  }
  if (signal !== undefined && (typeof signal !== "string" || !/^SIG[A-Z0-9]+$/.test(signal))) {
    throw new ControlRequestError("kill", "`signal` must be the name of a signal");
  }
  return {
    ...(replica === undefined ? {} : { replica }),
    ...(signal === undefined ? {} : { signal: signal as NodeJS.Signals }),
  };
}

const levels: ReadonlySet<string> = new Set(["debug", "info", "warn", "error"]);

function logQueryFrom(search: URLSearchParams): LogQuery {
  const number = (name: string): number | undefined => {
    const text = search.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 0) return value;
    throw new ControlRequestError("logs", `\`${name}\` must be a whole number`);
  };
  const part = search.get("part");
  const text = search.get("search");
  const level = search.get("level");
  const replica = number("replica");
  const tail = number("tail");
  if (level !== null && !levels.has(level)) {
    throw new ControlRequestError("logs", "`level` must be debug, info, warn or error");
  }
  return {
    ...(part === null ? {} : { part }),
    ...(text === null ? {} : { search: text }),
    ...(level === null ? {} : { level: level as LogLevel }),
    ...(replica === undefined ? {} : { replica }),
    ...(tail === undefined ? {} : { tail }),
    follow: ["1", "true"].includes(search.get("follow") ?? ""),
  };
}
