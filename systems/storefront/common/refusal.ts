/**
 * A request that the storefront understood and will not serve: the base of every error that a
 * client sees. The kit turns it into a problem document with this status, code and detail.
 *
 * @module
 */
import { CodedError, type ErrorDetail } from "@ashlar/foundation";

/** HTTP statuses that a refusal may have. */
export type RefusalStatus = 400 | 401 | 403 | 404 | 409 | 410 | 412 | 422 | 428 | 429 | 503;

export interface RefusalOptions<Code extends string, Detail extends ErrorDetail> {
  readonly status: RefusalStatus;
  readonly code: Code;
  /** For people: what is wrong, with values, and what to do. */
  readonly message: string;
  /** For programs; never a secret. */
  readonly detail: Detail;
  /** Sent as response headers, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Base of the errors that a client of the storefront sees; see each room's `errors.ts`. */
export abstract class Refusal<
  Code extends string = string,
  Detail extends ErrorDetail = ErrorDetail,
> extends CodedError<Code, Detail> {
  readonly status: RefusalStatus;
  readonly headers: Readonly<Record<string, string>>;

  constructor(options: RefusalOptions<Code, Detail>) {
    super(options.code, options.message, options.detail);
    this.status = options.status;
    this.headers = options.headers ?? {};
  }
}
