/**
 * What can be asked of a running system. The supervisor does it; the control client asks for it
 * over the socket: both have this one interface.
 *
 * @module
 */
import type { Plan } from "@ashlar/model";
import type { LogLevel, LogLine, SupervisorEvent, SystemStatus } from "./status.ts";

export interface LogQuery {
  /** Default: every part. */
  readonly part?: string;
  readonly replica?: number;
  /** How many of the latest lines to begin with. Default 100; 0 for none. */
  readonly tail?: number;
  /** Go on with new lines as they come, until the iteration is left. */
  readonly follow?: boolean;
  /** Only lines whose text or fields contain this, whatever the case. */
  readonly search?: string;
  /** Only lines of this level or a graver one. */
  readonly level?: LogLevel;
}

export interface DownOptions {
  /** Remove the state directory as well: data, secrets, logs. */
  readonly wipe?: boolean;
}

export interface KillOptions {
  /** Ordinal; default: every replica of the part. */
  readonly replica?: number;
  /** Default `SIGKILL`. */
  readonly signal?: NodeJS.Signals;
}

export interface SystemControl {
  status(): Promise<SystemStatus>;
  plan(): Promise<Plan>;
  /**
   * Everything that happens from now on. A subscriber that does not keep up misses events and is
   * told how many (`lagged`); it never slows the supervisor. Ends when the system has stopped.
   */
  events(signal?: AbortSignal): AsyncIterable<SupervisorEvent>;
  /** Lines in the order of their time. */
  logs(query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>;
  /**
   * Replaces every replica; settles when the new ones are ready. Replicas that share nothing are
   * replaced by a ready one before they go; ones with storage of their own go ordinal by ordinal.
   *
   * @throws {PartUnknownError} {@link PartOperationError}
   */
  restart(part: string): Promise<void>;
  /** Settles when `replicas` are ready and the others have ended. */
  scale(part: string, replicas: number): Promise<void>;
  /** Ends all replicas in an orderly way and keeps them down. */
  stop(part: string): Promise<void>;
  /** Undoes {@link stop}; for a job, runs it again. Settles when it has begun. */
  start(part: string): Promise<void>;
  /** Sends a signal to processes as an outsider would: what follows is a crash like any other. */
  kill(part: string, options?: KillOptions): Promise<void>;
  /** Ends everything, then settles. */
  down(options?: DownOptions): Promise<void>;
}
