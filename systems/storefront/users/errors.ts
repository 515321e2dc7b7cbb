/**
 * Refusals of the users service.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import { HttpError } from "@ashlar/service";

type Nothing = Record<never, never>;

/** Thrown when an address already names an account. Log in, or reset the password. */
export class EmailTakenError extends HttpError<"EMAIL_TAKEN", Nothing> {
  constructor() {
    super("EMAIL_TAKEN", {
      status: 409,
      message: "this address already has an account: log in, or reset its password",
      detail: {},
    });
  }
}

/** Thrown for a password that the policy refuses. Choose another. */
export class PasswordWeakError extends HttpError<"PASSWORD_WEAK", { readonly fault: string }> {
  constructor(fault: string) {
    super("PASSWORD_WEAK", {
      status: 422,
      message: `this password ${fault}`,
      detail: { fault },
    });
  }
}

/** Thrown for a wrong address or a wrong password; which of the two is not told. */
export class CredentialsWrongError extends HttpError<"CREDENTIALS_WRONG", Nothing> {
  constructor() {
    super("CREDENTIALS_WRONG", {
      status: 401,
      message: "no account has this address and this password",
      detail: {},
    });
  }
}

/** Thrown after too many wrong passwords. Wait as long as `retry-after` says. */
export class LoginThrottledError extends HttpError<
  "LOGIN_THROTTLED",
  { readonly retryAfterMs: number }
> {
  constructor(retryAfterMs: number) {
    const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
    super("LOGIN_THROTTLED", {
      status: 429,
      message: `too many wrong passwords: try again in ${seconds} s`,
      detail: { retryAfterMs },
      headers: { "retry-after": String(seconds) },
    });
  }
}

/** Thrown when more passwords wait to be hashed than the service allows. Retry after a second. */
export class PasswordsBusyError extends HttpError<"PASSWORDS_BUSY", { readonly queue: number }> {
  constructor(queue: number) {
    super("PASSWORDS_BUSY", {
      status: 503,
      message: "too many log-ins at once: try again in a moment",
      detail: { queue },
      headers: { "retry-after": "1" },
    });
  }
}

/** Thrown for a stored hash that is not in PHC form: the row was damaged. Never retried. */
export class PasswordHashCorruptError extends CodedError<"PASSWORD_HASH_CORRUPT", Nothing> {
  constructor() {
    super("PASSWORD_HASH_CORRUPT", "a stored password hash is not in PHC form", {});
  }
}

/** Thrown for a refresh token that is unknown, expired, or of a session that ended. Log in again. */
export class RefreshTokenInvalidError extends HttpError<"REFRESH_TOKEN_INVALID", Nothing> {
  constructor() {
    super("REFRESH_TOKEN_INVALID", {
      status: 401,
      message: "this refresh token is not accepted: log in again",
      detail: {},
    });
  }
}

/**
 * Thrown when a refresh token comes a second time: it was copied, or a client kept an old one. The
 * whole session has ended; log in again.
 */
export class RefreshTokenReusedError extends HttpError<"REFRESH_TOKEN_REUSED", Nothing> {
  constructor() {
    super("REFRESH_TOKEN_REUSED", {
      status: 401,
      message: "this refresh token was used before, so its session has ended: log in again",
      detail: {},
    });
  }
}

/** Thrown for a user id that names no account, or one that the caller may not see. */
export class UserUnknownError extends HttpError<"USER_UNKNOWN", Nothing> {
  constructor() {
    super("USER_UNKNOWN", { status: 404, message: "there is no such account", detail: {} });
  }
}

/** Thrown for a session id that is not one of the caller's live sessions. */
export class SessionUnknownError extends HttpError<"SESSION_UNKNOWN", Nothing> {
  constructor() {
    super("SESSION_UNKNOWN", {
      status: 404,
      message: "you have no such session; it may have ended already",
      detail: {},
    });
  }
}

/** Thrown for a mailed token that is unknown, used, or too old. Ask for another mail. */
export class MailedTokenInvalidError extends HttpError<"MAILED_TOKEN_INVALID", Nothing> {
  constructor() {
    super("MAILED_TOKEN_INVALID", {
      status: 410,
      message: "this mailed token is unknown, used, or too old: ask for another",
      detail: {},
    });
  }
}

/** Thrown when the last admin would lose the role or the account. Make another admin first. */
export class LastAdminError extends HttpError<"LAST_ADMIN", Nothing> {
  constructor() {
    super("LAST_ADMIN", {
      status: 409,
      message: "the last admin must stay: make another account admin first",
      detail: {},
    });
  }
}
