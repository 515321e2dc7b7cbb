/**
 * One replica in the real world: carries out what {@link stepReplica} decides and reports back what
 * comes of it. All decisions are there; all waiting and all processes are here.
 *
 * @module
 */
import { backoffMs, type Environment } from "@ashlar/foundation";
import type { ProbesPlan, RestartPlan, StopPlan } from "@ashlar/model";
import type { ProcessEnd, StartedProcess } from "./child-process.ts";
import { isoTime } from "./iso-time.ts";
import { type AskProcess, runProbes } from "./probes.ts";
import {
  freshReplica,
  type ReplicaEffect,
  type ReplicaEvent,
  type ReplicaModel,
  type ReplicaRules,
  stepReplica,
} from "./replica-machine.ts";
import type { ExitStatus, ReplicaState, ReplicaStatus } from "./status.ts";

/** A process with the ports that it listens on. */
export interface Launched {
  readonly process: StartedProcess;
  readonly ports: Readonly<Record<string, number>>;
  /** Are the addresses in its environment still right? */
  readonly isCurrent: () => boolean;
}

export interface ReplicaOptions {
  readonly ordinal: number;
  readonly instance: string;
  readonly rules: ReplicaRules;
  readonly probes: ProbesPlan;
  readonly restart: RestartPlan;
  readonly stop: StopPlan;
  readonly environment: Environment;
  /** Settles when all that it needs is ready; reports what it waits for meanwhile. */
  readonly untilDependencies: (
    signal: AbortSignal,
    onWaiting: (names: readonly string[]) => void,
  ) => Promise<void>;
  /**
   * Settles when the process can be started ahead of its turn (all of its addresses are known, and
   * it can wait): with false when that is of no use, for its turn has come.
   */
  readonly untilWarmable: (signal: AbortSignal) => Promise<boolean>;
  /** Starts the process; `held`: it waits to be released. Rejects when it cannot be started. */
  readonly launch: (options: {
    readonly signal: AbortSignal;
    readonly held: boolean;
  }) => Promise<Launched>;
  readonly ask: (ports: Readonly<Record<string, number>>) => AskProcess;
  /** The process has ended and its ports are free again. */
  readonly onEnded: (launched: Launched) => void;
  /** Its state, or something else that its status shows, has changed. */
  readonly onChange: (replica: Replica) => void;
}

export class Replica {
  readonly ordinal: number;
  readonly instance: string;
  readonly #options: ReplicaOptions;
  readonly #finished = Promise.withResolvers<void>();
  #model: ReplicaModel = freshReplica;
  #sinceMs: number;
  #launched: Launched | undefined;
  /** Started ahead of its turn: it loads its modules while it waits. */
  #warming: Promise<Launched | undefined> | undefined;
  #warm: Launched | undefined;
  #waitingFor: readonly string[] = [];
  #lastExit: ExitStatus | undefined;
  #message: string | undefined;
  /** Why we ended it, for the record of its exit. */
  #reason: string | undefined;
  #skipDrain = false;
  #life = new AbortController();
  #timers = new AbortController();
  #probing = new AbortController();

  constructor(options: ReplicaOptions) {
    this.#options = options;
    this.ordinal = options.ordinal;
    this.instance = options.instance;
    this.#sinceMs = options.environment.clock.wallMs();
  }

  get state(): ReplicaState {
    return this.#model.state;
  }

  /** Crashes in a row. */
  get crashes(): number {
    return this.#model.crashes;
  }

  get lastExit(): ExitStatus | undefined {
    return this.#lastExit;
  }

  get message(): string | undefined {
    return this.#message;
  }

