/**
 * What an operator may set for the orders service.
 *
 * @module
 */
import {
  boolean,
  type ConfigDeclaration,
  type ConfigField,
  type ConfigValues,
  config,
  duration,
  integer,
} from "@ashlar/model";

type OrdersFields = {
  readonly seedCatalogue: ConfigField<boolean>;
  readonly payWithinMs: ConfigField<number>;
  readonly expiryIntervalMs: ConfigField<number>;
  readonly reconcileIntervalMs: ConfigField<number>;
  readonly paymentLeaseMs: ConfigField<number>;
  readonly paymentTimeoutMs: ConfigField<number>;
  readonly maxLines: ConfigField<number>;
  readonly maxQuantity: ConfigField<number>;
};

export const ordersConfig: ConfigDeclaration<OrdersFields> = config({
  seedCatalogue: boolean({
    default: true,
    description: "Puts a few products into an empty catalogue at start.",
  }),
  payWithinMs: duration({
    default: "30m",
    min: "1s",
    max: "7d",
    description: "How long stock is kept for an order that is not paid.",
  }),
  expiryIntervalMs: duration({
    default: "10s",
    min: "100ms",
    max: "1h",
    description: "How often unpaid orders are looked for.",
  }),
  reconcileIntervalMs: duration({
    default: "2s",
    min: "100ms",
    max: "1h",
    description: "How often payments without an outcome are looked for.",
  }),
  paymentLeaseMs: duration({
    default: "10s",
    min: "1s",
    max: "10m",
    description:
      "How long the replica that started a payment keeps it; then the reconciler takes it over. Longer than paymentTimeoutMs.",
  }),
  paymentTimeoutMs: duration({
    default: "4s",
    min: "100ms",
    max: "5m",
    description: "How long one call to the payment provider may take.",
  }),
  maxLines: integer({
    default: 50,
    min: 1,
    max: 500,
    description: "Different products in one order.",
  }),
  maxQuantity: integer({
    default: 999,
    min: 1,
    max: 1_000_000,
    description: "Pieces of one product in one order.",
  }),
});

export type OrdersConfig = ConfigValues<typeof ordersConfig>;
