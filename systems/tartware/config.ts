/**
 * What the parts of tartware can be told.
 */
import { type ConfigDeclaration, type ConfigField, config, duration, integer } from "@ashlar/model";

const database = {
  poolMin: integer({ default: 2, min: 0, max: 50, description: "Connections kept open." }),
  poolMax: integer({ default: 10, min: 1, max: 50, description: "Connections at most." }),
  connectMs: duration({
    default: "5s",
    min: "100ms",
    max: "1m",
    env: "CONNECT_TIMEOUT",
    description: "Longest wait for a connection.",
  }),
  idleMs: duration({
    default: "30s",
    min: "1s",
    max: "1h",
    env: "IDLE_TIMEOUT",
    description: "How long an unused connection is kept.",
  }),
};
type Database = Record<"poolMin" | "poolMax" | "connectMs" | "idleMs", ConfigField<number>>;

/** Of every part with a database of its own. */
export const databaseConfig: ConfigDeclaration<Database> = config(database);

/** Of parts that also work on commands. */
export const workerConfig: ConfigDeclaration<
  Database & Record<"batchSize" | "lingerMs", ConfigField<number>>
> = config({
  ...database,
  batchSize: integer({ default: 100, min: 1, max: 10_000, description: "Commands of one batch." }),
  lingerMs: duration({
    default: "10ms",
    min: "0ms",
    max: "1s",
    env: "LINGER",
    description: "How long a batch waits to fill.",
  }),
});
