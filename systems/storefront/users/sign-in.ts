/**
 * Logging in, staying signed in, logging out.
 *
 * - SI1  A wrong password and an unknown address are answered alike, in the same time, and counted
 *        alike.
 * - SI2  An attempt is counted before its password is looked at.
 *
 * @module
 */
import type { Transaction } from "@ashlar/postgres";
import { shopEvent } from "../common/shop-events.ts";
import {
  CredentialsWrongError,
  LoginThrottledError,
  RefreshTokenInvalidError,
  RefreshTokenReusedError,
} from "./errors.ts";
import { mailKey } from "./mail-address.ts";
import type { UsersRuntime } from "./runtime.ts";
import { randomToken, tokenHash } from "./secret-token.ts";
import { openSession, refresh, type Session } from "./session.ts";
import {
  insertSession,
  lockSessionByToken,
  revokeSession,
  revokeSessions,
  rotateSession,
} from "./session-store.ts";
import { countAttempt, type ThrottleKey, uncountAttempt } from "./throttle-store.ts";
import { type User, userSubject } from "./user.ts";
import { findUser, findUserByMail } from "./user-store.ts";

/** What a client needs to go on as this user. */
export interface SignedIn {
  readonly user: User;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly session: Session;
}

export interface LogIn {
  readonly email: string;
  readonly password: string;
  /** Where the request came from; attempts are counted by it. */
  readonly address: string;
  readonly userAgent: string;
}

/** @throws {CredentialsWrongError} {@link LoginThrottledError} {@link PasswordsBusyError} */
export async function logIn(runtime: UsersRuntime, wanted: LogIn): Promise<SignedIn> {
  const emailKey = mailKey(wanted.email);
  const keys = throttleKeys(runtime, emailKey, wanted.address);
  await countLogIn(runtime, keys); // SI2
  const user = await findUserByMail(runtime.database, emailKey);
  const fits = await runtime.hasher.verify(wanted.password, user?.passwordHash); // SI1
  if (user === undefined || !fits) {
    runtime.count.login("refused");
    throw new CredentialsWrongError();
  }
  await uncountAttempt(runtime.database, keys);
  await renewHash(runtime, user, wanted.password);
  const signedIn = await startSession(runtime, user, wanted.userAgent);
  runtime.count.login("success");
  return signedIn;
}

/** Opens a session for a user whose identity is proved. */
export async function startSession(
  runtime: UsersRuntime,
  user: User,
  userAgent: string,
): Promise<SignedIn> {
  const { clock, entropy } = runtime.environment;
  const nowMs = clock.wallMs();
  const session = openSession({ id: entropy.uuid(), userId: user.id }, runtime.config, nowMs);
  const refreshToken = randomToken();
  await runtime.database.transaction((tx) =>
    insertSession(tx, { session, tokenHash: tokenHash(refreshToken), userAgent, nowMs }),
  );
  return { user, session, refreshToken, accessToken: mintFor(runtime, user, session) };
}

/** @throws {RefreshTokenInvalidError} {@link RefreshTokenReusedError} */
export async function refreshSession(runtime: UsersRuntime, presented: string): Promise<SignedIn> {
  const nextToken = randomToken();
  const outcome = await runtime.database.transaction((tx) =>
    rotate(runtime, tx, { presented, nextToken }),
  );
  if (outcome === "reused") {
    runtime.count.refresh("reused");
    throw new RefreshTokenReusedError();
  }
  if (outcome === "refused") {
    runtime.count.refresh("refused");
    throw new RefreshTokenInvalidError();
  }
  runtime.count.refresh("rotated");
  const { user, session } = outcome;
  return { user, session, refreshToken: nextToken, accessToken: mintFor(runtime, user, session) };
}

/** Ends the session of a refresh token. An unknown or ended one is no error: the wish is met. */
export async function logOut(runtime: UsersRuntime, presented: string): Promise<void> {
  const nowMs = runtime.environment.clock.wallMs();
  await runtime.database.transaction(async (tx) => {
    const held = await lockSessionByToken(tx, tokenHash(presented));
    if (held === undefined) return;
    const { id, userId } = held.session;
    await revokeSession(tx, { id, userId }, { reason: "logout", nowMs });
  });
}

/** Ends every session of a user. Returns how many there were. */
export function logOutEverywhere(runtime: UsersRuntime, userId: string): Promise<number> {
  const nowMs = runtime.environment.clock.wallMs();
  return revokeSessions(runtime.database, { userId }, { reason: "logout", nowMs });
}

type Rotation = { readonly user: User; readonly session: Session } | "reused" | "refused";

/** Runs in one transaction; must not throw on reuse, or the revocation would be rolled back. */
async function rotate(
  runtime: UsersRuntime,
  tx: Transaction,
  tokens: { readonly presented: string; readonly nextToken: string },
): Promise<Rotation> {
  const held = await lockSessionByToken(tx, tokenHash(tokens.presented));
  if (held === undefined) return "refused";
  const nowMs = runtime.environment.clock.wallMs();
  const outcome = refresh(held.session, held.generation, { nowMs, limits: runtime.config });
  if (outcome.kind === "refused") return "refused";
  const { id: sessionId, userId } = outcome.session;
  if (outcome.kind === "reused") {
    await revokeSession(tx, { id: sessionId, userId }, { reason: "reuse", nowMs });
    const data = { userId, sessionId };
    const subject = userSubject(userId);
    await runtime.events.write(
      tx,
      shopEvent("SessionReuseDetected", subject, { occasion: sessionId, data }),
    );
    return "reused";
  }
  const user = await findUser(tx, userId);
  if (user === undefined) return "refused";
  await rotateSession(tx, outcome.session, { tokenHash: tokenHash(tokens.nextToken), nowMs });
  return { user, session: outcome.session };
}

function mintFor(runtime: UsersRuntime, user: User, session: Session): string {
  return runtime.mint.accessToken({ userId: user.id, role: user.role, sessionId: session.id });
}

async function countLogIn(runtime: UsersRuntime, keys: readonly ThrottleKey[]): Promise<void> {
  try {
    await countAttempt(runtime.database, keys, runtime.environment.clock.wallMs());
  } catch (error) {
    if (error instanceof LoginThrottledError) runtime.count.login("throttled");
    throw error;
  }
}

/** A hash made with another cost than today's is made again, now that the password is at hand. */
async function renewHash(runtime: UsersRuntime, user: User, password: string): Promise<void> {
  if (!runtime.hasher.isOutdated(user.passwordHash)) return;
  const renewed = await runtime.hasher.hash(password);
  await runtime.database.execute(
    "update users set password_hash = $3 where id = $1 and password_hash = $2",
    [user.id, user.passwordHash, renewed],
  );
}

function throttleKeys(
  runtime: UsersRuntime,
  emailKey: string,
  address: string,
): readonly ThrottleKey[] {
  const { config } = runtime;
  const pace = { windowMs: 15 * 60_000, waitMs: 2_000, waitMsMax: 15 * 60_000 };
  const policy = (limit: number): ThrottleKey["policy"] => ({ ...pace, limit });
  return [
    {
      text: `both:${emailKey}\n${address}`,
      policy: policy(config.loginFailuresPerAccountAndAddress),
    },
    { text: `account:${emailKey}`, policy: policy(config.loginFailuresPerAccount) },
    { text: `address:${address}`, policy: policy(config.loginFailuresPerAddress) },
  ];
}
