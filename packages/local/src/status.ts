/**
 * What a running system tells about itself: the vocabulary shared by the supervisor, its control
 * socket, the command line and the console. Plain JSON data; no secret is ever in it.
 *
 * @module
 */
import type { PartKind, StoreEngine } from "@ashlar/model";

/**
 * `starting`: not every part has been ready yet. `ready`: all are. `degraded`: all were, and one is
 * not now. `failed`: a part cannot start, or a job has used up its attempts.
 */
export type SystemState = "starting" | "ready" | "degraded" | "stopping" | "stopped" | "failed";

/** The life of one process of a part; the transitions are in `replica-machine.ts`. */
export type ReplicaState =
  | "waiting"
  | "starting"
  | "running"
  | "ready"
  | "unready"
  | "backoff"
  | "stopping"
  | "stopped"
  | "failed"
  | "completed";

/**
 * The state of a part as a whole. `starting`: wanted replicas are on their way. `ready`: as many are
 * ready as are wanted. `degraded`: some are. `unready`: none is, though they were before.
 * `stopped`: by request. `idle`: a cron job between runs. `completed`: a job that is done.
 */
export type PartState =
  | "waiting"
  | "starting"
  | "ready"
  | "degraded"
  | "unready"
  | "backoff"
  | "stopping"
  | "stopped"
  | "idle"
  | "running"
  | "completed"
  | "failed";

export type StoreState =
  | "waiting"
  | "starting"
  | "ready"
  | "backoff"
  | "stopping"
  | "stopped"
  | "failed";

export interface SystemStatus {
  readonly system: string;
  readonly environment: string;
  readonly state: SystemState;
  /** ISO 8601: when `state` was entered. */
  readonly since: string;
  readonly supervisorPid: number;
  /** URLs to open from outside, by part name (`gateway`), or `part.port` beyond its first one. */
  readonly endpoints: Readonly<Record<string, string>>;
  /** The Plan's parts by name, then the built-in programs (such as `console`). */
  readonly parts: readonly PartStatus[];
  /** Stores and streams by name. */
  readonly stores: readonly StoreStatus[];
}

export interface PartStatus {
  readonly name: string;
  readonly kind: PartKind;
  /** True for a program of the platform (the console), false for a part of the Plan. */
  readonly builtin: boolean;
  readonly state: PartState;
  /** How many replicas there ought to be. */
  readonly wanted: number;
  readonly ready: number;
  /** Service addresses by port name, as `host:port`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Connections through the service addresses. */
  readonly connections: ConnectionCounts;
  /** Connections that the network policy has refused to this part's processes. */
  readonly denials: number;
  readonly replicas: readonly ReplicaStatus[];
  /** Why it is not ready, for people. */
  readonly message?: string;
  /** Cron jobs only: ISO 8601 time of the next run. */
  readonly nextRun?: string;
}

export interface ConnectionCounts {
  readonly open: number;
  /** Since the supervisor started. */
  readonly total: number;
  /** Refused because no replica was ready. */
  readonly refused: number;
}

export interface ReplicaStatus {
  readonly ordinal: number;
  /** For example `users-0`: the name of its log. Two entries share it while one replaces another. */
  readonly instance: string;
  readonly pid: number | null;
  readonly state: ReplicaState;
  /** ISO 8601: when `state` was entered. */
  readonly since: string;
  /** Starts after the first. */
  readonly restarts: number;
  readonly lastExit?: ExitStatus;
  /** Names of the parts, stores and streams that it waits for. */
  readonly waitingFor?: readonly string[];
  /** Its own port numbers by port name; empty until it starts. */
  readonly ports: Readonly<Record<string, number>>;
  readonly message?: string;
}

/** How a process ended. Exactly one of `code` and `signal` is not null. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: string | null;
  /** ISO 8601. */
  readonly at: string;
  /** What the supervisor did to it, where it did: `liveness probe failed`, `stopped`, … */
  readonly reason?: string;
}

export interface StoreStatus {
  readonly name: string;
  readonly kind: "store" | "stream";
  /** The engine that really serves it here: `postgres`, `memory`, or the scheme of a given URL. */
  readonly engine: StoreEngine | "memory" | "external";
  readonly state: StoreState;
  /** Its address without the password; empty where it has none. */
  readonly url: string;
  readonly message?: string;
}

/** What subscribers are told, in the order in which it happened. */
export type SupervisorEvent =
  | { readonly type: "system"; readonly time: string; readonly state: SystemState }
  | {
      readonly type: "part";
      readonly time: string;
      readonly part: string;
      readonly state: PartState;
      readonly ready: number;
      readonly wanted: number;
    }
  | {
      readonly type: "replica";
      readonly time: string;
      readonly part: string;
      readonly replica: ReplicaStatus;
    }
  | { readonly type: "store"; readonly time: string; readonly store: StoreStatus }
  | Notice
  /** The subscriber was too slow: this many events were left out here. Ask for the status anew. */
  | { readonly type: "lagged"; readonly time: string; readonly missed: number };

/** Something that people should see, with a stable code; for example `PORT_REPLACED`. */
export interface Notice {
  readonly type: "notice";
  readonly time: string;
  readonly level: "info" | "warn" | "error";
  readonly code: string;
  readonly text: string;
  readonly part?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line that a process has written. */
export interface LogLine {
  /** ISO 8601: the line's own time where it has one, else when it was read. */
  readonly time: string;
  readonly part: string;
  readonly replica: number;
  readonly instance: string;
  readonly stream: "stdout" | "stderr";
  /** Plain text on stdout is `info`, on stderr `error`. */
  readonly level: LogLevel;
  readonly text: string;
  /** Everything else of a JSON line; empty for plain text. */
  readonly fields: Readonly<Record<string, unknown>>;
}
