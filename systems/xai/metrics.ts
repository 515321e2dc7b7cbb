/**
 * What a node of the chain measures.
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "@ashlar/model";

const directionLabels = { direction: ["inbound", "outbound"] } as const;
const outcomeLabels = { outcome: ["accepted", "orphaned", "invalid"] } as const;
const methodLabels = { method: { maxValues: 100 } } as const;

export const nodeMetrics: {
  readonly blocks: Counter<typeof outcomeLabels>;
  readonly blockHeight: Gauge;
  readonly blockSeconds: Histogram;
  readonly transactions: Counter;
  readonly mempool: Gauge;
  readonly peers: Gauge<typeof directionLabels>;
  readonly syncLagBlocks: Gauge;
  readonly difficulty: Gauge;
  readonly lastBlockTime: Gauge;
  readonly rpcSeconds: Histogram<typeof methodLabels>;
  readonly subscribers: Gauge;
} = {
  blocks: counter("xai_blocks_total", {
    help: "Blocks judged, by what became of them.",
    labels: outcomeLabels,
  }),
  blockHeight: gauge("xai_block_height", { help: "Height of the last accepted block." }),
  blockSeconds: histogram("xai_block_verify_duration_seconds", {
    help: "Time to verify a block.",
  }),
  transactions: counter("xai_transactions_total", { help: "Transactions in accepted blocks." }),
  mempool: gauge("xai_mempool_transactions", { help: "Transactions that wait for a block." }),
  peers: gauge("xai_peers", { help: "Connected peers.", labels: directionLabels }),
  syncLagBlocks: gauge("xai_sync_lag_blocks", {
    help: "Blocks between the best height that a peer shows and the node's own.",
  }),
  difficulty: gauge("xai_difficulty", { help: "Difficulty of the last accepted block." }),
  lastBlockTime: gauge("xai_last_block_timestamp_seconds", {
    help: "When the last block was accepted, since the Unix epoch.",
  }),
  rpcSeconds: histogram("xai_rpc_duration_seconds", {
    help: "Time to answer a JSON-RPC call.",
    labels: methodLabels,
  }),
  subscribers: gauge("xai_subscribers", { help: "Open WebSocket subscriptions." }),
};
