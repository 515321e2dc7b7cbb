/**
 * What the use cases of the orders service work with; joined in `main.ts`, or by a test.
 *
 * @module
 */
import type { Environment, Log } from "@ashlar/foundation";
import type { Pool, Transaction } from "@ashlar/postgres";
import type { EventWriter } from "../common/event-writer.ts";
import type { OrdersConfig } from "./config.ts";
import type { PaymentProvider } from "./payment-provider.ts";

export interface OrdersRuntime {
  readonly config: OrdersConfig;
  readonly environment: Environment;
  readonly database: Pool;
  readonly events: EventWriter<Transaction>;
  readonly provider: PaymentProvider;
  readonly log: Log;
  readonly count: OrdersCounters;
}

/** What is counted for the metrics. */
export interface OrdersCounters {
  action(action: "place" | "pay" | "ship" | "deliver" | "cancel" | "expire"): void;
  payment(outcome: "captured" | "declined" | "voided" | "refunded" | "timeout"): void;
  stockRefusal(): void;
}
