/**
 * Whether a program lives, and whether it may be sent work.
 *
 * - TEL11 A program is ready when it is not stopping and every check passes; a check that throws or
 *        does not answer in time fails, and its reason is shown.
 * - TEL12 Once stopping, a program is never ready again, and its checks are not asked any more.
 *
 * @module
 */
import { type Clock, describeError } from "@ashlar/foundation";
import { HealthCheckTimeoutError } from "./errors.ts";
import { safeText } from "./safe-fields.ts";

export interface CheckResult {
  readonly ok: boolean;
  /** Why not. Without secrets, for it is shown to whoever can reach the ops port. */
  readonly error?: string;
}

export interface Liveness {
  readonly status: "ok";
}

export interface Readiness {
  readonly status: "ok" | "unready" | "stopping";
  readonly checks: Readonly<Record<string, CheckResult>>;
}

/** Settles if the program can work as far as this check sees; rejects with the reason if not. */
export type HealthCheck = (signal: AbortSignal) => void | Promise<void>;

export interface Health {
  /** Adds a check until disposed. A check of the same name is replaced. */
  addCheck(name: string, check: HealthCheck): Disposable;
  /** From now on unready: the program is about to go. */
  setStopping(): void;
  readonly isStopping: boolean;
  live(): Liveness;
  /** Asks every check; callers at the same time share one round. */
  ready(): Promise<Readiness>;
}

const checkTimeoutMs = 1_000;
const reasonCharactersMax = 300;

export function createHealth(clock: Clock): Health {
  const checks = new Map<string, HealthCheck>();
  let stopping = false;
  let round: Promise<Readiness> | undefined;
  const ask = async (): Promise<Readiness> => {
    const asked = [...checks].map(async ([name, check]) => [name, await run(name, check, clock)]);
    const results = Object.fromEntries(await Promise.all(asked)) as Record<string, CheckResult>;
    if (stopping) return { status: "stopping", checks: {} };
    const passes = Object.values(results).every((each) => each.ok);
    return { status: passes ? "ok" : "unready", checks: results };
  };
  return {
    addCheck: (name, check) => {
      checks.set(name, check);
      return {
        [Symbol.dispose]: () => {
          if (checks.get(name) === check) checks.delete(name);
        },
      };
    },
    setStopping: () => {
      stopping = true;
    },
    get isStopping() {
      return stopping;
    },
    live: () => ({ status: "ok" }),
    ready: () => {
      if (stopping) return Promise.resolve({ status: "stopping", checks: {} }); // TEL12
      round ??= ask().finally(() => {
        round = undefined;
      });
      return round;
    },
  };
}

async function run(name: string, check: HealthCheck, clock: Clock): Promise<CheckResult> {
  const timeout = new AbortController();
  const done = new AbortController();
  const late = clock.sleep(checkTimeoutMs, done.signal).then(() => {
    const error = new HealthCheckTimeoutError(name, checkTimeoutMs);
    timeout.abort(error);
    throw error;
  });
  // Rejected also when the check was in time and the wait is called off.
  late.catch(() => undefined);
  try {
    await Promise.race([Promise.resolve().then(() => check(timeout.signal)), late]);
    return { ok: true };
  } catch (error) {
    return { ok: false, error: safeText(describeError(error)).slice(0, reasonCharactersMax) };
  } finally {
    done.abort(new HealthCheckTimeoutError(name, checkTimeoutMs));
  }
}
