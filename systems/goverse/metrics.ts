/**
 * What the parts of goverse measure.
 *
 * Shards are named by number, up to 8192: counts are a node's own, never labelled by shard.
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "@ashlar/model";

const callLabels = {
  type: { maxValues: 100 },
  method: { maxValues: 500 },
  outcome: ["ok", "refused", "failed", "timeout"],
} as const;
const typeLabels = { type: { maxValues: 100 } } as const;
const stateLabels = { state: ["owned", "claiming", "releasing"] } as const;

export type NodeMetrics = {
  readonly objects: Gauge<typeof typeLabels>;
  readonly methodCalls: Counter<typeof callLabels>;
  readonly methodCallSeconds: Histogram<typeof typeLabels>;
  readonly activations: Counter<typeof typeLabels>;
  readonly shards: Gauge<typeof stateLabels>;
  readonly shardClaims: Counter;
  readonly shardReleases: Counter;
  readonly shardMigrations: Counter;
  readonly callsInFlight: Gauge;
  readonly fencedWrites: Counter;
};

/** What each node exports. */
export const nodeMetrics: NodeMetrics = {
  objects: gauge("goverse_objects", { help: "Objects active on a node.", labels: typeLabels }),
  methodCalls: counter("goverse_method_calls_total", {
    help: "Calls of object methods that ended.",
    labels: callLabels,
  }),
  methodCallSeconds: histogram("goverse_method_call_duration_seconds", {
    help: "Time of a call from its arrival at the node to its reply.",
    labels: typeLabels,
  }),
  activations: counter("goverse_activations_total", {
    help: "Objects brought to life.",
    labels: typeLabels,
  }),
  shards: gauge("goverse_shards", { help: "Shards of a node by state.", labels: stateLabels }),
  shardClaims: counter("goverse_shard_claims_total", { help: "Shards taken over." }),
  shardReleases: counter("goverse_shard_releases_total", { help: "Shards given up." }),
  shardMigrations: counter("goverse_shard_migrations_total", {
    help: "Shards moved from one living node to another.",
  }),
  callsInFlight: gauge("goverse_calls_in_flight", { help: "Calls being worked on." }),
  fencedWrites: counter("goverse_fenced_writes_total", {
    help: "Writes refused because a newer owner of the shard exists.",
  }),
};

export type GateMetrics = {
  readonly clients: Gauge;
  readonly pushes: Counter;
  readonly reroutes: Counter;
};

/** What each gate exports. */
export const gateMetrics: GateMetrics = {
  clients: gauge("goverse_clients_connected", { help: "Clients with an open stream." }),
  pushes: counter("goverse_pushes_total", { help: "Messages pushed to clients." }),
  reroutes: counter("goverse_reroutes_total", {
    help: "Calls sent again because the shard had moved.",
  }),
};

export type InspectorMetrics = {
  readonly nodesSeen: Gauge;
  readonly shardsUnowned: Gauge;
};

/** What the inspector exports. */
export const inspectorMetrics: InspectorMetrics = {
  nodesSeen: gauge("goverse_nodes_seen", { help: "Nodes that report to the inspector." }),
  shardsUnowned: gauge("goverse_shards_unowned", {
    help: "Shards that no living node owns.",
  }),
};
