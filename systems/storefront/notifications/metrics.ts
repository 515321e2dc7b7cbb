/**
 * What the notifications service measures beside the HTTP figures that every service has.
 *
 * @module
 */
import { type Counter, counter, type Gauge, gauge } from "@ashlar/foundation";

const deliveryLabels = {
  channel: ["email", "sms", "push"],
  outcome: ["sent", "retried", "dead"],
} as const;

const eventsTotal: Counter = counter("notifications_events_total", {
  help: "Events turned into notifications; a repeated event does not count.",
});
const deliveriesTotal: Counter<typeof deliveryLabels> = counter("notifications_deliveries_total", {
  help: "Attempts to deliver, by channel and outcome.",
  labels: deliveryLabels,
});
const deliveriesPending: Gauge = gauge("notifications_deliveries_pending", {
  help: "Deliveries still to be made; every replica reports the same total.",
});
const deadLetters: Gauge = gauge("notifications_dead_letters", {
  help: "Deliveries given up, waiting for staff; every replica reports the same total.",
});

export const notificationMetrics: {
  readonly eventsTotal: Counter;
  readonly deliveriesTotal: Counter<typeof deliveryLabels>;
  readonly deliveriesPending: Gauge;
  readonly deadLetters: Gauge;
} = { eventsTotal, deliveriesTotal, deliveriesPending, deadLetters };
