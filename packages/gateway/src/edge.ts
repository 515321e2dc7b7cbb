/**
 * What every exchange of one gateway shares: the compiled plan and the running machinery.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { RateLimitPlan, RoutePlan } from "@ashlar/model";
import type { Authentication } from "./authentication.ts";
import type { ClientAddresses } from "./client-address.ts";
import type { DeadlineWheel } from "./deadline-wheel.ts";
import type { Instruments } from "./instruments.ts";
import type { OpenApiDocument } from "./open-api.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { ResponseHeaderRules } from "./response-headers.ts";
import type { RouteTable } from "./route-table.ts";
import type { RandomIds } from "./trace-context.ts";
import type { Upstream } from "./upstream.ts";

/** One route with everything that was worked out from its plan at start. */
export interface RouteRuntime {
  readonly plan: RoutePlan;
  readonly upstream: Upstream;
  readonly limitsBefore: readonly RateLimitPlan[];
  readonly limitsAfter: readonly RateLimitPlan[];
  /** Flat name, value list of headers to set on requests, and names to remove; lower case. */
  readonly requestSet: readonly string[];
  readonly requestRemove: readonly string[];
  readonly responseRules: ResponseHeaderRules;
  /** Routes whose cached responses a successful write on this one empties. */
  readonly invalidates: readonly string[];
}

/** The mutable state of a gateway. */
interface EdgeState {
  inFlight: number;
  webSockets: number;
  /** Answers ask clients to reconnect elsewhere. */
  draining: boolean;
}

export interface Edge {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly ids: RandomIds;
  readonly routes: RouteTable;
  readonly runtimes: ReadonlyMap<RoutePlan, RouteRuntime>;
  readonly addresses: ClientAddresses;
  readonly authentication: Authentication;
  readonly limiter: RateLimiter;
  readonly cache: ResponseCache;
  readonly openApi: OpenApiDocument | undefined;
  readonly instruments: Instruments;
  readonly state: EdgeState;
  readonly maxInFlight: number;
  readonly webSocketsMax: number;
}
