/**
 * Refusals that every service of the storefront can give.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { HttpError } from "@ashlar/service";

const bearerChallenge = { "www-authenticate": 'Bearer realm="storefront"' };

/** Thrown when a route needs a signed-in user and no bearer token came. Log in, then retry. */
export class TokenMissingError extends HttpError<"TOKEN_MISSING", Record<never, never>> {
  constructor() {
    super("TOKEN_MISSING", {
      status: 401,
      message: "this route needs an access token: send `authorization: Bearer <token>`",
      detail: {},
      headers: bearerChallenge,
    });
  }
}

/**
 * Thrown for an access token that is malformed, forged, expired, or meant for somebody else. The
 * reason is for the log and the client alike; it never tells which key would have fitted. Refresh
 * the session or log in again, then retry.
 */
export class TokenInvalidError extends HttpError<"TOKEN_INVALID", { readonly reason: string }> {
  constructor(reason: string) {
    super("TOKEN_INVALID", {
      status: 401,
      message: `the access token was refused: ${reason}`,
      detail: { reason },
      headers: {
        "www-authenticate": `${bearerChallenge["www-authenticate"]}, error="invalid_token"`,
      },
    });
  }
}

/** Thrown when a signed-in user lacks every role that a route asks for. Retrying does not help. */
export class RoleMissingError extends HttpError<
  "ROLE_MISSING",
  { readonly needed: readonly string[] }
> {
  constructor(needed: readonly string[]) {
    super("ROLE_MISSING", {
      status: 403,
      message: `this needs one of the roles ${needed.join(", ")}`,
      detail: { needed },
    });
  }
}

/** Thrown when an internal route is called without the calling service's own key. A wiring fault. */
export class ServiceKeyInvalidError extends HttpError<"SERVICE_KEY_INVALID", Record<never, never>> {
  constructor() {
    super("SERVICE_KEY_INVALID", {
      status: 401,
      message: "this route serves one other service only, by its own key",
      detail: {},
    });
  }
}

/** Thrown for a page cursor that this service did not give out. Start again without a cursor. */
export class CursorInvalidError extends HttpError<"CURSOR_INVALID", Record<never, never>> {
  constructor() {
    super("CURSOR_INVALID", {
      status: 400,
      message: "the cursor is not one of ours: leave it out to start from the first page",
      detail: {},
    });
  }
}

/** Thrown when `If-Match` names an older version. Read the resource again, then decide again. */
export class VersionStaleError extends HttpError<"VERSION_STALE", { readonly current: string }> {
  constructor(current: string) {
    super("VERSION_STALE", {
      status: 412,
      message: `somebody changed this meanwhile; its ETag is now ${current}`,
      detail: { current },
    });
  }
}

/** Thrown for an `If-Match` header that is neither `*` nor entity tags. Send the ETag as it came. */
export class IfMatchInvalidError extends HttpError<"IF_MATCH_INVALID", Record<never, never>> {
  constructor() {
    super("IF_MATCH_INVALID", {
      status: 400,
      message: 'If-Match holds an ETag as it came, for example `"7"`, or `*`',
      detail: {},
    });
  }
}

/** Thrown when amounts of different currencies meet, or a sum leaves the safe integers. A bug. */
export class MoneyError extends CodedError<"MONEY_INVALID", { readonly reason: string }> {
  constructor(reason: string) {
    super("MONEY_INVALID", reason, { reason });
  }
}

/** Thrown at start-up for a signing key that is not an Ed25519 private key. Fix the secret. */
export class SigningKeyError extends CodedError<"SIGNING_KEY_INVALID", { readonly found: string }> {
  constructor(found: string) {
    super("SIGNING_KEY_INVALID", `the signing key must be Ed25519 (PKCS #8 PEM), not ${found}`, {
      found,
    });
  }
}

/**
 * Thrown when the users service does not give its public keys or answers with something else. The
 * request is answered with 503; retry it.
 */
export class KeySetUnavailableError extends HttpError<
  "KEY_SET_UNAVAILABLE",
  { readonly reason: string }
> {
  constructor(reason: string) {
    super("KEY_SET_UNAVAILABLE", {
      status: 503,
      message: `tokens cannot be verified now: ${reason}`,
      detail: { reason },
      headers: { "retry-after": "1" },
    });
  }
}
