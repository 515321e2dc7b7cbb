/**
 * Goal: a copied refresh token gives its thief at most the time until either of the two uses it.
 * Method: sequences of presenting any token of the family, ending the session, and waiting, against
 * a plain model that remembers which tokens were traded.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { isLive, openSession, refresh, revoke, type Session } from "../session.ts";

const limits = { refreshTokenMs: 1_000, sessionMs: 5_000 };
const identity = { id: "s", userId: "u" };

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("newest" as const) }) },
    fc.record({ kind: fc.constant("old" as const), back: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
    fc.record({ kind: fc.constant("logout" as const) }),
  ),
  { maxLength: 30 },
);

test("SU1 SU2 SU3: a family gives each token out once and ends at the first reuse", () => {
  fc.assert(
    fc.property(steps, (history) => {
      let nowMs = 0;
      let session: Session = openSession(identity, limits, nowMs);
      const traded = new Set<number>();
      let ended = false;
      for (const step of history) {
        if (step.kind === "wait") nowMs += step.ms;
        if (step.kind === "logout") {
          session = revoke(session, "logout", nowMs);
          ended = true;
        }
        if (step.kind !== "newest" && step.kind !== "old") continue;
        const generation = session.generation - (step.kind === "old" ? step.back : 0);
        if (generation < 1) continue;
        const wasLive = isLive(session, nowMs);
        const outcome = refresh(session, generation, { nowMs, limits });
        if (outcome.kind === "rotated") {
          expect(ended, "SU3").toBe(false);
          expect(wasLive, "SU3").toBe(true);
          expect(traded.has(generation), "SU1").toBe(false);
          traded.add(generation);
          session = outcome.session;
          expect(session.tokenExpiresAtMs).toBeLessThanOrEqual(session.endsAtMs);
        }
        if (outcome.kind === "reused") {
          expect(traded.has(generation), "SU2").toBe(true);
          session = outcome.session;
          ended = true;
        }
        if (ended) expect(isLive(session, nowMs), "SU2").toBe(false);
      }
    }),
  );
});

test("SU2: after a reuse the newest token is refused as well", () => {
  const fresh = openSession(identity, limits, 0);
  const first = refresh(fresh, 1, { nowMs: 1, limits });
  if (first.kind !== "rotated") throw new TypeError(first.kind);
  const reused = refresh(first.session, 1, { nowMs: 2, limits });
  if (reused.kind !== "reused") throw new TypeError(reused.kind);
  expect(reused.session.revoked).toEqual({ atMs: 2, reason: "reuse" });
  const after = refresh(reused.session, 2, { nowMs: 3, limits });
  expect(after).toEqual({ kind: "refused", reason: "revoked" });
});

test("SU3: refreshing does not outlive the session's end", () => {
  let session = openSession(identity, limits, 0);
  for (let nowMs = 900; nowMs < 5_000; nowMs += 900) {
    const outcome = refresh(session, session.generation, { nowMs, limits });
    if (outcome.kind === "rotated") session = outcome.session;
  }
  const late = refresh(session, session.generation, { nowMs: 5_000, limits });
  expect(late).toEqual({ kind: "refused", reason: "expired" });
});
