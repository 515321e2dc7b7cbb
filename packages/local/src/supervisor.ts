/**
 * Runs a Plan on this machine: the room's main entry.
 *
 * @module
 */
import type { Plan } from "@ashlar/model";
import type { LogLine, SupervisorEvent, SystemStatus } from "./status.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import type { DownOptions, KillOptions, LogQuery, SystemControl } from "./system-control.ts";

export declare class Supervisor implements SystemControl, AsyncDisposable {
  private constructor();
  /**
   * Takes the state directory, begins to start everything, and settles as soon as the control
   * socket answers; {@link untilReady} tells when the system serves.
   *
   * @throws {StateLockedError} {@link StateUnwritableError} {@link SecretMissingError}
   *   {@link PartNotRunnableError} {@link StoreUrlMissingError} {@link PortInUseError}
   */
  static open(options: SupervisorOptions): Promise<Supervisor>;
  /** Path of the control socket. */
  readonly controlSocket: string;
  /** Settles when the system has gone down, whoever asked for it. Never rejects. */
  readonly stopped: Promise<void>;
  status(): Promise<SystemStatus>;
  /** The same without a promise. */
  currentStatus(): SystemStatus;
  plan(): Promise<Plan>;
  events(signal?: AbortSignal): AsyncIterable<SupervisorEvent>;
  logs(query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine>;
  /**
   * Settles when every part, store and built-in program is ready for the first time.
   *
   * @throws {PartStartFailedError} {@link StoreStartFailedError} and what `signal` was aborted with.
   */
  untilReady(signal?: AbortSignal): Promise<void>;
  restart(part: string): Promise<void>;
  scale(part: string, replicas: number): Promise<void>;
  stop(part: string): Promise<void>;
  start(part: string): Promise<void>;
  kill(part: string, options?: KillOptions): Promise<void>;
  down(options?: DownOptions): Promise<void>;
  /** {@link down} without wiping. */
  [Symbol.asyncDispose](): Promise<void>;
}
