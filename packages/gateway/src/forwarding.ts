/**
 * Brings an admitted request to a service and its answer back: body, attempts, retries, deadline.
 *
 * - GB7  Only idempotent requests (by method, or with `Idempotency-Key`) whose body can be sent again are
 *        retried, at most `retry.attempts` times, after a back-off with jitter, within the route's time,
 *        and only while the service's budget allows (GB4).
 * - GB8  Once a byte of the answer has gone to the client, nothing is retried: a failure cuts the
 *        connection, so that a broken answer is never taken for a whole one.
 * - GB9  `x-request-deadline-ms` tells the service how many milliseconds the attempt has left.
 * - GB10 A body beyond the route's limit ends in 413, whether it says its size or is streamed.
 *
 * @module
 */
import { type Readable, Transform } from "node:stream";
import { backoffMs } from "@ashlar/foundation";
import { Attempt, type AttemptFailure, type AttemptSink } from "./attempt.ts";
import type { Deadline, Waiter } from "./deadline-wheel.ts";
import type { RouteRuntime } from "./edge.ts";
import { BodyLimitError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { bodyTooLarge, type Problem, problem } from "./problem.ts";
import { hasBody, type RequestHeaders } from "./request-headers.ts";
import type { Recording } from "./response-cache.ts";
import { passResponseHeaders, type UpstreamHeaders } from "./response-headers.ts";
import type { Replica } from "./upstream.ts";
import { upstreamHeaders } from "./upstream-headers.ts";

/** Bodies of known size up to this are read whole first: one write, and they can be sent again. */
const bufferedBytesMax = 65_536;

/** Last pieces up to this are joined with the head of the response. */
const textBytesMax = 8_192;

const idempotent: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
const safe: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
const retriedStatus: ReadonlySet<number> = new Set([502, 503, 504]);

export class Forwarding implements AttemptSink, Waiter {
  /** Takes the answer down for the cache. */
  readonly #recording: Recording | undefined;
  readonly #exchange: Exchange;
  readonly #runtime: RouteRuntime;
  readonly #headers: RequestHeaders;
  readonly #deadlineAtMs: number;
  #upstreamHeaders: string[] = [];
  #body: Buffer | Readable | null = null;
  #attempt: Attempt | undefined;
  #replica: Replica | undefined;
  #retries = 0;
  #waiting: Deadline | undefined;
  #waitsFor: "body" | "retry" = "body";
  #bytesLeft = -1;

  constructor(exchange: Exchange, runtime: RouteRuntime, recording?: Recording) {
    this.#recording = recording;
    this.#exchange = exchange;
    this.#runtime = runtime;
    this.#headers = exchange.headers as RequestHeaders;
    this.#deadlineAtMs = exchange.startMs + runtime.plan.timeoutMs;
  }

  start(): void {
    const { request, response } = this.#exchange;
    this.#upstreamHeaders = upstreamHeaders(this.#exchange, this.#runtime);
    this.#runtime.upstream.budget.deposit();
    if (!hasBody(this.#headers)) {
      this.#try();
      return;
    }
    if (this.#headers.expectsContinue) response.writeContinue();
    const { contentLength } = this.#headers;
    if (contentLength >= 0 && contentLength <= bufferedBytesMax) {
      this.#collect(contentLength);
      return;
    }
    const limited = limitBody(this.#runtime.plan.bodyBytesMax);
    this.#body = request.pipe(limited);
    if (contentLength >= 0) this.#upstreamHeaders.push("content-length", String(contentLength));
    this.#try();
  }

  /** The client has gone: nobody waits for the answer. */
  onClientGone(): void {
    this.#stopWaiting();
    this.#recording?.abandon();
    if (this.#attempt === undefined) return;
    this.#attempt.abandon();
    this.#runtime.upstream.released(this.#attempt.request.replica);
    this.#count("aborted");
  }

  onClientReady(): void {
    this.#attempt?.resume();
  }

  onDeadline(): void {
    this.#waiting = undefined;
    if (this.#waitsFor === "retry") this.#try();
    else {
      this.#exchange.refuse(
        problem("REQUEST_TIMEOUT", "the body did not arrive in time", { close: true }),
      );
    }
  }

  onHead(attempt: Attempt, status: number, headers: UpstreamHeaders): boolean {
    const { upstream, plan, responseRules, invalidates } = this.#runtime;
    const { instruments, clock, cache } = this.#exchange.edge;
    const seconds = (clock.monotonicMs() - attempt.startMs) / 1_000;
    instruments.upstreamDurations.observe({ target: upstream.name }, seconds);
    if (retriedStatus.has(status)) {
      upstream.failed(attempt.request.replica, plan.breaker);
      if (this.#retry()) {
        this.#count("server_error");
        return false;
      }
    } else upstream.succeeded(attempt.request.replica);
    this.#count(status >= 500 ? "server_error" : "ok");
    if (invalidates.length > 0 && status < 400 && !safe.has(attempt.request.method)) {
      cache.invalidate(invalidates);
    }
    this.#respond(status, passResponseHeaders(headers, responseRules), headers);
    return true;
  }

  onPiece(piece: Buffer): boolean {
    const { response } = this.#exchange;
    if (response.destroyed) return true;
    this.#exchange.bytesSent += piece.length;
    this.#recording?.piece(piece);
    if (this.#bytesLeft >= 0) {
      this.#bytesLeft -= piece.length;
      // The last piece ends the response in the same write.
      if (this.#bytesLeft === 0) {
        // As text, a small one goes out in one piece with the head; latin1 keeps every byte.
        if (piece.length <= textBytesMax) response.end(piece.toString("latin1"), "latin1");
        else response.end(piece);
        return true;
      }
    }
    return response.write(piece);
  }

  onEnd(): void {
    this.#recording?.end();
    const { response } = this.#exchange;
    if (!response.writableEnded) response.end();
  }

  onFailure(attempt: Attempt, failure: AttemptFailure, error: Error): void {
    const { upstream, plan } = this.#runtime;
    if (error instanceof BodyLimitError) {
      upstream.released(attempt.request.replica);
      this.#exchange.refuse(bodyTooLarge(plan.bodyBytesMax));
      return;
    }
    upstream.failed(attempt.request.replica, plan.breaker);
    this.#count(failure);
    const hasBegun = this.#exchange.response.headersSent;
    if (!hasBegun && this.#retry()) return;
    this.#recording?.abandon();
    const { log } = this.#exchange.edge.instruments;
    const { correlationId } = this.#exchange;
    log.warn("service failed", {
      target: upstream.name,
      failure,
      error: error.message,
      correlationId,
    });
    this.#exchange.refuse(failureProblem(failure, upstream.name));
  }

  #try(): void {
    const { upstream, plan } = this.#runtime;
    const { clock, wheel } = this.#exchange.edge;
    const leftMs = this.#deadlineAtMs - clock.monotonicMs();
    const replica = upstream.pick(this.#replica?.index);
    if (replica === undefined || leftMs <= 0) {
      this.#recording?.abandon();
      this.#exchange.refuse(
        replica === undefined
          ? circuitOpen(upstream.name, upstream.retryAfterMs())
          : failureProblem("timeout", upstream.name),
      );
      return;
    }
    this.#replica = replica;
    const canRetry = plan.retry.attempts > 0 && this.#isRepeatable();
    const headTimeoutMs = canRetry ? Math.min(leftMs, plan.retry.perTryTimeoutMs) : leftMs;
    const request = {
      replica,
      method: this.#exchange.request.method ?? "GET",
      path: this.#exchange.upstreamPath + this.#exchange.target.query,
      headers: [
        ...this.#upstreamHeaders,
        "x-request-deadline-ms",
        String(Math.ceil(headTimeoutMs)),
      ],
      body: this.#body,
      headTimeoutMs,
      idleTimeoutMs: plan.timeoutMs,
    };
    this.#exchange.attempts += 1;
    this.#attempt = new Attempt(request, this, clock, wheel);
    this.#attempt.send();
  }

  /** GB7 */
  #retry(): boolean {
    const { upstream, plan } = this.#runtime;
    const { attempts, initialMs, maxMs } = plan.retry;
    if (this.#retries >= attempts || !this.#isRepeatable() || this.#exchange.isOver) return false;
    const { clock, wheel, ids, instruments } = this.#exchange.edge;
    const waitMs = backoffMs({ initialMs, maxMs }, this.#retries + 1, ids.fraction());
    if (clock.monotonicMs() + waitMs >= this.#deadlineAtMs) return false;
    if (!upstream.budget.withdraw()) {
      instruments.retries.add({ target: upstream.name, outcome: "budget_exhausted" });
      return false;
    }
    instruments.retries.add({ target: upstream.name, outcome: "retried" });
    this.#retries += 1;
    this.#attempt = undefined;
    this.#waitsFor = "retry";
    this.#waiting = wheel.add(waitMs, this);
    return true;
  }

  #isRepeatable(): boolean {
    if (this.#body !== null && !Buffer.isBuffer(this.#body)) return false;
    const { method = "" } = this.#exchange.request;
    return idempotent.has(method) || this.#headers.idempotencyKey !== undefined;
  }

  #collect(length: number): void {
    const { request, edge } = this.#exchange;
    const leftMs = this.#deadlineAtMs - edge.clock.monotonicMs();
    this.#waitsFor = "body";
    this.#waiting = edge.wheel.add(leftMs, this);
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      this.#stopWaiting();
      const only = pieces.length === 1 ? pieces[0] : undefined;
      this.#body = only ?? Buffer.concat(pieces, length);
      if (!this.#exchange.isOver) this.#try();
    });
  }

  #stopWaiting(): void {
    if (this.#waiting !== undefined) this.#exchange.edge.wheel.cancel(this.#waiting);
    this.#waiting = undefined;
  }

  #respond(status: number, headers: string[], sent: UpstreamHeaders): void {
    const { response, request } = this.#exchange;
    this.#recording?.head(status, [...headers]);
    const length = sent["content-length"];
    const isBodiless = request.method === "HEAD" || status === 204 || status === 304;
    this.#bytesLeft = !isBodiless && typeof length === "string" ? Number(length) : -1;
    response.writeHead(status, this.#exchange.addOwnHeaders(headers));
    if (!isBodiless && this.#bytesLeft <= 0) response.flushHeaders();
  }

  #count(outcome: "ok" | "server_error" | "aborted" | AttemptFailure): void {
    const { instruments } = this.#exchange.edge;
    const target = this.#runtime.upstream.name;
    instruments.attempts.add(`${outcome} ${target}`, () => ({ target, outcome }));
  }
}

/** GB10 for a body that does not say its size, or that is too large to hold. */
function limitBody(bytesMax: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (bytes > bytesMax) done(new BodyLimitError(bytesMax));
      else done(null, piece);
    },
  });
}

function circuitOpen(target: string, retryAfterMs: number): Problem {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1_000));
  return problem("UPSTREAM_CIRCUIT_OPEN", `${target} fails and is left alone for a while`, {
    headers: ["retry-after", String(seconds)],
  });
}

const failures: Readonly<Record<AttemptFailure, (target: string) => Problem>> = {
  timeout: (target) => problem("UPSTREAM_TIMEOUT", `${target} did not answer in time`),
  unreachable: (target) =>
    problem("UPSTREAM_UNREACHABLE", `${target} cannot be reached`, {
      headers: ["retry-after", "1"],
    }),
  invalid: (target) => problem("UPSTREAM_ANSWER_INVALID", `${target} gave no valid HTTP answer`),
};

export function failureProblem(failure: AttemptFailure, target: string): Problem {
  return failures[failure](target);
}
