/**
 * Errors whose code is the contract. The message is for people, the detail for programs and logs.
 *
 * `CodedError` is for the world's faults: bad input, a missing file, a peer that does not answer.
 * {@link invariant} is for ours: it names a condition that the code itself must keep.
 *
 * @module
 */

/** Plain data that may be logged and may cross the wire. Never holds a secret. */
export type ErrorDetail = Readonly<Record<string, unknown>>;

/** Base of every error that this project throws on purpose. Codes are listed in docs/reference/errors.md. */
export class CodedError<
  Code extends string = string,
  Detail extends ErrorDetail = ErrorDetail,
> extends Error {
  readonly code: Code;
  readonly detail: Detail;

  constructor(code: Code, message: string, detail: Detail, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.detail = detail;
  }
}

/** Thrown when our own code breaks a condition that it promised to keep. A bug; never retried. */
export class InvariantError extends CodedError<"INVARIANT_BROKEN", { readonly condition: string }> {
  constructor(condition: string) {
    super("INVARIANT_BROKEN", `invariant broken: ${condition}`, { condition });
  }
}

/** Asserts a condition that this code, not its caller's input, is responsible for. */
export function invariant(holds: boolean, condition: string): asserts holds {
  if (!holds) throw new InvariantError(condition);
}

/** True for a {@link CodedError} with this code. */
export function hasCode<Code extends string>(
  error: unknown,
  code: Code,
): error is CodedError<Code> {
  return error instanceof CodedError && error.code === code;
}

/** The text of whatever was thrown, with the chain of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `: ${describeError(error.cause)}`;
  return `${error.message}${cause}`;
}
