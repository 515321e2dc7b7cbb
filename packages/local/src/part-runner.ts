/**
 * What the supervisor asks of a part, whether it serves or does a job.
 *
 * @module
 */
import type { Environment } from "@ashlar/foundation";
import type { ChangeBell } from "./change-bell.ts";
import type { Replica } from "./replica.ts";
import type { RunnablePart } from "./runnable-part.ts";
import type { ServiceAddresses } from "./service-addresses.ts";
import type { PartState, PartStatus, ReplicaStatus } from "./status.ts";
import type { KillOptions } from "./system-control.ts";

/** What a part is given by the supervisor. */
export interface PartHost {
  readonly part: RunnablePart;
  readonly environment: Environment;
  readonly addresses: ServiceAddresses;
  readonly bell: ChangeBell;
  /** Something has changed that no replica tells: look at the whole again, and ring the bell. */
  readonly changed: () => void;
  /** A replica that uses what this host gives; it has not begun. */
  readonly createReplica: (ordinal: number, options: CreateReplicaOptions) => Replica;
  /** The latest lines of an instance. */
  readonly lastLines: (instance: string) => readonly string[];
  readonly denials: () => number;
  readonly notice: (level: "info" | "warn" | "error", code: string, text: string) => void;
}

export interface CreateReplicaOptions {
  readonly runsToCompletion: boolean;
  /** Names of instances of the same part that must be ready before, for the first start. */
  readonly after?: string;
}

export interface PartRunner {
  readonly part: RunnablePart;
  /** May those that use it start? */
  readonly isAvailable: boolean;
  /** Has it done what the system waits for at start-up? */
  readonly isSettled: boolean;
  /** Why it does not come up; undefined while there is hope. */
  readonly failure: Error | undefined;
  readonly wanted: number;
  readonly replicas: readonly Replica[];
  status(): PartStatus;
  begin(): void;
  restart(): Promise<void>;
  scale(replicas: number): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  kill(options: KillOptions): void;
  /** Ends it for good, without a drain. */
  shutdown(): Promise<void>;
}

/** Crashes in a row before the first readiness after which a start counts as failed. */
export const startAttemptsMax = 3;

export function partStatus(
  host: PartHost,
  of: {
    readonly state: PartState;
    readonly wanted: number;
    readonly replicas: readonly Replica[];
    readonly message: string | undefined;
    readonly nextRun?: string | undefined;
  },
): PartStatus {
  const replicas = of.replicas
    .map((replica): ReplicaStatus => replica.status())
    .toSorted((a, b) => a.ordinal - b.ordinal);
  const { part, addresses } = host;
  return {
    name: part.name,
    kind: part.kind,
    builtin: part.builtin,
    state: of.state,
    wanted: of.wanted,
    ready: replicas.filter((each) => each.state === "ready").length,
    addresses: Object.fromEntries(
      Object.entries(addresses.numbers()).map(([port, number]) => [port, `127.0.0.1:${number}`]),
    ),
    connections: addresses.counts,
    denials: host.denials(),
    replicas,
    ...(of.message === undefined ? {} : { message: of.message }),
    ...(of.nextRun === undefined ? {} : { nextRun: of.nextRun }),
  };
}
