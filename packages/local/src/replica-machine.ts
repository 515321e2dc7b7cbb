/**
 * The life of one replica as a pure, total state machine: what it is, what happened, what to do.
 *
 * It starts nothing and waits for nothing: {@link Replica} carries out the effects and reports what
 * comes of them. Every pair of state and event has an entry in one table, so nothing that the world
 * does at an odd moment is undefined.
 *
 * - LRM1  A replica is in balancing exactly while it is `ready`.
 * - LRM2  A process is spawned only from `waiting`, and so only when its dependencies are ready.
 * - LRM3  After a stop was asked for, nothing starts the replica again.
 * - LRM4  A process gets SIGTERM before SIGKILL, with the declared grace between them.
 * - LRM5  `stopped`, `failed` and `completed` are final.
 *
 * Source: docs/spec/local.md.
 * @module
 */
import type { ReplicaState } from "./status.ts";

export interface ReplicaRules {
  /** A job: success is its end. Otherwise every exit is a crash. */
  readonly runsToCompletion: boolean;
  /** Starts after the first that a job may use up. Without meaning for others. */
  readonly retries: number;
}

export interface ReplicaModel {
  readonly state: ReplicaState;
  /** What follows once a stopping process has ended. */
  readonly afterStop: "stop" | "restart";
  /** Crashes in a row; forgotten after a while of good life. The back-off grows with it. */
  readonly crashes: number;
  /** Spawns after the first. */
  readonly restarts: number;
  /** Has it been ready since it was last spawned? */
  readonly wasReady: boolean;
  readonly spawned: boolean;
}

export type ReplicaEvent =
  | "dependenciesReady"
  /** The process runs. */
  | "spawned"
  | "spawnFailed"
  /** The startup probe has passed, or there is none. */
  | "started"
  | "readinessPassed"
  | "readinessFailed"
  /** The startup or liveness probe has failed as often as is declared, or a job's time is up. */
  | "condemned"
  | "exitedWell"
  | "exitedBadly"
  | "backoffElapsed"
  /** It has lived for the declared reset time. */
  | "provenStable"
  | "stopAsked"
  | "drained"
  | "graceElapsed";

export type ReplicaEffect =
  | "awaitDependencies"
  | "spawn"
  | "startProbes"
  | "stopProbes"
  | "enterBalancing"
  | "leaveBalancing"
  | "startBackoff"
  | "startStability"
  | "startDrain"
  | "startGrace"
  | "sendTerm"
  | "sendKill"
  | "cancelTimers"
  /** The replica has reached a final state. */
  | "finish";

export interface ReplicaStep {
  readonly model: ReplicaModel;
  readonly effects: readonly ReplicaEffect[];
}

export const freshReplica: ReplicaModel = {
  state: "waiting",
  afterStop: "stop",
  crashes: 0,
  restarts: 0,
  wasReady: false,
  spawned: false,
};

type Move = (model: ReplicaModel, rules: ReplicaRules) => ReplicaStep;
type Row = Readonly<Record<ReplicaEvent, Move>>;

export function stepReplica(
  model: ReplicaModel,
  event: ReplicaEvent,
  rules: ReplicaRules,
): ReplicaStep {
  return table[model.state][event](model, rules);
}

const stay: Move = (model) => ({ model, effects: [] });

function to(
  state: ReplicaState,
  effects: readonly ReplicaEffect[],
  change: Partial<ReplicaModel> = {},
): Move {
  return (model) => ({ model: { ...model, state, ...change }, effects });
}

const spawn: Move = (model) => ({
  model: {
    ...model,
    state: "starting",
    restarts: model.restarts + (model.spawned ? 1 : 0),
    spawned: true,
    wasReady: false,
  },
  effects: ["spawn"],
});

/** What every exit is followed by, from whatever state (LRM1). */
function afterExit({ state }: ReplicaModel): readonly ReplicaEffect[] {
  const effects: readonly ReplicaEffect[] = ["stopProbes", "cancelTimers"];
  return state === "ready" ? ["leaveBalancing", ...effects] : effects;
}

const crash: Move = (model, rules) => {
  const crashes = model.crashes + 1;
  const effects = afterExit(model);
  if (rules.runsToCompletion && crashes > rules.retries) {
    return { model: { ...model, state: "failed", crashes }, effects: [...effects, "finish"] };
  }
  return { model: { ...model, state: "backoff", crashes }, effects: [...effects, "startBackoff"] };
};

const end: Move = (model, rules) => {
  if (!rules.runsToCompletion) return crash(model, rules);
  return { model: { ...model, state: "completed" }, effects: [...afterExit(model), "finish"] };
};

/** Ends a process that is not in balancing: there is nothing to drain. */
function terminate(afterStop: "stop" | "restart"): Move {
  return to("stopping", ["stopProbes", "cancelTimers", "sendTerm", "startGrace"], { afterStop });
}

const stopped: Move = to("stopped", ["stopProbes", "cancelTimers", "finish"]);

/** After the exit of a stopping process. A job that was ended for its time counts as a failure. */
const endOfStop: Move = (model, rules) =>
  model.afterStop === "stop" ? stopped(model, rules) : crash(model, rules);

const nothing: Row = {
  dependenciesReady: stay,
  spawned: stay,
  spawnFailed: stay,
  started: stay,
  readinessPassed: stay,
  readinessFailed: stay,
  condemned: stay,
  exitedWell: stay,
  exitedBadly: stay,
  backoffElapsed: stay,
  provenStable: stay,
  stopAsked: stay,
  drained: stay,
  graceElapsed: stay,
};

/** What all states with a living process have in common. */
const alive: Row = {
  ...nothing,
  exitedWell: end,
  exitedBadly: crash,
  condemned: terminate("restart"),
  provenStable: (model) => ({ model: { ...model, crashes: 0 }, effects: [] }),
  stopAsked: terminate("stop"),
};

const readied: Move = to("ready", ["enterBalancing"], { wasReady: true });

const table: Readonly<Record<ReplicaState, Row>> = {
  waiting: { ...nothing, dependenciesReady: spawn, stopAsked: stopped },
  starting: {
    ...alive,
    spawned: to("starting", ["startProbes", "startStability"]),
    spawnFailed: crash,
    started: to("running", []),
  },
  running: { ...alive, readinessPassed: readied },
  ready: {
    ...alive,
    readinessFailed: to("unready", ["leaveBalancing"]),
    condemned: to(
      "stopping",
      ["leaveBalancing", "stopProbes", "cancelTimers", "sendTerm", "startGrace"],
      { afterStop: "restart" },
    ),
    stopAsked: to("stopping", ["leaveBalancing", "stopProbes", "cancelTimers", "startDrain"], {
      afterStop: "stop",
    }),
  },
  unready: { ...alive, readinessPassed: readied },
  backoff: { ...nothing, backoffElapsed: to("waiting", ["awaitDependencies"]), stopAsked: stopped },
  stopping: {
    ...nothing,
    exitedWell: endOfStop,
    exitedBadly: endOfStop,
    spawned: to("stopping", ["sendTerm"]),
    spawnFailed: endOfStop,
    stopAsked: to("stopping", [], { afterStop: "stop" }), // LRM3
    drained: to("stopping", ["sendTerm", "startGrace"]),
    graceElapsed: to("stopping", ["sendKill"]),
  },
  stopped: nothing,
  failed: nothing,
  completed: nothing,
};
