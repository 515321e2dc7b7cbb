/**
 * A session: one family of refresh tokens, each good for one use.
 *
 * A client trades its newest refresh token for the next. A token that comes back after it was
 * traded has been copied by somebody, and nobody can tell who holds the copy: the family ends.
 *
 * - SU1  A refresh token is traded at most once.
 * - SU2  A traded token that comes again revokes its session and every token of it, for good.
 * - SU3  A revoked or expired session gives out no token.
 *
 * Source: RFC 9700 section 4.14.2 (refresh token rotation).
 * @module
 */

/** Why a session no longer counts. */
export type RevocationReason = "logout" | "reuse" | "passwordChanged" | "admin" | "userDeleted";

export interface Session {
  readonly id: string;
  readonly userId: string;
  /** Tokens given out so far; the newest has this generation. The first is 1. */
  readonly generation: number;
  /** When the newest token stops being accepted if it is not traded. */
  readonly tokenExpiresAtMs: number;
  /** When the whole session ends, however often it was refreshed. */
  readonly endsAtMs: number;
  readonly revoked: { readonly atMs: number; readonly reason: RevocationReason } | null;
}

export interface SessionLimits {
  readonly refreshTokenMs: number;
  readonly sessionMs: number;
}

export type RefreshOutcome =
  | { readonly kind: "rotated"; readonly session: Session }
  | { readonly kind: "reused"; readonly session: Session }
  | { readonly kind: "refused"; readonly reason: "revoked" | "expired" };

/** A new session, its first token given out. */
export function openSession(
  identity: { readonly id: string; readonly userId: string },
  limits: SessionLimits,
  nowMs: number,
): Session {
  const endsAtMs = nowMs + limits.sessionMs;
  return {
    ...identity,
    generation: 1,
    tokenExpiresAtMs: Math.min(endsAtMs, nowMs + limits.refreshTokenMs),
    endsAtMs,
    revoked: null,
  };
}

/** What becomes of the session when the token of `generation` is presented. */
export function refresh(
  session: Session,
  generation: number,
  now: { readonly nowMs: number; readonly limits: SessionLimits },
): RefreshOutcome {
  if (session.revoked !== null) return { kind: "refused", reason: "revoked" };
  if (generation !== session.generation) {
    return { kind: "reused", session: revoke(session, "reuse", now.nowMs) };
  }
  if (now.nowMs >= session.tokenExpiresAtMs || now.nowMs >= session.endsAtMs) {
    return { kind: "refused", reason: "expired" };
  }
  const tokenExpiresAtMs = Math.min(session.endsAtMs, now.nowMs + now.limits.refreshTokenMs);
  return {
    kind: "rotated",
    session: { ...session, generation: session.generation + 1, tokenExpiresAtMs },
  };
}

/** Ends a session. The first reason stays. */
export function revoke(session: Session, reason: RevocationReason, nowMs: number): Session {
  return session.revoked === null ? { ...session, revoked: { atMs: nowMs, reason } } : session;
}

/** Whether the session still gives out tokens. */
export function isLive(session: Session, nowMs: number): boolean {
  return session.revoked === null && nowMs < session.endsAtMs && nowMs < session.tokenExpiresAtMs;
}
