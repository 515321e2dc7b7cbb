/**
 * Runs a Plan on this machine: the room's main entry.
 *
 * It joins the pieces and keeps their order: state directory, leftovers of a dead run, addresses,
 * control socket, stores and parts; and all of it backwards at the end. What a replica does when is
 * decided in `replica-machine.ts`, how parts are replaced in `served-part.ts`.
 *
 * @module
 */
import { suggest } from "@ashlar/foundation";
import type { Plan } from "@ashlar/model";
import { ControlServer } from "./control-server.ts";
import { stopOrder } from "./dependencies.ts";
import { PartUnknownError, ReplicaUnknownError, SupervisorStoppedError } from "./errors.ts";
import { EventHub } from "./event-hub.ts";
import { isoTime } from "./iso-time.ts";
import { checkOptions } from "./options-check.ts";
import type { PartRunner } from "./part-runner.ts";
import { RunningSystem } from "./running-system.ts";
import { openStation, type Station } from "./station.ts";
import type { LogLine, SupervisorEvent, SystemState, SystemStatus } from "./status.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import type { DownOptions, KillOptions, LogQuery, SystemControl } from "./system-control.ts";
import { systemStateOf } from "./system-state.ts";

export class Supervisor implements SystemControl, AsyncDisposable {
  readonly #options: SupervisorOptions;
  readonly #station: Station;
  readonly #system: RunningSystem;
  readonly #hub = new EventHub<SupervisorEvent>();
  readonly #stopped = Promise.withResolvers<void>();
  readonly #partStates = new Map<string, string>();
  #phase: "running" | "stopping" | "stopped" = "running";
  #state: SystemState = "starting";
  #sinceMs: number;
  #wasReady = false;
  #going: Promise<void> | undefined;
  #server: ControlServer | undefined;

