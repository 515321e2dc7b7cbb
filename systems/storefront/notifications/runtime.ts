/**
 * What the notifications service works with; joined in `main.ts`, or by a test.
 *
 * @module
 */
import type { Inbox } from "@ashlar/events";
import type { Environment, Log } from "@ashlar/foundation";
import type { Pool, Transaction } from "@ashlar/postgres";
import type { ChannelName, Channels } from "./channel.ts";
import type { NotificationsConfig } from "./config.ts";
import type { Contacts } from "./contacts.ts";

/** The consumer group of this service. */
export const group = "notifications";

export interface NotificationsRuntime {
  readonly config: NotificationsConfig;
  readonly environment: Environment;
  readonly database: Pool;
  readonly inbox: Inbox<Transaction>;
  readonly contacts: Contacts;
  readonly channels: Channels;
  readonly log: Log;
  readonly count: NotificationsCounters;
}

/** What is counted for the metrics. */
export interface NotificationsCounters {
  event(): void;
  delivery(channel: ChannelName, outcome: "sent" | "retried" | "dead"): void;
}