  get ports(): Readonly<Record<string, number>> {
    return (this.#launched ?? this.#warm)?.ports ?? {};
  }

  get isFinal(): boolean {
    return this.state === "stopped" || this.state === "failed" || this.state === "completed";
  }

  /** Settles in a final state. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  begin(): void {
    this.#do("awaitDependencies");
    this.#options.onChange(this);
  }

  /** Ends it in an orderly way. With `skipDrain` nobody is left who would have to notice first. */
  async stop(options: { readonly skipDrain: boolean; readonly reason: string }): Promise<void> {
    this.#skipDrain = options.skipDrain;
    this.#reason ??= options.reason;
    this.#dispatch("stopAsked");
    await this.#finished.promise;
  }

  /** As from outside: the state machine learns of it by what the process does. */
  kill(signal: NodeJS.Signals): boolean {
    const target = this.#launched ?? this.#warm;
    target?.process.signal(signal);
    return target !== undefined;
  }

  status(): ReplicaStatus {
    const { state, restarts } = this.#model;
    return {
      ordinal: this.ordinal,
      instance: this.instance,
      pid: (this.#launched ?? this.#warm)?.process.identity.pid ?? null,
      state,
      since: isoTime(this.#sinceMs),
      restarts,
      ports: this.ports,
      ...(this.#lastExit === undefined ? {} : { lastExit: this.#lastExit }),
      ...(state === "waiting" ? { waitingFor: this.#waitingFor } : {}),
      ...(this.#message === undefined ? {} : { message: this.#message }),
    };
  }

  #dispatch(event: ReplicaEvent): void {
    const before = this.#model;
    const { model, effects } = stepReplica(before, event, this.#options.rules);
    this.#model = model;
    if (model.state !== before.state) this.#sinceMs = this.#options.environment.clock.wallMs();
    if (model.state === "ready" || model.state === "completed") this.#message = undefined;
    for (const effect of effects) this.#do(effect);
    if (model !== before) this.#options.onChange(this);
  }

  #do(effect: ReplicaEffect): void {
    const { stop, restart } = this.#options;
    switch (effect) {
      case "awaitDependencies":
        void this.#awaitDependencies();
        return;
      case "spawn":
        void this.#spawn();
        return;
      case "startProbes":
        this.#startProbes();
        return;
      case "stopProbes":
        this.#probing.abort();
        return;
      case "enterBalancing":
      case "leaveBalancing":
        return; // The part reads it from the state (LRM1), of which `onChange` tells.
      case "startBackoff":
        this.#after(this.#backoffMs(), "backoffElapsed");
        return;
      case "startStability":
        this.#after(restart.resetMs, "provenStable");
        return;
      case "startDrain":
        if (this.#skipDrain || stop.drainMs === 0) this.#dispatch("drained");
        else this.#after(stop.drainMs, "drained");
        return;
      case "startGrace":
        this.#after(stop.graceMs, "graceElapsed");
        return;
      case "sendTerm":
        this.#launched?.process.signal("SIGTERM");
        return;
      case "sendKill":
        this.#reason = `${this.#reason ?? "stopped"}, killed after ${stop.graceMs} ms`;
        this.#launched?.process.signal("SIGKILL");
        return;
      case "cancelTimers":
        this.#timers.abort();
        return;
      case "finish":
        this.#life.abort();
        void this.#dropWarm().then(() => this.#finished.resolve());
    }
  }

  #backoffMs(): number {
    const { restart, environment } = this.#options;
    return backoffMs(restart, this.#model.crashes, environment.entropy.fraction());
  }

  #after(delayMs: number, event: ReplicaEvent): void {
    if (this.#timers.signal.aborted) this.#timers = new AbortController();
    const { signal } = this.#timers;
    this.#options.environment.clock.sleep(delayMs, signal).then(
      () => this.#dispatch(event),
      () => undefined, // Cancelled.
    );
  }

  async #awaitDependencies(): Promise<void> {
    const { signal } = this.#life;
    this.#warming = this.#warmUp(signal);
    try {
      await this.#options.untilDependencies(signal, (names) => {
        if (names.join() === this.#waitingFor.join()) return;
        this.#waitingFor = names;
        this.#options.onChange(this);
      });
    } catch {
      return; // Stopped while it waited.
    }
    this.#waitingFor = [];
    this.#dispatch("dependenciesReady");
  }

  /** A start ahead of its turn is an attempt: where it fails, the start in its turn tells why. */
  async #warmUp(signal: AbortSignal): Promise<Launched | undefined> {
    try {
      if (!(await this.#options.untilWarmable(signal))) return undefined;
      if (this.state !== "waiting") return undefined;
      const warm = await this.#options.launch({ signal, held: true });
      this.#warm = warm;
      this.#options.onChange(this);
      return warm;
    } catch {
      return undefined;
    }
  }

  async #dropWarm(): Promise<void> {
    const warm = await this.#warming;
    this.#warming = undefined;
    this.#warm = undefined;
    if (warm === undefined || warm === this.#launched) return;
    warm.process.signal("SIGKILL"); // None of its own code has run.
    await warm.process.ended;
    this.#options.onEnded(warm);
  }

  async #spawn(): Promise<void> {
    this.#reason = undefined;
    let launched: Launched;
    try {
      let warm = await this.#warming;
      if (warm?.isCurrent() === false) {
        await this.#dropWarm();
        warm = undefined;
      }
      launched = warm ?? (await this.#options.launch({ signal: this.#life.signal, held: false }));
      warm?.process.release();
    } catch (error) {
      this.#message = error instanceof Error ? error.message : String(error);
      this.#dispatch("spawnFailed");
      return;
    }
    this.#warming = undefined;
    this.#warm = undefined;
    this.#launched = launched;
    void launched.process.ended.then((end) => this.#onEnd(launched, end));
    this.#dispatch("spawned");
  }

  #onEnd(launched: Launched, end: ProcessEnd): void {
    this.#launched = undefined;
    const { clock } = this.#options.environment;
    const well = end.code === 0;
    this.#lastExit = {
      code: end.code,
      signal: end.signal,
      at: isoTime(clock.wallMs()),
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
    };
    const asked = this.state === "stopping" && this.#model.afterStop === "stop";
    if (!asked) this.#message = this.#reason ?? describeEnd(end);
    this.#options.onEnded(launched);
    this.#dispatch(well ? "exitedWell" : "exitedBadly");
  }

  #startProbes(): void {
    this.#probing = new AbortController();
    const { signal } = this.#probing;
    const { probes, ask, environment, rules } = this.#options;
    const isJob = rules.runsToCompletion && probes.readiness === null;
    void runProbes({
      plan: probes,
      ask: ask(this.ports),
      clock: environment.clock,
      signal,
      onStarted: () => this.#ifProbing(signal, "started"),
      onReady: (ready, reason) => {
        if (isJob) return; // It serves nobody: its end is what counts.
        this.#message = ready ? undefined : `readiness probe failed: ${reason}`;
        this.#ifProbing(signal, ready ? "readinessPassed" : "readinessFailed");
      },
      onCondemned: (reason) => {
        this.#reason = reason;
        this.#ifProbing(signal, "condemned");
      },
    });
  }

  #ifProbing(signal: AbortSignal, event: ReplicaEvent): void {
    if (!signal.aborted) this.#dispatch(event);
  }
}

function describeEnd(end: ProcessEnd): string {
  return end.signal === null ? `exited with code ${end.code}` : `ended by ${end.signal}`;
}
