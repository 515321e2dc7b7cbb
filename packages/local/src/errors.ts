/**
 * Everything that this room refuses, each with its code.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import type { ExitStatus } from "./status.ts";

export { NetworkPolicyDeniedError } from "./network-policy-denied.ts";

/**
 * Thrown by `Supervisor.open` when another supervisor runs the system from the same state directory.
 * Use that one, or end it with `ashlar down`; retrying helps only after that.
 */
export class StateLockedError extends CodedError<
  "STATE_LOCKED",
  { readonly stateDir: string; readonly pid: number }
> {
  constructor(stateDir: string, pid: number) {
    super(
      "STATE_LOCKED",
      `this system is already running under process ${pid} (state in ${stateDir}); ` +
        "use `ashlar status` to see it or `ashlar down` to end it",
      { stateDir, pid },
    );
  }
}

/**
 * Thrown when the state directory cannot be created or written: a read-only project directory, a
 * full disk, or another owner. Choose another place with `--state-dir`, or correct the permissions.
 */
export class StateUnwritableError extends CodedError<
  "STATE_UNWRITABLE",
  { readonly path: string; readonly reason: string }
> {
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("STATE_UNWRITABLE", `cannot write ${path}: ${reason}`, { path, reason }, { cause });
  }
}

/**
 * Thrown when a file of the state directory exists but cannot be read or understood. Remove the
 * state with `ashlar down --wipe` (this loses local data), or restore the file.
 */
export class StateUnreadableError extends CodedError<
  "STATE_UNREADABLE",
  { readonly path: string; readonly reason: string }
> {
  constructor(path: string, reason: string, options?: ErrorOptions) {
    super("STATE_UNREADABLE", `cannot read ${path}: ${reason}`, { path, reason }, options);
  }
}

/**
 * Thrown when no port can be had: the wanted ones are in use by other programs and so are all that
 * were tried instead. End the programs that hold them, then retry.
 */
export class PortInUseError extends CodedError<
  "PORT_IN_USE",
  { readonly purpose: string; readonly port: number }
> {
  constructor(purpose: string, port: number) {
    super("PORT_IN_USE", `port ${port} for ${purpose} is in use by another program`, {
      purpose,
      port,
    });
  }
}

/**
 * Rejects `untilReady` (and `restart`, `scale`) when a part does not come up: its process cannot be
 * started, or ended repeatedly before it was ready. The last lines that it wrote say why. The
 * supervisor goes on trying with back-off; correct the program and restart the part.
 */
export class PartStartFailedError extends CodedError<
  "PART_START_FAILED",
  {
    readonly part: string;
    readonly instance: string;
    readonly exit: ExitStatus | null;
    readonly lastLines: readonly string[];
  }
> {
  constructor(detail: {
    readonly part: string;
    readonly instance: string;
    readonly reason: string;
    readonly exit: ExitStatus | null;
    readonly lastLines: readonly string[];
  }) {
    const { part, instance, reason, exit, lastLines } = detail;
    const said = lastLines.length === 0 ? "" : `; it wrote:\n  ${lastLines.join("\n  ")}`;
    super("PART_START_FAILED", `${instance} did not start: ${reason}${said}`, {
      part,
      instance,
      exit,
      lastLines,
    });
  }
}

/**
 * Rejects `untilReady` when a store's engine cannot be started or prepared, for example because a
 * migration fails. The cause says which; correct it, then retry.
 */
export class StoreStartFailedError extends CodedError<
  "STORE_START_FAILED",
  { readonly store: string; readonly reason: string }
> {
  constructor(store: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super("STORE_START_FAILED", `${store} did not start: ${reason}`, { store, reason }, { cause });
  }
}

/** Thrown when an operation names a part that the system does not have. The message lists them. */
export class PartUnknownError extends CodedError<
  "PART_UNKNOWN",
  { readonly part: string; readonly known: readonly string[] }
> {
  constructor(part: string, known: readonly string[], suggestion: string | undefined) {
    const hint =
      suggestion === undefined
        ? `known parts: ${known.join(", ")}`
        : `did you mean "${suggestion}"?`;
    super("PART_UNKNOWN", `unknown part "${part}"; ${hint}`, { part, known });
  }
}

/** Thrown when an operation names a replica that the part does not have now. */
export class ReplicaUnknownError extends CodedError<
  "REPLICA_UNKNOWN",
  { readonly part: string; readonly replica: number; readonly known: readonly number[] }
