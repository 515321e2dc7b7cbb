/**
 * What the orders service measures beside the HTTP figures that every service has.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge } from "@ashlar/foundation";

const actionLabels = {
  action: ["place", "pay", "ship", "deliver", "cancel", "expire"],
} as const;
const paymentLabels = {
  outcome: ["captured", "declined", "voided", "refunded", "timeout"],
} as const;

const ordersTotal: Counter<typeof actionLabels> = counter("orders_actions_total", {
  help: "Orders moved to another state, by what moved them.",
  labels: actionLabels,
});
const paymentsTotal: Counter<typeof paymentLabels> = counter("orders_payments_total", {
  help: "Payments by outcome; `timeout` counts calls that the reconciler takes over.",
  labels: paymentLabels,
});
const stockRefusalsTotal: Counter = counter("orders_stock_refusals_total", {
  help: "Orders refused because a product had too little stock.",
});
const paymentsPending: Gauge = gauge("orders_payments_pending", {
  help: "Payments that the provider has not settled yet; every replica reports the same total.",
});

export const orderMetrics: {
  readonly ordersTotal: Counter<typeof actionLabels>;
  readonly paymentsTotal: Counter<typeof paymentLabels>;
  readonly stockRefusalsTotal: Counter;
  readonly paymentsPending: Gauge;
} = { ordersTotal, paymentsTotal, stockRefusalsTotal, paymentsPending };
