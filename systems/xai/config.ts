/**
 * What a node of the chain can be told.
 */
import {
  boolean,
  type ConfigDeclaration,
  type ConfigField,
  config,
  duration,
  integer,
  list,
  size,
  string,
} from "@ashlar/model";

type Numbers = Record<
  | "chainId"
  | "blockMs"
  | "peersMax"
  | "peerMessagesPerSecond"
  | "peerBytesPerSecond"
  | "nonceMs"
  | "mempoolMax",
  ConfigField<number>
>;

export const nodeConfig: ConfigDeclaration<
  Numbers & {
    readonly network: ConfigField<string>;
    readonly bootstrapPeers: ConfigField<readonly string[]>;
    readonly mining: ConfigField<boolean>;
  }
> = config({
  network: string({ default: "xai-main", min: 1, max: 40, description: "Name of the network." }),
  chainId: integer({ default: 8545, min: 1, description: "Chain id of signed transactions." }),
  blockMs: duration({
    default: "120s",
    min: "1s",
    max: "1h",
    env: "BLOCK_TIME",
    description: "Time between blocks that the difficulty aims at.",
  }),
  mining: boolean({ default: true, description: "Whether this node looks for blocks." }),
  bootstrapPeers: list({
    default: [],
    max: 50,
    description: "First peers as host:port, beside the system's own nodes.",
  }),
  peersMax: integer({ default: 50, min: 1, max: 500, description: "Connected peers at most." }),
  peerMessagesPerSecond: integer({
    default: 50,
    min: 1,
    max: 10_000,
    description: "Messages a second that one peer may send.",
  }),
  peerBytesPerSecond: size({
    default: "512Ki",
    min: "1Ki",
    max: "1Gi",
    description: "Bytes a second that one peer may send.",
  }),
  nonceMs: duration({
    default: "120s",
    min: "1s",
    max: "1h",
    env: "NONCE_TTL",
    description: "How long a peer's nonce is remembered against replay.",
  }),
  mempoolMax: integer({
    default: 10_000,
    min: 1,
    max: 1_000_000,
    description: "Waiting transactions at most.",
  }),
});