  private constructor(options: SupervisorOptions, station: Station) {
    this.#options = options;
    this.#station = station;
    this.#sinceMs = options.environment.clock.wallMs();
    this.#system = new RunningSystem({
      options,
      station,
      onReplica: (part, replica) => {
        this.#publish({ type: "replica", part, replica });
      },
      onStore: (store) => this.#publish({ type: "store", store }),
      onNotice: (notice) => this.#publish({ type: "notice", ...notice }),
      onChange: () => this.#review(),
    });
  }

  /**
   * Takes the state directory, begins to start everything, and settles as soon as the control
   * socket answers; {@link untilReady} tells when the system serves.
   *
   * @throws {StateLockedError} {@link StateUnwritableError} {@link StateUnreadableError}
   *   {@link SupervisorOptionsError} {@link SecretMissingError} {@link PartNotRunnableError}
   *   {@link StoreUrlMissingError} {@link ScheduleInvalidError} {@link PortInUseError}
   */
  static async open(options: SupervisorOptions): Promise<Supervisor> {
    options.signal.throwIfAborted();
    checkOptions(options);
    const station = await openStation(options);
    let supervisor: Supervisor | undefined;
    try {
      supervisor = new Supervisor(options, station);
      await supervisor.#prepare();
    } catch (error) {
      if (supervisor !== undefined) await supervisor.#abandon();
      await station[Symbol.asyncDispose]();
      throw error;
    }
    supervisor.#begin();
    return supervisor;
  }

  async #prepare(): Promise<void> {
    await this.#system.prepare();
    this.#server = await ControlServer.open({
      socketPath: this.controlSocket,
      control: this,
      log: this.#options.log,
    });
    await this.#station.persist();
  }

  /** Undoes what {@link #prepare} has done so far. */
  async #abandon(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#system[Symbol.asyncDispose]();
  }

  #begin(): void {
    this.#system.begin();
    this.#review();
    const { signal } = this.#options;
    const onAbort = (): void => void this.down();
    signal.addEventListener("abort", onAbort, { once: true });
    void this.stopped.then(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  }

  /** Path of the control socket. */
  get controlSocket(): string {
    return this.#station.controlSocket;
  }

  /** Settles when the system has gone down, whoever asked for it. Never rejects. */
  get stopped(): Promise<void> {
    return this.#stopped.promise;
  }

  status(): Promise<SystemStatus> {
    return Promise.resolve(this.currentStatus());
  }

  /** The same without a promise. */
  currentStatus(): SystemStatus {
    const { plan } = this.#options;
    return {
      system: plan.system,
      environment: plan.environment,
      state: this.#state,
      since: isoTime(this.#sinceMs),
      supervisorPid: process.pid,
      endpoints: this.#system.endpoints(),
      parts: this.#system.runners().map((runner) => runner.status()),
      stores: this.#system.stores.statuses(),
    };
  }

  plan(): Promise<Plan> {
    return Promise.resolve(this.#options.plan);
  }

  events(signal?: AbortSignal): AsyncIterable<SupervisorEvent> {
    return this.#withTimes(this.#hub.subscribe(signal));
  }

  logs(query: LogQuery, signal?: AbortSignal): AsyncIterable<LogLine> {
    if (query.part !== undefined && query.part !== "postgres") this.#runner(query.part);
    return this.#station.logs.read(query, signal);
  }

  /**
   * Settles when every part, store and built-in program is ready for the first time.
   *
   * @throws {PartStartFailedError} {@link StoreStartFailedError} {@link SupervisorStoppedError} and
   *   what `signal` was aborted with.
   */
  untilReady(signal?: AbortSignal): Promise<void> {
    return this.#system.bell.until(() => {
      if (this.#phase !== "running") throw new SupervisorStoppedError();
      const failure = this.#wasReady ? undefined : this.#system.failure();
      if (failure !== undefined) throw failure;
      return this.#wasReady;
    }, signal);
  }

  async restart(part: string): Promise<void> {
    await this.#runner(part).restart();
  }

  async scale(part: string, replicas: number): Promise<void> {
    await this.#runner(part).scale(replicas);
  }

  async stop(part: string): Promise<void> {
    await this.#runner(part).stop();
  }

  async start(part: string): Promise<void> {
    await this.#runner(part).start();
  }

  /** Also takes the name of a store or stream: its engine's process is signalled. */
  async kill(part: string, options: KillOptions = {}): Promise<void> {
    const { stores } = this.#system;
    if (stores.names.includes(part)) {
      if (stores.kill(part, options.signal ?? "SIGKILL")) return;
      throw new ReplicaUnknownError(part, 0, []);
    }
    this.#runner(part).kill(options);
  }

  down(options: DownOptions = {}): Promise<void> {
    if (options.wipe === true) this.#station.wipeOnClose();
    this.#going ??= this.#bringDown();
    return this.#going;
  }

  /** {@link down} without wiping. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    await this.stopped;
  }

  /** @throws {PartUnknownError} {@link SupervisorStoppedError} */
  #runner(name: string): PartRunner {
    if (this.#phase !== "running") throw new SupervisorStoppedError();
    const runners = this.#system.runners();
    const runner = runners.find((each) => each.part.name === name);
    if (runner !== undefined) return runner;
    const known = runners.map((each) => each.part.name);
    throw new PartUnknownError(name, known, suggest(name, known));
  }

  async #bringDown(): Promise<void> {
    this.#phase = "stopping";
    this.#review();
    const runners = this.#system.runners();
    const names = runners.map((each) => each.part.name);
    for (const group of stopOrder(names, this.#options.plan)) {
      const members = runners.filter((each) => group.includes(each.part.name));
      await Promise.all(members.map((each) => each.shutdown()));
    }
    await this.#system[Symbol.asyncDispose]();
    this.#phase = "stopped";
    this.#review();
    await this.#station[Symbol.asyncDispose]();
    // Whoever asked for this over the socket is answered first, and then the socket goes.
    void this.#closeDoors();
  }

  async #closeDoors(): Promise<void> {
    this.#hub.close();
    await this.#server?.[Symbol.asyncDispose]();
    this.#stopped.resolve();
  }

  /** Looks at the whole again and tells what is different. */
  #review(): void {
    const system = this.#system;
    if (this.#phase === "running") {
      for (const runner of system.runners()) this.#reviewPart(runner);
    }
    const state = systemStateOf({
      phase: this.#phase,
      partsSettled: system.runners().every((each) => each.isSettled),
      storesReady: system.stores.isReady,
      failed: system.failure() !== undefined,
      wasReady: this.#wasReady,
    });
    if (state === "ready") this.#wasReady = true;
    if (state !== this.#state) {
      this.#state = state;
      this.#sinceMs = this.#options.environment.clock.wallMs();
      this.#publish({ type: "system", state });
    }
    system.bell.ring();
  }

  #reviewPart(runner: PartRunner): void {
    const { name, state, ready, wanted } = runner.status();
    const seen = `${state} ${ready}/${wanted}`;
    if (this.#partStates.get(name) === seen) return;
    this.#partStates.set(name, seen);
    this.#publish({ type: "part", part: name, state, ready, wanted });
  }

  #publish(event: Untimed<SupervisorEvent>): void {
    const time = isoTime(this.#options.environment.clock.wallMs());
    this.#hub.publish({ ...event, time });
  }

  async *#withTimes(
    events: AsyncIterable<SupervisorEvent | { readonly missed: number }>,
  ): AsyncGenerator<SupervisorEvent, void, undefined> {
    for await (const event of events) {
      if ("type" in event) {
        yield event;
      } else {
        const time = isoTime(this.#options.environment.clock.wallMs());
        yield { type: "lagged", time, missed: event.missed };
      }
    }
  }
}

type Untimed<Event> = Event extends SupervisorEvent ? Omit<Event, "time"> : never;
