/**
 * What an operator may set for the notifications service.
 *
 * @module
 */
import {
  type ConfigDeclaration,
  type ConfigField,
  type ConfigValues,
  config,
  duration,
  integer,
  string,
} from "@ashlar/model";

type NotificationsFields = {
  readonly fromAddress: ConfigField<string>;
  readonly shopName: ConfigField<string>;
  readonly shopUrl: ConfigField<string>;
  readonly dispatchIntervalMs: ConfigField<number>;
  readonly dispatchBatch: ConfigField<number>;
  readonly deliveryLeaseMs: ConfigField<number>;
  readonly deliveryTimeoutMs: ConfigField<number>;
  readonly deliveryAttempts: ConfigField<number>;
  readonly retryInitialMs: ConfigField<number>;
  readonly retryMaxMs: ConfigField<number>;
};

export const notificationsConfig: ConfigDeclaration<NotificationsFields> = config({
  fromAddress: string({
    default: "shop@storefront.example.com",
    min: 3,
    max: 254,
    description: "Sender of every mail.",
  }),
  shopName: string({
    default: "Storefront",
    min: 1,
    max: 60,
    description: "Name that mails are signed with.",
  }),
  shopUrl: string({
    default: "https://storefront.example.com",
    min: 8,
    max: 200,
    description: "Where links in mails lead.",
  }),
  dispatchIntervalMs: duration({
    default: "1s",
    min: "50ms",
    max: "1h",
    description: "How often due deliveries are looked for when no event wakes the dispatcher.",
  }),
  dispatchBatch: integer({
    default: 20,
    min: 1,
    max: 500,
    description: "Deliveries claimed at once by one replica.",
  }),
  deliveryLeaseMs: duration({
    default: "30s",
    min: "1s",
    max: "10m",
    description:
      "How long a replica keeps a claimed delivery; then another may try. Longer than deliveryTimeoutMs.",
  }),
  deliveryTimeoutMs: duration({
    default: "10s",
    min: "100ms",
    max: "5m",
    description: "How long one attempt to deliver may take.",
  }),
  deliveryAttempts: integer({
    default: 8,
    min: 1,
    max: 50,
    description: "Attempts before a delivery becomes a dead letter.",
  }),
  retryInitialMs: duration({
    default: "1s",
    min: "10ms",
    max: "1h",
    description: "Longest wait before the second attempt; it doubles from there.",
  }),
  retryMaxMs: duration({
    default: "10m",
    min: "100ms",
    max: "1d",
    description: "Longest wait between two attempts.",
  }),
});

export type NotificationsConfig = ConfigValues<typeof notificationsConfig>;
