/**
 * Calls to other parts over HTTP.
 *
 * - SK10 A call ends within the time that its request has left, its retries and waits included; the
 *        called side is told how much that is.
 * - SK11 A call is tried again only when nothing can have happened yet (no connection) or when
 *        repeating it is harmless (GET, PUT, DELETE, …, or a call with an idempotency key), and
 *        only while few calls need it: retries stay under a fifth of the calls.
 * - SK12 What a caller gets has passed its schema. Everything else is a coded error that names the
 *        part and the call.
 *
 * @module
 */
import { type Backoff, backoffMs, type Environment } from "@ashlar/foundation";
import type { Telemetry } from "@ashlar/telemetry";
import type { Dispatcher, Pool } from "undici";
import type * as z from "zod";
import { safeParse } from "zod/v4/core";
import {
  UpstreamAnswerError,
  UpstreamRefusedError,
  UpstreamTimedOutError,
  UpstreamUnavailableError,
} from "./errors.ts";
import { upstreamCallSeconds, upstreamCallsTotal, upstreamRetriesTotal } from "./metrics.ts";
import { correlationHeader, currentRequest, deadlineHeader } from "./request-context.ts";
import { RetryBudget } from "./retry-budget.ts";

export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface CallOptions {
  /** Appended to the path; undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** For this call with its retries. Default 5 s; never more than the request has left. */
  readonly timeoutMs?: number;
  /** Makes a POST or PATCH repeatable: sent as `idempotency-key`. */
  readonly idempotencyKey?: string;
  /** Tries after the first. Default 2. */
  readonly retries?: number;
  readonly signal?: AbortSignal;
}

export interface HttpRequest<Answer> extends CallOptions {
  readonly method: HttpMethod;
  /** Begins with `/`. Its variable pieces must be encoded: see {@link path}. */
  readonly path: string;
  /** What a successful answer must look like. */
  readonly response: z.ZodType<Answer>;
}

export interface HttpAnswer<Answer> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Answer;
}

/** Calls one part. All methods throw {@link UpstreamUnavailableError} and its siblings (SK12). */
export interface HttpClient extends AsyncDisposable {
  readonly baseUrl: string;
  request<Answer>(request: HttpRequest<Answer>): Promise<HttpAnswer<Answer>>;
  get<Answer>(path: string, response: z.ZodType<Answer>, options?: CallOptions): Promise<Answer>;
  post<Answer>(path: string, response: z.ZodType<Answer>, options?: CallOptions): Promise<Answer>;
}

export interface HttpClientOptions {
  /** How the part is called in errors, metrics and traces. */
  readonly name: string;
  readonly baseUrl: string;
  readonly environment: Environment;
  readonly telemetry: Pick<Telemetry, "tracer" | "metrics">;
  /** Connections at most. Default 32. */
  readonly connections?: number;
  /** Headers of every call, for example a service's own key. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A path with its variable pieces encoded: ``path`/users/${id}` ``. */
export function path(
  pieces: TemplateStringsArray,
  ...values: readonly (string | number)[]
): string {
  return String.raw({ raw: pieces }, ...values.map((each) => encodeURIComponent(each)));
}

const answerBytesMax = 8 * 1024 * 1024;
const timeoutMsDefault = 5_000;
const retryBackoff: Backoff = { initialMs: 50, maxMs: 1_000 };
const repeatable: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

export function createHttpClient(options: HttpClientOptions): HttpClient {
  return new PooledClient(options);
}

class PooledClient implements HttpClient {
  readonly baseUrl: string;
  readonly #options: HttpClientOptions;
  readonly #basePath: string;
  readonly #budget = new RetryBudget();
  readonly #pool: Promise<Pool>;
  #closing: Promise<void> | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    const url = new URL(options.baseUrl);
    this.baseUrl = url.href.replace(/\/$/, "");
    this.#basePath = url.pathname.replace(/\/$/, "");
    this.#pool = openPool(url.origin, options.connections ?? 32);
    this.#pool.catch(() => undefined); // Shown by the first call.
  }

  async get<Answer>(
    target: string,
    response: z.ZodType<Answer>,
    options?: CallOptions,
  ): Promise<Answer> {
    return (await this.request({ ...options, method: "GET", path: target, response })).body;
  }

