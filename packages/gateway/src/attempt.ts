/**
 * One try at one replica. Sends the request, hands the answer to its {@link AttemptSink} as it
 * arrives, and settles exactly once.
 *
 * - GB5  An attempt that has settled, by its end, a failure, its time, or because nobody waits for it any
 *        more, tells its sink nothing further, and its connection is not left half read.
 * - GB6  Until the answer's head, `headTimeoutMs` bounds it; then, `idleTimeoutMs` between two pieces of
 *        the body (also where the client does not read).
 *
 * @module
 */

import type { Readable } from "node:stream";
import type { Clock } from "@ashlar/foundation";
import type { Dispatcher } from "undici";
import type { Deadline, DeadlineWheel, Waiter } from "./deadline-wheel.ts";
import { AttemptAbortedError } from "./errors.ts";
import type { UpstreamHeaders } from "./response-headers.ts";
import type { Replica } from "./upstream.ts";

/** How an attempt ended without an answer, or broke off in one. */
export type AttemptFailure = "timeout" | "unreachable" | "invalid";

/** Who receives the answer. */
export interface AttemptSink {
  /** The head of the final answer. `false`: it is not wanted (another attempt is made). */
  onHead(attempt: Attempt, status: number, headers: UpstreamHeaders): boolean;
  /** A piece of the body. `false`: send no more until {@link Attempt.resume}. */
  onPiece(piece: Buffer): boolean;
  onEnd(attempt: Attempt): void;
  onFailure(attempt: Attempt, failure: AttemptFailure, error: Error): void;
}

export interface AttemptRequest {
  readonly replica: Replica;
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value. */
  readonly headers: string[];
  readonly body: Buffer | Readable | null;
  readonly headTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

export class Attempt implements Dispatcher.DispatchHandler, Waiter {
  readonly request: AttemptRequest;
  readonly startMs: number;
  readonly #sink: AttemptSink;
  readonly #clock: Clock;
  readonly #wheel: DeadlineWheel;
  #controller: Dispatcher.DispatchController | undefined;
  #deadline: Deadline | undefined;
  #activeAtMs = 0;
  #hasHead = false;
  #isSettled = false;

  constructor(request: AttemptRequest, sink: AttemptSink, clock: Clock, wheel: DeadlineWheel) {
    this.request = request;
    this.#sink = sink;
    this.#clock = clock;
    this.#wheel = wheel;
    this.startMs = clock.monotonicMs();
  }

  send(): void {
    const { replica, method, path, headers, body, headTimeoutMs } = this.request;
    this.#deadline = this.#wheel.add(headTimeoutMs, this);
    replica.pool.dispatch({ method, path, headers, body }, this);
  }

  /** The sink takes pieces again. */
  resume(): void {
    this.#controller?.resume();
  }

  /** Nobody waits for the answer any more. */
  abandon(): void {
    if (this.#settle()) this.#controller?.abort(new AttemptAbortedError("nobody waits for it"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isSettled) controller.abort(new AttemptAbortedError("it had ended"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHeaders,
  ): void {
    if (this.#isSettled || status < 200) return; // Interim answers are not passed on.
    this.#hasHead = true;
    this.#activeAtMs = this.#clock.monotonicMs();
    if (this.#sink.onHead(this, status, headers)) return;
    if (this.#settle()) controller.abort(new AttemptAbortedError("the answer is not wanted"));
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#isSettled) return;
    this.#activeAtMs = this.#clock.monotonicMs();
    if (!this.#sink.onPiece(piece)) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#settle()) this.#sink.onEnd(this);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settle()) this.#sink.onFailure(this, failureOf(error), error);
  }

  onDeadline(): void {
    this.#deadline = undefined;
    if (this.#hasHead) {
      const idleMs = this.#clock.monotonicMs() - this.#activeAtMs;
      const leftMs = this.request.idleTimeoutMs - idleMs;
      if (leftMs > 0) {
        this.#deadline = this.#wheel.add(leftMs, this);
        return;
      }
    }
    if (!this.#settle()) return;
    const error = new AttemptAbortedError("it took too long");
    this.#controller?.abort(error);
    this.#sink.onFailure(this, "timeout", error);
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    if (this.#deadline !== undefined) this.#wheel.cancel(this.#deadline);
    return true;
  }
}

const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_SOCKET",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
]);

function failureOf(error: Error): AttemptFailure {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && unreachableCodes.has(code) ? "unreachable" : "invalid";
}