> {
  constructor(part: string, replica: number, known: readonly number[]) {
    super(
      "REPLICA_UNKNOWN",
      `${part} has no running replica ${replica}; it has ${known.join(", ") || "none"}`,
      { part, replica, known },
    );
  }
}

/** Thrown when a part cannot do what is asked of it: scale a cron job, restart a stopped part, … */
export class PartOperationError extends CodedError<
  "PART_OPERATION_REFUSED",
  { readonly part: string; readonly operation: string }
> {
  constructor(part: string, operation: string, reason: string) {
    super("PART_OPERATION_REFUSED", `cannot ${operation} ${part}: ${reason}`, { part, operation });
  }
}

/**
 * Thrown by `Supervisor.open` for a part that has nothing to run on one machine: an image alone.
 * Give its program an `entry` or a `command` in the definition.
 */
export class PartNotRunnableError extends CodedError<
  "PART_NOT_RUNNABLE",
  { readonly part: string; readonly reason: string }
> {
  constructor(part: string, reason: string) {
    super("PART_NOT_RUNNABLE", `${part} cannot run on this machine: ${reason}`, { part, reason });
  }
}

/**
 * Thrown by `Supervisor.open` when secrets that another party supplies are neither in the
 * environment nor have a local stand-in. Set the variables that the message names.
 */
export class SecretMissingError extends CodedError<
  "SECRET_MISSING",
  { readonly variables: readonly string[] }
> {
  constructor(variables: readonly string[]) {
    super(
      "SECRET_MISSING",
      `set ${variables.join(", ")}: these secrets are supplied by another party and the definition ` +
        "gives them no local stand-in",
      { variables },
    );
  }
}

/**
 * Thrown by `Supervisor.open` for a store that exists only at an address from outside when none is
 * given. Set the variable that the message names.
 */
export class StoreUrlMissingError extends CodedError<
  "STORE_URL_MISSING",
  { readonly store: string; readonly variable: string }
> {
  constructor(store: string, variable: string) {
    super(
      "STORE_URL_MISSING",
      `${store} has no local engine: give its address in ${variable} or as an override`,
      { store, variable },
    );
  }
}

/** Thrown by `Supervisor.open` when its options contradict the Plan. A fault of the caller. */
export class SupervisorOptionsError extends CodedError<
  "SUPERVISOR_OPTIONS_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("SUPERVISOR_OPTIONS_INVALID", `supervisor options: ${violations.join("; ")}`, {
      violations,
    });
  }
}

/** Thrown by operations on a system that is going down or has gone. Not retried. */
export class SupervisorStoppedError extends CodedError<
  "SUPERVISOR_STOPPED",
  Readonly<Record<never, never>>
> {
  constructor() {
    super("SUPERVISOR_STOPPED", "the system is going down", {});
  }
}

/** Thrown for a schedule that is not a five-field cron expression. Says which field is wrong. */
export class ScheduleInvalidError extends CodedError<
  "SCHEDULE_INVALID",
  { readonly schedule: string; readonly reason: string }
> {
  constructor(schedule: string, reason: string) {
    super("SCHEDULE_INVALID", `schedule "${schedule}": ${reason}`, { schedule, reason });
  }
}

/**
 * Thrown by the control client when no supervisor answers: the system is not running, or it died.
 * Start it with `ashlar up`.
 */
export class ControlUnreachableError extends CodedError<
  "CONTROL_UNREACHABLE",
  { readonly stateDir: string }
> {
  constructor(stateDir: string, options?: ErrorOptions) {
    super(
      "CONTROL_UNREACHABLE",
      `no running system in ${stateDir}; start it with \`ashlar up\``,
      { stateDir },
      options,
    );
  }
}

/**
 * Thrown by the control client when the supervisor refuses a request. `reason` is the code of the
 * supervisor's own error (`PART_UNKNOWN`, `PART_START_FAILED`, …), the message is its text.
 */
export class ControlRefusedError extends CodedError<
  "CONTROL_REFUSED",
  { readonly status: number; readonly reason: string }
> {
  constructor(status: number, reason: string, text: string) {
    super("CONTROL_REFUSED", text, { status, reason });
  }
}

/**
 * Thrown for a request that the control API does not know, or whose body is not what it expects. A
 * fault of the client.
 */
export class ControlRequestError extends CodedError<
  "CONTROL_REQUEST_INVALID",
  { readonly request: string }
> {
  constructor(request: string, reason = "there is no such operation") {
    super("CONTROL_REQUEST_INVALID", `${request}: ${reason}`, { request });
  }
}
