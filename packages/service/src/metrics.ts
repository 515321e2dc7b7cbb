/**
 * What every service measures beside its HTTP server: its calls to others, and its databases.
 *
 * @module
 */
import {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  histogram,
  type Metric,
} from "@ashlar/foundation";

const upstreamLabels = { upstream: { maxValues: 50 } } as const;
const outcomeLabels = {
  upstream: { maxValues: 50 },
  outcome: ["ok", "refused", "unavailable", "timeout", "unexpected"],
} as const;

/** Calls to other parts and to externals, each counted once however often it was tried. */
export const upstreamCallsTotal: Counter<typeof outcomeLabels> = counter("upstream_calls_total", {
  help: "Calls to other parts, by outcome.",
  labels: outcomeLabels,
});

export const upstreamRetriesTotal: Counter<typeof upstreamLabels> = counter(
  "upstream_retries_total",
  { help: "Further tries of calls to other parts.", labels: upstreamLabels },
);

export const upstreamCallSeconds: Histogram<typeof upstreamLabels> = histogram(
  "upstream_call_seconds",
  { help: "Time of a call to another part, its retries included.", labels: upstreamLabels },
);

const storeLabels = { store: { maxValues: 20 } } as const;
const connectionLabels = {
  store: { maxValues: 20 },
  state: ["busy", "idle", "waiting"],
} as const;

export const databaseQuerySeconds: Histogram<typeof storeLabels> = histogram(
  "database_query_seconds",
  { help: "Time of one SQL statement.", labels: storeLabels },
);

/** `waiting` counts callers that wait for a connection. */
export const databaseConnections: Gauge<typeof connectionLabels> = gauge("database_connections", {
  help: "Connections of the pool by state.",
  labels: connectionLabels,
});

const groupLabels = { stream: { maxValues: 20 }, group: { maxValues: 20 } } as const;
const deliveryLabels = {
  stream: { maxValues: 20 },
  group: { maxValues: 20 },
  outcome: ["handled", "retry", "dead", "abandoned"],
} as const;
const streamLabels = { stream: { maxValues: 20 } } as const;

/** Deliveries settled; `dead` means that an event was given up. */
export const eventsHandledTotal: Counter<typeof deliveryLabels> = counter("events_handled_total", {
  help: "Deliveries of events, by how they ended.",
  labels: deliveryLabels,
});

export const eventHandlingSeconds: Histogram<typeof groupLabels> = histogram(
  "event_handling_seconds",
  { help: "Time that a handler took for one event.", labels: groupLabels },
);

/** Every replica of a group reports the same total. */
export const eventsLag: Gauge<typeof groupLabels> = gauge("events_lag", {
  help: "Events that a group has not handled yet.",
  labels: groupLabels,
});

/** Every replica reports the same total. */
export const outboxPending: Gauge<typeof streamLabels> = gauge("outbox_pending", {
  help: "Events that wait in the outbox to be published.",
  labels: streamLabels,
});

/** All of the above, for a definition that lists what its services export. */
export const serviceMetrics: readonly Metric[] = [
  upstreamCallsTotal,
  upstreamRetriesTotal,
  upstreamCallSeconds,
  databaseQuerySeconds,
  databaseConnections,
  eventsHandledTotal,
  eventHandlingSeconds,
  eventsLag,
  outboxPending,
];
