/**
 * What the parts of the ledger measure.
 */
import { type Counter, counter, type Gauge, gauge, type Histogram, histogram } from "@ashlar/model";

const decisionLabels = { decision: ["accepted", "rejected"] } as const;
const vmLabels = { vm: ["platform", "contract", "asset"] } as const;
const directionLabels = { direction: ["inbound", "outbound"] } as const;
const messageLabels = { kind: { maxValues: 40 } } as const;

export const consensusMetrics: {
  readonly blocks: Counter<typeof decisionLabels>;
  readonly queueLength: Gauge;
  readonly polls: Counter;
  readonly decisionSeconds: Histogram;
  readonly processing: Gauge;
} = {
  blocks: counter("consensus_blocks_processed_total", {
    help: "Blocks decided.",
    labels: decisionLabels,
  }),
  queueLength: gauge("consensus_queue_length", {
    help: "Blocks and votes that wait to be taken up.",
  }),
  polls: counter("consensus_polls_total", { help: "Finished polls of sampled validators." }),
  decisionSeconds: histogram("consensus_decision_duration_seconds", {
    help: "Time from a block's issue to its decision.",
  }),
  processing: gauge("consensus_processing_blocks", { help: "Blocks issued and not decided." }),
};

export const vmMetrics: {
  readonly activeVms: Gauge<typeof vmLabels>;
  readonly executed: Counter<typeof vmLabels>;
  readonly executionSeconds: Histogram<typeof vmLabels>;
} = {
  activeVms: gauge("vm_manager_active_vms", {
    help: "Virtual machines at work.",
    labels: vmLabels,
  }),
  executed: counter("vm_manager_transactions_total", {
    help: "Transactions executed.",
    labels: vmLabels,
  }),
  executionSeconds: histogram("vm_manager_block_execution_duration_seconds", {
    help: "Time to execute a block.",
    labels: vmLabels,
  }),
};

export const validatorMetrics: {
  readonly votes: Counter;
  readonly uptimeRatio: Gauge;
} = {
  votes: counter("validator_votes_total", { help: "Votes given to polls." }),
  uptimeRatio: gauge("validator_uptime_ratio", {
    help: "Share of polls that were answered, over the last hour.",
  }),
};

export const networkMetrics: {
  readonly peers: Gauge<typeof directionLabels>;
  readonly messages: Counter<typeof messageLabels>;
  readonly sentBytes: Counter;
} = {
  peers: gauge("p2p_peers", { help: "Connected peers.", labels: directionLabels }),
  messages: counter("p2p_messages_total", {
    help: "Messages taken from peers.",
    labels: messageLabels,
  }),
  sentBytes: counter("p2p_sent_bytes_total", { help: "Bytes sent to peers." }),
};

export const indexerMetrics: { readonly heightLag: Gauge } = {
  heightLag: gauge("indexer_height_lag_blocks", {
    help: "Blocks that are accepted and not yet indexed.",
  }),
};