  async post<Answer>(
    target: string,
    response: z.ZodType<Answer>,
    options?: CallOptions,
  ): Promise<Answer> {
    return (await this.request({ ...options, method: "POST", path: target, response })).body;
  }

  request<Answer>(request: HttpRequest<Answer>): Promise<HttpAnswer<Answer>> {
    const { name, telemetry, environment } = this.#options;
    const startedAtMs = environment.clock.monotonicMs();
    const attributes = {
      "http.request.method": request.method,
      "url.path": request.path.split("?", 1)[0],
      "server.address": name,
    };
    const settled = (outcome: "ok" | ReturnType<typeof outcomeOf>): void => {
      const seconds = (environment.clock.monotonicMs() - startedAtMs) / 1000;
      telemetry.metrics.counter(upstreamCallsTotal).add({ upstream: name, outcome });
      telemetry.metrics.histogram(upstreamCallSeconds).observe({ upstream: name }, seconds);
    };
    const options = { kind: "client", attributes } as const;
    return telemetry.tracer.span(`${request.method} ${name}`, options, async (span) => {
      try {
        const answer = await this.#withRetries(request, startedAtMs);
        span.set({ "http.response.status_code": answer.status });
        settled("ok");
        return answer;
      } catch (error) {
        settled(outcomeOf(error));
        throw error;
      }
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.then(
      (pool) => pool.close(),
      () => undefined,
    );
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #withRetries<Answer>(
    request: HttpRequest<Answer>,
    startedAtMs: number,
  ): Promise<HttpAnswer<Answer>> {
    const { environment, telemetry, name } = this.#options;
    const { clock, entropy } = environment;
    const limitMs = this.#limitMs(request, startedAtMs);
    const endAtMs = startedAtMs + limitMs;
    const triesMax = (request.retries ?? 2) + 1;
    this.#budget.onCall();
    for (let attempt = 1; ; attempt++) {
      const leftMs = endAtMs - clock.monotonicMs();
      if (leftMs <= 0) throw new UpstreamTimedOutError(name, callName(request), limitMs);
      const outcome = await this.#try(request, leftMs, limitMs);
      if ("answer" in outcome) return outcome.answer;
      const waitMs = Math.max(
        outcome.retryAfterMs,
        backoffMs(retryBackoff, attempt, entropy.fraction()),
      );
      const isInTime = clock.monotonicMs() + waitMs < endAtMs;
      const mayRetry = outcome.isSafe && attempt < triesMax && isInTime;
      if (!mayRetry || !this.#budget.takeRetry()) throw outcome.error;
      telemetry.metrics.counter(upstreamRetriesTotal).add({ upstream: name });
      await clock.sleep(waitMs, request.signal ?? neverAborted);
    }
  }

  /** SK10 */
  #limitMs(request: CallOptions, nowMs: number): number {
    const own = request.timeoutMs ?? timeoutMsDefault;
    const deadlineAtMs = currentRequest()?.deadlineAtMs;
    return deadlineAtMs === undefined ? own : Math.min(own, Math.max(0, deadlineAtMs - nowMs));
  }

  async #try<Answer>(
    request: HttpRequest<Answer>,
    leftMs: number,
    limitMs: number,
  ): Promise<Outcome<Answer>> {
    const { name, environment } = this.#options;
    const call = callName(request);
    const isRepeatable = repeatable.has(request.method) || request.idempotencyKey !== undefined;
    const timeout = new AbortController();
    const done = new AbortController();
    environment.clock.sleep(leftMs, done.signal).then(
      () => timeout.abort(new UpstreamTimedOutError(name, call, limitMs)),
      () => undefined,
    );
    const signals = [timeout.signal, ...(request.signal === undefined ? [] : [request.signal])];
    try {
      const pool = await this.#pool;
      const answer = await pool.request({
        method: request.method,
        path: this.#basePath + targetOf(request),
        headers: this.#headersOf(request, leftMs),
        body: request.body === undefined ? null : JSON.stringify(request.body),
        signal: AbortSignal.any(signals),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      const text = await readText(
        answer.body,
        () => new UpstreamAnswerError(name, call, "too large"),
      );
      return this.#judge(request, answer, text, isRepeatable);
    } catch (error) {
      if (error instanceof UpstreamAnswerError) throw error;
      if (timeout.signal.aborted) throw timeout.signal.reason;
      request.signal?.throwIfAborted();
      const code = networkCode(error);
      return {
        error: new UpstreamUnavailableError(name, call, code, error),
        isSafe: isRepeatable || notSentCodes.has(code),
        retryAfterMs: 0,
      };
    } finally {
      done.abort(timedOutUnneeded);
    }
  }

  #headersOf(request: HttpRequest<unknown>, leftMs: number): Record<string, string> {
    const headers: Record<string, string> = {
      accept: "application/json",
      ...this.#options.headers,
    };
    if (request.body !== undefined) headers["content-type"] = "application/json";
    if (request.idempotencyKey !== undefined) headers["idempotency-key"] = request.idempotencyKey;
    const correlationId = currentRequest()?.correlationId;
    if (correlationId !== undefined) headers[correlationHeader] = correlationId;
    headers[deadlineHeader] = String(Math.max(1, Math.floor(leftMs)));
    this.#options.telemetry.tracer.inject(headers);
    for (const [name, value] of Object.entries(request.headers ?? {})) {
      if (value !== undefined) headers[name.toLowerCase()] = value;
    }
    return headers;
  }

  #judge<Answer>(
    request: HttpRequest<Answer>,
    answer: Dispatcher.ResponseData,
    text: string,
    isRepeatable: boolean,
  ): Outcome<Answer> {
    const { name } = this.#options;
    const call = callName(request);
    const status = answer.statusCode;
    if (status >= 200 && status < 300) {
      const result = safeParse(request.response, jsonOf(text, name, call));
      if (result.success) return { answer: { status, headers: answer.headers, body: result.data } };
      const [issue] = result.error.issues;
      const where = `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`;
      throw new UpstreamAnswerError(name, call, `its answer breaks the schema at ${where}`);
    }
    if (status === 502 || status === 503 || status === 429) {
      const reason = `it answers ${status} ${refusalOf(text).code}`.trim();
      return {
        error: new UpstreamUnavailableError(name, call, reason),
        isSafe: isRepeatable,
        retryAfterMs: retryAfterMs(answer.headers["retry-after"]),
      };
    }
    const error = new UpstreamRefusedError(name, call, { status, ...refusalOf(text) });
    return { error, isSafe: isRepeatable && status === 504, retryAfterMs: 0 };
  }
}

type Outcome<Answer> =
  | { readonly answer: HttpAnswer<Answer> }
  | { readonly error: Error; readonly isSafe: boolean; readonly retryAfterMs: number };

/** undici is loaded only by services that call others. */
async function openPool(origin: string, connections: number): Promise<Pool> {
  const { Pool } = await import("undici");
  return new Pool(origin, {
    connections,
    pipelining: 1,
    connect: { timeout: 2_000 },
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 60_000,
  });
}

const neverAborted = new AbortController().signal;
const timedOutUnneeded = new DOMException("the call has settled", "AbortError");

/** Failures before a request can have reached anybody. */
const notSentCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function networkCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0)
    return networkCode(error.errors[0]);
  if (error instanceof Error && "code" in error) return String(error.code);
  return error instanceof Error ? error.message : String(error);
}

