/**
 * The lifetime of something that owns other things.
 *
 * - SC1  Closing aborts {@link Scope.signal} first, then releases what is owned, last opened first.
 * - SC2  Closing twice, or while a close is under way, releases nothing twice; all calls await the same close.
 * - SC3  What is given to a closed scope is refused, so nothing outlives it unseen.
 *
 * @module
 */
import { CodedError } from "./error.ts";

/** Thrown when a resource is given to a scope that has already closed. A bug in start-up order. */
export class ScopeClosedError extends CodedError<"SCOPE_CLOSED", Record<never, never>> {
  constructor() {
    super("SCOPE_CLOSED", "this scope has closed and can own nothing more", {});
  }
}

/** Owns disposables and an abort signal; see the module's comment for its guarantees. */
export class Scope implements AsyncDisposable {
  readonly #abort = new AbortController();
  readonly #stack = new AsyncDisposableStack();
  #closing: Promise<void> | undefined;

  /** Aborted when the scope begins to close. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Takes ownership: `resource` is disposed when the scope closes. */
  own<Resource extends AsyncDisposable | Disposable>(resource: Resource): Resource {
    if (this.#closing !== undefined) throw new ScopeClosedError();
    return this.#stack.use(resource);
  }

  /** Runs `release` when the scope closes. */
  defer(release: () => void | Promise<void>): void {
    if (this.#closing !== undefined) throw new ScopeClosedError();
    this.#stack.defer(release);
  }

  /** Aborts the signal, then releases everything in reverse order. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #release(): Promise<void> {
    this.#abort.abort(new ScopeClosedError());
    await this.#stack.disposeAsync();
  }
}
