/**
 * Speaks to a running supervisor over its Unix socket: what the command line and the console use.
 *
 * @module
 */
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Plan } from "@ashlar/model";
import { ControlRefusedError, ControlUnreachableError } from "./errors.ts";
import { identityOf, isAlive } from "./process-identity.ts";
import { readStateFile } from "./state-file.ts";
import type { LogLine, SupervisorEvent, SystemStatus } from "./status.ts";
import type { DownOptions, KillOptions, LogQuery, SystemControl } from "./system-control.ts";

/** Times 10 ms: how long a supervisor that has answered may take to leave. */
const lastBreathsMax = 500;

export class ControlClient implements SystemControl {
  readonly #socketPath: string;
  readonly #stateDir: string;

  private constructor(socketPath: string, stateDir: string) {
    this.#socketPath = socketPath;
    this.#stateDir = stateDir;
  }

  /**
   * Finds the supervisor of a state directory and asks for a sign of life.
   *
   * @throws {ControlUnreachableError} when none runs there.
   */
  static async open(stateDir: string): Promise<ControlClient> {
    const state = await readStateFile(stateDir);
    if (state === undefined) throw new ControlUnreachableError(stateDir);
    const client = new ControlClient(state.control, stateDir);
    await client.status();
    return client;
  }

  /** For a program that was given the socket's path, such as the console (`ASHLAR_CONTROL`). */
  static at(socketPath: string): ControlClient {
    return new ControlClient(socketPath, socketPath);
  }

  status(): Promise<SystemStatus> {
    return this.#json<SystemStatus>("GET", "/v1/status");
  }

  plan(): Promise<Plan> {
    return this.#json<Plan>("GET", "/v1/plan");
  }

  events(signal?: AbortSignal): AsyncIterable<SupervisorEvent> {
    return this.#lines<SupervisorEvent>("/v1/events", signal);
  }

  logs(query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine> {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      if (value === undefined) continue;
      search.set(name, typeof value === "boolean" ? (value ? "1" : "0") : String(value));
    }
    return this.#lines<LogLine>(`/v1/logs?${search.toString()}`, signal);
  }

  async restart(part: string): Promise<void> {
    await this.#json("POST", `${pathOf(part)}/restart`, {});
  }

  async scale(part: string, replicas: number): Promise<void> {
    await this.#json("POST", `${pathOf(part)}/scale`, { replicas });
  }

  async stop(part: string): Promise<void> {
    await this.#json("POST", `${pathOf(part)}/stop`, {});
  }

  async start(part: string): Promise<void> {
    await this.#json("POST", `${pathOf(part)}/start`, {});
  }

  async kill(part: string, options: KillOptions = {}): Promise<void> {
    await this.#json("POST", `${pathOf(part)}/kill`, options);
  }

  /** Settles when the supervisor's own process has ended too, unless it is this one. */
  async down(options: DownOptions = {}): Promise<void> {
    const { supervisorPid } = await this.status();
    const supervisor = identityOf(supervisorPid);
    await this.#json("POST", "/v1/down", { wipe: options.wipe ?? false });
    if (supervisor === undefined || supervisorPid === process.pid) return;
    for (let waits = 0; waits < lastBreathsMax && isAlive(supervisor); waits++) await delay(10);
  }

  async #json<Answer = unknown>(method: string, path: string, body?: object): Promise<Answer> {
    const sent = this.#request(method, path);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const response = await this.#answerTo(sent);
    return JSON.parse(await textOf(response)) as Answer;
  }

  async *#lines<Line>(path: string, signal?: AbortSignal): AsyncGenerator<Line, void, undefined> {
    const sent = this.#request("GET", path);
    const abort = (): void => void sent.destroy();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      sent.end();
      const response = await this.#answerTo(sent);
      let rest = "";
      for await (const chunk of response.setEncoding("utf8")) {
        const lines = (rest + String(chunk)).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (line !== "") yield JSON.parse(line) as Line;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    } finally {
      signal?.removeEventListener("abort", abort);
      sent.destroy();
    }
  }

  #request(method: string, path: string): ClientRequest {
    return request({
      socketPath: this.#socketPath,
      method,
      path,
      agent: false,
      headers: { "content-type": "application/json" },
    });
  }

  /** @throws {ControlUnreachableError} {@link ControlRefusedError} */
  async #answerTo(sent: ClientRequest): Promise<IncomingMessage> {
    let response: IncomingMessage;
    try {
      [response] = (await once(sent, "response")) as [IncomingMessage];
    } catch (error) {
      throw new ControlUnreachableError(this.#stateDir, { cause: error });
    }
    const status = response.statusCode ?? 0;
    if (status < 300) return response;
    const problem = parseProblem(await textOf(response));
    throw new ControlRefusedError(status, problem.code, problem.detail);
  }
}

function pathOf(part: string): string {
  return `/v1/parts/${encodeURIComponent(part)}`;
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function parseProblem(text: string): { readonly code: string; readonly detail: string } {
  try {
    const { code, detail } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof code === "string" && typeof detail === "string") return { code, detail };
  } catch {
    // Not a problem document: told as it is.
  }
  return { code: "UNKNOWN", detail: text };
}
