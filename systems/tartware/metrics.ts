/**
 * What the parts of tartware measure, beside the HTTP figures that every part has.
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "@ashlar/model";

const commandLabels = {
  command: [
    "createReservation",
    "modifyReservation",
    "cancelReservation",
    "registerGuest",
    "takePayment",
    "assignHousekeeping",
    "other",
  ],
  outcome: ["done", "refused", "failed"],
} as const;
const poolLabels = { pool: ["primary", "replica"] } as const;
const paymentLabels = { outcome: ["captured", "declined", "refunded", "timeout"] } as const;

/** What every part exports that works on commands or keeps a database pool. */
export const workMetrics: {
  readonly commands: Counter<typeof commandLabels>;
  readonly commandSeconds: Histogram;
  readonly commandsWaiting: Gauge;
  readonly poolUse: Gauge<typeof poolLabels>;
  readonly querySeconds: Histogram;
} = {
  commands: counter("tartware_commands_total", {
    help: "Commands that ended, by what became of them.",
    labels: commandLabels,
  }),
  commandSeconds: histogram("tartware_command_duration_seconds", {
    help: "Time from a command's acceptance to its end.",
  }),
  commandsWaiting: gauge("tartware_commands_waiting", {
    help: "Commands that this replica's share of the stream still holds.",
  }),
  poolUse: gauge("tartware_database_pool_use_ratio", {
    help: "Connections in use, as a share of the pool.",
    labels: poolLabels,
  }),
  querySeconds: histogram("tartware_database_query_duration_seconds", {
    help: "Time of a database query.",
  }),
};

/** What billing exports in addition. */
export const billingMetrics: typeof workMetrics & {
  readonly payments: Counter<typeof paymentLabels>;
  readonly paymentsPending: Gauge;
} = {
  ...workMetrics,
  payments: counter("tartware_payments_total", {
    help: "Payments by outcome.",
    labels: paymentLabels,
  }),
  paymentsPending: gauge("tartware_payments_pending", {
    help: "Payments that the provider has not settled.",
  }),
};

/** What availability-guard exports in addition. */
export const guardMetrics: typeof workMetrics & {
  readonly holds: Gauge;
  readonly overbookingsRefused: Counter;
} = {
  ...workMetrics,
  holds: gauge("tartware_room_holds", { help: "Rooms held for reservations not yet confirmed." }),
  overbookingsRefused: counter("tartware_overbookings_refused_total", {
    help: "Reservations refused because no room was left.",
  }),
};
