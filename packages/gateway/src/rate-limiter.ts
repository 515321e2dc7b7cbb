/**
 * Applies a route's limits, and decides what happens when the shared store is out of reach.
 *
 * - GL1  A request is refused with 429, `Retry-After` and `RateLimit-*` when one of its limits is used up.
 * - GL2  Limits by address are taken before credentials are looked at, so guessing is limited too;
 *        the others after, so that strangers cannot use up what belongs to consumers.
 * - GL3  When the shared store fails or is slow, requests are limited by this gateway's own count with
 *        the same figures (open towards the store, closed towards the client): at most `replicas ×
 *        limit` pass. The store is asked again after {@link retryStoreMs}. Each such request counts in
 *        `gateway_store_failures_total`.
 *
 * @module
 */
import { type Clock, describeError, type Log } from "@ashlar/foundation";
import type { RateLimitPlan, RoutePlan } from "@ashlar/model";
import { type Problem, problem } from "./problem.ts";
import type { RateLimitCheck, RateLimitDecision, RateLimitStore } from "./rate-limit-store.ts";

export interface RateLimiterOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Counts for all gateways; undefined: there is only the local one. */
  readonly shared: RateLimitStore | undefined;
  readonly local: RateLimitStore;
  readonly onStoreFailure: () => void;
  /** Prefix of all keys, so that systems may share a store. */
  readonly namespace: string;
}

export interface Requester {
  readonly ip: string;
  /** Undefined while not proved, or on an open route. */
  readonly consumer: string | undefined;
}

/** What the limits said; `headers` go into the response either way. */
export interface LimitVerdict {
  readonly problem: Problem | undefined;
  readonly headers: readonly string[];
}

/** How long the local count serves before the store is tried again. */
const retryStoreMs = 1_000;
/** The longest that a request waits for the store. */
const storeTimeoutMs = 250;

/** When a limit is taken: see GL2. */
export type LimitStage = "beforeCredentials" | "afterCredentials";

/** The limits of one route that belong to a stage, in the Plan's order. */
export function limitsAt(route: RoutePlan, stage: LimitStage): readonly RateLimitPlan[] {
  const isOpen = route.access.schemes.length === 0;
  if (isOpen) return stage === "beforeCredentials" ? route.rateLimits : [];
  return route.rateLimits.filter((each) => (each.by === "ip") === (stage === "beforeCredentials"));
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  #storeRetryAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  take(
    route: RoutePlan,
    limits: readonly RateLimitPlan[],
    requester: Requester,
  ): LimitVerdict | Promise<LimitVerdict> {
    const checks = limits.map((limit) => this.#check(route, limit, requester));
    const { shared, local } = this.#options;
    if (shared === undefined || this.#options.clock.monotonicMs() < this.#storeRetryAtMs) {
      if (shared !== undefined) this.#options.onStoreFailure();
      return settled(checks, local.take(checks));
    }
    return this.#takeShared(shared, checks);
  }

  async #takeShared(
    shared: RateLimitStore,
    checks: readonly RateLimitCheck[],
  ): Promise<LimitVerdict> {
    const timeout = new AbortController();
    try {
      const slow = this.#options.clock.sleep(storeTimeoutMs, timeout.signal).then(() => undefined);
      slow.catch(() => undefined); // Cancelled below in the usual case.
      const decisions = await Promise.race([shared.take(checks), slow]);
      if (decisions !== undefined) return verdictOf(checks, decisions);
      this.#onStoreFailure(`no answer within ${storeTimeoutMs} ms`);
    } catch (error) {
      this.#onStoreFailure(describeError(error));
    } finally {
      timeout.abort();
    }
    return settled(checks, this.#options.local.take(checks));
  }

  #onStoreFailure(reason: string): void {
    this.#options.onStoreFailure();
    this.#storeRetryAtMs = this.#options.clock.monotonicMs() + retryStoreMs;
    this.#options.log.warn("shared rate limits out of reach, counting locally", { reason });
  }

  #check(route: RoutePlan, limit: RateLimitPlan, requester: Requester): RateLimitCheck {
    const { by, requests, windowMs } = limit;
    const who =
      by === "route"
        ? ""
        : by === "consumer" && requester.consumer !== undefined
          ? `c:${requester.consumer}`
          : `a:${requester.ip}`;
    const key = `${this.#options.namespace}|${route.name}|${by}|${windowMs}|${who}`;
    return { key, limit: requests, windowMs };
  }
}

function settled(
  checks: readonly RateLimitCheck[],
  decisions: readonly RateLimitDecision[] | Promise<readonly RateLimitDecision[]>,
): LimitVerdict | Promise<LimitVerdict> {
  if (decisions instanceof Promise) return decisions.then((each) => verdictOf(checks, each));
  return verdictOf(checks, decisions);
}

/** Reports the limit that is nearest to refusing, or the one that must be waited for longest. */
function verdictOf(
  checks: readonly RateLimitCheck[],
  decisions: readonly RateLimitDecision[],
): LimitVerdict {
  let worst = 0;
  for (let i = 1; i < decisions.length; i++) {
    if (isWorse(decisions[i], decisions[worst])) worst = i;
  }
  const check = checks[worst];
  const decision = decisions[worst];
  if (check === undefined || decision === undefined) return { problem: undefined, headers: [] };
  const resetSeconds = Math.ceil(decision.resetMs / 1_000);
  const headers = [
    "ratelimit-limit",
    String(check.limit),
    "ratelimit-remaining",
    String(decision.remaining),
    "ratelimit-reset",
    String(resetSeconds),
    "ratelimit-policy",
    `${check.limit};w=${Math.ceil(check.windowMs / 1_000)}`,
  ];
  if (decision.allowed) return { problem: undefined, headers };
  const detail = `the limit is ${check.limit} requests in ${check.windowMs / 1_000} s`;
  const retryAfter = ["retry-after", String(Math.max(1, resetSeconds))];
  return { problem: problem("RATE_LIMITED", detail, { headers: retryAfter }), headers };
}

function isWorse(a: RateLimitDecision | undefined, b: RateLimitDecision | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.allowed !== b.allowed) return !a.allowed;
  return a.allowed ? a.remaining < b.remaining : a.resetMs > b.resetMs;
}
