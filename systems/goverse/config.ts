/**
 * What the parts of goverse can be told.
 */
import {
  type ConfigDeclaration,
  type ConfigField,
  config,
  duration,
  integer,
  string,
} from "@ashlar/model";

const cluster: {
  readonly shards: ConfigField<number>;
  readonly coordinationPrefix: ConfigField<string>;
  readonly stabilityMs: ConfigField<number>;
} = {
  shards: integer({
    default: 8192,
    min: 1,
    max: 65_536,
    description: "Shards of the cluster; fixed once it has state.",
  }),
  coordinationPrefix: string({
    default: "/goverse",
    min: 2,
    max: 100,
    description: "Prefix of the cluster's keys in the coordination store.",
  }),
  stabilityMs: duration({
    default: "10s",
    min: "1s",
    max: "5m",
    env: "STABILITY",
    description: "How long membership must be unchanged before shards move.",
  }),
};

export const nodeConfig: ConfigDeclaration<
  typeof cluster & Record<"leaseMs" | "idleMs", ConfigField<number>>
> = config({
  ...cluster,
  leaseMs: duration({
    default: "10s",
    min: "2s",
    max: "1m",
    env: "LEASE",
    description: "How long a node owns its shards without renewing.",
  }),
  idleMs: duration({
    default: "15m",
    min: "1s",
    max: "7d",
    env: "IDLE",
    description: "How long an object stays in memory unused.",
  }),
});

export const gateConfig: ConfigDeclaration<
  typeof cluster & Record<"callTimeoutMs" | "clientsMax", ConfigField<number>>
> = config({
  ...cluster,
  callTimeoutMs: duration({
    default: "10s",
    min: "100ms",
    max: "30s",
    env: "CALL_TIMEOUT",
    description: "Deadline of a call whose client names none.",
  }),
  clientsMax: integer({
    default: 10_000,
    min: 1,
    max: 100_000,
    description: "Open client streams of one gate.",
  }),
});
