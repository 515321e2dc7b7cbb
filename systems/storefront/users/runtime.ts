/**
 * What the use cases of the users service work with; joined in `main.ts`, or by a test.
 *
 * @module
 */

import type { Environment } from "@ashlar/foundation";
import type { Pool, Transaction } from "@ashlar/postgres";
import type { EventWriter } from "../common/event-writer.ts";
import type { UsersConfig } from "./config.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import type { TokenMint } from "./token-mint.ts";

export interface UsersRuntime {
  readonly config: UsersConfig;
  readonly environment: Environment;
  readonly database: Pool;
  readonly events: EventWriter<Transaction>;
  readonly hasher: PasswordHasher;
  readonly mint: TokenMint;
  /** Key from which mailed tokens are derived. */
  readonly mailTokenKey: string;
  readonly count: UsersCounters;
}

/** What is counted for the metrics. */
export interface UsersCounters {
  registration(): void;
  login(outcome: "success" | "refused" | "throttled"): void;
  refresh(outcome: "rotated" | "reused" | "refused"): void;
}
