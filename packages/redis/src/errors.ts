/**
 * The errors of this room.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";

/**
 * Thrown when Redis gives an answer that its protocol or our script does not have. Not worth a retry:
 * look at the server's version and at what else writes under our prefix.
 */
export class RedisAnswerError extends CodedError<
  "REDIS_ANSWER_INVALID",
  { readonly command: string }
> {
  constructor(command: string, options?: ErrorOptions) {
    super(
      "REDIS_ANSWER_INVALID",
      `Redis answered ${command} with something else`,
      { command },
      options,
    );
  }
}

/** Thrown for an address that is not `redis://` or `rediss://`. Correct the environment. */
export class RedisUrlError extends CodedError<"REDIS_URL_INVALID", Record<never, never>> {
  constructor() {
    super("REDIS_URL_INVALID", "the address of Redis must begin with redis:// or rediss://", {});
  }
}