function outcomeOf(error: unknown): "refused" | "unavailable" | "timeout" | "unexpected" {
  if (error instanceof UpstreamRefusedError) return "refused";
  if (error instanceof UpstreamTimedOutError) return "timeout";
  return error instanceof UpstreamUnavailableError ? "unavailable" : "unexpected";
}

function callName(request: { readonly method: string; readonly path: string }): string {
  return `${request.method} ${request.path.split("?", 1)[0]}`;
}

function targetOf(request: HttpRequest<unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return text === "" ? request.path : `${request.path}?${text}`;
}

async function readText(body: AsyncIterable<Buffer>, tooLarge: () => Error): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > answerBytesMax) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function jsonOf(text: string, name: string, call: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UpstreamAnswerError(name, call, "its answer is not JSON", error);
  }
}

/** Code and text of a problem document; empty for anything else. */
function refusalOf(text: string): { readonly code: string; readonly detail: string } {
  try {
    const { code, detail } = JSON.parse(text) as { code?: unknown; detail?: unknown };
    return {
      code: typeof code === "string" ? code.slice(0, 100) : "",
      detail: typeof detail === "string" ? detail.slice(0, 500) : "",
    };
  } catch {
    return { code: "", detail: "" };
  }
}

function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === "string" && /^\d{1,4}$/.test(header) ? Number(header) * 1_000 : 0;
}
