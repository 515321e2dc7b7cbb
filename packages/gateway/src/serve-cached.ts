/**
 * A request on a cached route: answered from memory, from another's fetch, or by the service.
 *
 * - GC7  A client that already has the present version (`If-None-Match`) gets 304 without a body.
 * - GC8  A stale entry is served at once, and one request behind it fetches anew.
 *
 * @module
 */
import type { CachePlan } from "@ashlar/model";
import { Attempt, type AttemptFailure, type AttemptSink } from "./attempt.ts";
import type { Edge, RouteRuntime } from "./edge.ts";
import type { Exchange } from "./exchange.ts";
import type { RequestHeaders } from "./request-headers.ts";
import {
  type CachedResponse,
  type CacheQuestion,
  matchesEtag,
  type Recording,
  wantsFresh,
} from "./response-cache.ts";
import { passResponseHeaders, type UpstreamHeaders } from "./response-headers.ts";
import { upstreamHeaders } from "./upstream-headers.ts";

export function serveCached(exchange: Exchange, runtime: RouteRuntime, plan: CachePlan): void {
  const headers = exchange.headers as RequestHeaders;
  const question = {
    route: runtime.plan,
    plan,
    host: exchange.client.host,
    path: exchange.upstreamPath + exchange.target.query,
    headers: headers.forward.slice(),
  };
  const { cache } = exchange.edge;
  const pending = answerFromMemory(exchange, runtime, question);
  if (pending === "answered") return;
  if (pending === undefined) {
    fetch(exchange, runtime, question);
    return;
  }
  count(exchange, runtime, "coalesced");
  pending.over
    .then(() => {
      if (exchange.isOver || answerFromMemory(exchange, runtime, question) === "answered") return;
      // GC5: it could not be shared. Whoever comes first tries to record again.
      if (cache.pending(question) === undefined) fetch(exchange, runtime, question);
      else exchange.forward(runtime);
    })
    .catch(exchange.crash);
}

/** Answers if it can; else returns the fetch to wait for, if there is one. */
function answerFromMemory(
  exchange: Exchange,
  runtime: RouteRuntime,
  question: CacheQuestion,
): "answered" | Recording | undefined {
  const { cache } = exchange.edge;
  const headers = exchange.headers as RequestHeaders;
  if (wantsFresh(headers)) return undefined;
  const entry = cache.find(question);
  if (entry === undefined) return cache.pending(question);
  const isFresh = cache.isFresh(entry);
  if (!isFresh && cache.pending(question) === undefined) refresh(exchange, runtime, question);
  answer(exchange, runtime, entry, isFresh ? "hit" : "stale");
  return "answered";
}

/** What a 304 repeats of the response that it stands for. */
const kept304: ReadonlySet<string> = new Set([
  "cache-control",
  "content-location",
  "date",
  "etag",
  "expires",
  "vary",
]);

function answer(
  exchange: Exchange,
  runtime: RouteRuntime,
  entry: CachedResponse,
  outcome: "hit" | "stale",
): void {
  const { clock } = exchange.edge;
  const headers = exchange.headers as RequestHeaders;
  const age = String(Math.floor((clock.wallMs() - entry.storedAtMs) / 1_000));
  const isKnown = matchesEtag(headers.ifNoneMatch, entry.etag);
  const sent = ["age", age];
  for (let i = 0; i < entry.headers.length; i += 2) {
    const name = entry.headers[i] as string;
    if (name === "age" || name === "content-length" || (isKnown && !kept304.has(name))) continue;
    sent.push(name, entry.headers[i + 1] as string);
  }
  count(exchange, runtime, isKnown ? "revalidated" : outcome);
  if (isKnown) exchange.respondAtOnce(304, sent, "");
  else exchange.respondAtOnce(200, sent, entry.body);
}

function fetch(exchange: Exchange, runtime: RouteRuntime, question: CacheQuestion): void {
  count(exchange, runtime, "miss");
  if (exchange.request.method === "HEAD") {
    exchange.forward(runtime);
    return;
  }
  dropConditions(exchange.headers as RequestHeaders);
  exchange.forward(runtime, exchange.edge.cache.record(question));
}

/** So that the service answers with the whole, which can be kept. */
function dropConditions({ forward }: RequestHeaders): void {
  for (let i = forward.length - 2; i >= 0; i -= 2) {
    const name = forward[i];
    if (name === "if-none-match" || name === "if-modified-since") forward.splice(i, 2);
  }
}

/** GC8 */
function refresh(exchange: Exchange, runtime: RouteRuntime, question: CacheQuestion): void {
  const { edge } = exchange;
  const replica = runtime.upstream.pick();
  if (replica === undefined) return;
  dropConditions(exchange.headers as RequestHeaders);
  const { timeoutMs } = runtime.plan;
  const request = {
    replica,
    method: "GET",
    path: question.path,
    headers: upstreamHeaders(exchange, runtime),
    body: null,
    headTimeoutMs: timeoutMs,
    idleTimeoutMs: timeoutMs,
  };
  const sink = new RefreshSink(runtime, edge.cache.record(question));
  new Attempt(request, sink, edge.clock, edge.wheel).send();
}

class RefreshSink implements AttemptSink {
  readonly #runtime: RouteRuntime;
  readonly #recording: Recording;

  constructor(runtime: RouteRuntime, recording: Recording) {
    this.#runtime = runtime;
    this.#recording = recording;
  }

  onHead(attempt: Attempt, status: number, headers: UpstreamHeaders): boolean {
    const { upstream, plan, responseRules } = this.#runtime;
    if (status >= 502 && status <= 504) upstream.failed(attempt.request.replica, plan.breaker);
    else upstream.succeeded(attempt.request.replica);
    this.#recording.head(status, passResponseHeaders(headers, responseRules));
    return true;
  }

  onPiece(piece: Buffer): boolean {
    this.#recording.piece(piece);
    return true;
  }

  onEnd(): void {
    this.#recording.end();
  }

  onFailure(attempt: Attempt, _failure: AttemptFailure): void {
    this.#runtime.upstream.failed(attempt.request.replica, this.#runtime.plan.breaker);
    this.#recording.abandon();
  }
}

function count(
  { edge }: { readonly edge: Edge },
  runtime: RouteRuntime,
  outcome: "hit" | "stale" | "miss" | "coalesced" | "revalidated",
): void {
  edge.instruments.cacheRequests.add({ route: runtime.plan.name, outcome });
}
