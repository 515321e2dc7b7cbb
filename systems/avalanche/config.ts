/**
 * What the parts of the ledger can be told. Figures of one poll are those of AvalancheGo.
 */
import {
  boolean,
  type ConfigDeclaration,
  type ConfigField,
  config,
  duration,
  integer,
  list,
  number,
  oneOf,
} from "@ashlar/model";

type Poll = "k" | "alphaPreference" | "alphaConfidence" | "beta" | "maxPollSize";

export const consensusConfig: ConfigDeclaration<
  Record<Poll | "validatorThreshold" | "decisionMs", ConfigField<number>> & {
    readonly mode: ConfigField<"snowman">;
  }
> = config({
  mode: oneOf(["snowman"], { default: "snowman", env: "CONSENSUS_MODE" }),
  k: integer({ default: 20, min: 1, max: 100, description: "Validators sampled in one poll." }),
  alphaPreference: integer({
    default: 15,
    min: 1,
    max: 100,
    description: "Votes that change a preference.",
  }),
  alphaConfidence: integer({
    default: 15,
    min: 1,
    max: 100,
    description: "Votes that add confidence.",
  }),
  beta: integer({
    default: 20,
    min: 1,
    max: 200,
    description: "Confident polls in a row that decide.",
  }),
  maxPollSize: integer({ default: 100, min: 1, max: 1000, description: "Polls at work at once." }),
  validatorThreshold: number({
    default: 0.67,
    min: 0.5,
    max: 1,
    description: "Share of stake that must be connected before blocks are built.",
  }),
  decisionMs: duration({
    default: "30s",
    min: "1s",
    max: "10m",
    env: "DECISION_TIMEOUT",
    description: "After this, an undecided block is reported as stuck.",
  }),
});

export const vmConfig: ConfigDeclaration<Record<"maxVmsPerNode", ConfigField<number>>> = config({
  maxVmsPerNode: integer({
    default: 10,
    min: 1,
    max: 100,
    description: "Virtual machines of one replica.",
  }),
});

export const networkConfig: ConfigDeclaration<{
  readonly maxPeers: ConfigField<number>;
  readonly bootstrapNodes: ConfigField<readonly string[]>;
  readonly compression: ConfigField<boolean>;
}> = config({
  maxPeers: integer({ default: 100, min: 1, max: 1000, description: "Connected peers at most." }),
  bootstrapNodes: list({
    default: ["bootstrap-1.avalanche.example.com:9651", "bootstrap-2.avalanche.example.com:9651"],
    min: 1,
    max: 50,
    description: "First peers as host:port.",
  }),
  compression: boolean({ default: true, description: "Whether messages are compressed." }),
});

export const stateConfig: ConfigDeclaration<
  Record<"connectMs" | "queryMs" | "connectionsMax", ConfigField<number>>
> = config({
  connectionsMax: integer({
    default: 20,
    min: 1,
    max: 100,
    description: "Pooled connections of one replica.",
  }),
  connectMs: duration({
    default: "30s",
    min: "100ms",
    max: "5m",
    env: "CONNECT_TIMEOUT",
    description: "Longest wait for a connection.",
  }),
  queryMs: duration({
    default: "60s",
    min: "100ms",
    max: "10m",
    env: "QUERY_TIMEOUT",
    description: "Longest query.",
  }),
});

export const backfillConfig: ConfigDeclaration<Record<"batchSize", ConfigField<number>>> = config({
  batchSize: integer({ default: 10, min: 1, max: 10_000, description: "Blocks of one batch." }),
});
