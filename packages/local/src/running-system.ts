/**
 * The stores and parts of one run, joined: who waits for whom, which ports and addresses there are,
 * and what each process is started with.
 *
 * @module
 */

import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { AddressBook, type BookedPart } from "./address-book.ts";
import { ChangeBell } from "./change-bell.ts";
import { needsOf } from "./dependencies.ts";
import { StateUnwritableError } from "./errors.ts";
import { JobPart } from "./job-part.ts";
import { Launcher } from "./launcher.ts";
import type { CreateReplicaOptions, PartHost, PartRunner } from "./part-runner.ts";
import { askOverNetwork } from "./probe-check.ts";
import type { ProgramFiles } from "./program-files.ts";
import { Replica } from "./replica.ts";
import { type RunnablePart, runnableBuiltin, runnablePartsOf } from "./runnable-part.ts";
import { SecretVault } from "./secret-values.ts";
import { ServedPart } from "./served-part.ts";
import { loopback, ServiceAddresses } from "./service-addresses.ts";
import type { Station } from "./station.ts";
import type { LogLine, Notice, ReplicaStatus, StoreStatus } from "./status.ts";
import { StoreRunner } from "./store-runner.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";

type UntimedNotice = Omit<Notice, "time" | "type">;

export interface RunningSystemOptions {
  readonly options: SupervisorOptions;
  readonly station: Station;
  readonly onReplica: (part: string, replica: ReplicaStatus) => void;
  readonly onStore: (store: StoreStatus) => void;
  readonly onNotice: (notice: UntimedNotice) => void;
  /** After any change at all. */
  readonly onChange: () => void;
}

type AnyPart = ServedPart | JobPart;

const lastLinesCount = 12;

export class RunningSystem implements AsyncDisposable {
  readonly bell: ChangeBell = new ChangeBell();
  readonly stores: StoreRunner;
  readonly #given: RunningSystemOptions;
  readonly #parts: readonly RunnablePart[];
  readonly #vault: SecretVault;
  readonly #booked = new Map<string, BookedPart>();
  readonly #runners = new Map<string, AnyPart>();
  /** By part: how many connections its guards have refused. */
  readonly #denials = new Map<string, number>();
  /** By instance and address: the latest count that a guard has told. */
  readonly #denialCounts = new Map<string, number>();
  #launcher: Launcher | undefined;
  #addressBook: AddressBook | undefined;

  /**
   * @throws {SecretMissingError} {@link PartNotRunnableError} {@link StoreUrlMissingError}
   */
  constructor(given: RunningSystemOptions) {
    this.#given = given;
    const { options, station } = given;
    const { plan, environment, variables, projectDir } = options;
    this.#parts = [
      ...runnablePartsOf(plan, projectDir, options.replicas ?? {}),
      ...(options.builtins ?? []).map((each) => runnableBuiltin(each, projectDir)),
    ];
    const { clock } = environment;
    this.#vault = SecretVault.open({ directory: station.paths.secrets, plan, variables, clock });
    this.stores = this.#openStores();
    station.listen({
      onLine: (line) => this.#onLine(line),
      onLogTrouble: (instance, error) => this.#onLogTrouble(instance, error),
      onLogResumed: (instance, dropped) =>
        given.onNotice({
          level: "info",
          code: "LOG_RESUMED",
          text: `the log of ${instance} is written again; ${dropped} lines are missing in it`,
          detail: { instance, dropped },
        }),
    });
  }

  runners(): readonly PartRunner[] {
    return [...this.#runners.values()];
  }

  /** Why something does not come up. */
  failure(): Error | undefined {
    return (
      this.stores.failure ??
      this.runners()
        .map((each) => each.failure)
        .find((each) => each !== undefined)
    );
  }

  /** URLs of public ports. */
  endpoints(): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const { part, addresses } of this.#booked.values()) {
      for (const port of Object.values(part.ports)) {
        const number = addresses.serviceNumber(port.name);
        if (port.exposure !== "public" || number === undefined) continue;
        const scheme = port.protocol === "websocket" ? "ws" : port.protocol;
        const name = found[part.name] === undefined ? part.name : `${part.name}.${port.name}`;
        found[name] = `${scheme}://${loopback}:${number}`;
      }
    }
    return found;
  }

  /**
   * Finds ports and writes files; starts nothing yet.
   *
   * @throws {PortInUseError} {@link StateUnwritableError} {@link ScheduleInvalidError}
   */
  async prepare(): Promise<void> {
    const { options, station, onNotice } = this.#given;
    for (const leftover of station.leftovers) {
      onNotice({
        level: "warn",
        code: "LEFTOVER_ENDED",
        text: `${leftover.instance} (process ${leftover.pid}) of an earlier run was still there`,
        detail: { instance: leftover.instance, pid: leftover.pid },
      });
    }
    await Promise.all(this.#parts.map((part) => this.#openAddresses(part)));
    const launcher = await this.#openLauncher();
    this.#launcher = launcher;
    try {
      await writeFile(station.paths.plan, JSON.stringify(options.plan), { mode: 0o600 });
      await launcher.writeConfigs();
      await launcher.writePolicies();
    } catch (error) {
      throw new StateUnwritableError(station.paths.root, error);
    }
    for (const part of this.#parts) this.#runners.set(part.name, this.#createRunner(part));
  }

  begin(): void {
    this.stores.begin();
    for (const runner of this.#runners.values()) runner.begin();
  }

  /** After all parts have been shut down: the stores, then the addresses. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stores[Symbol.asyncDispose]();
    const addresses = [...this.#booked.values()].map((each) => each.addresses);
    await Promise.all(addresses.map((each) => each[Symbol.asyncDispose]()));
  }

  #openStores(): StoreRunner {
    const { options, station, onStore, onChange } = this.#given;
    const origin = { part: "postgres", replica: 0, instance: "postgres-0" };
    return StoreRunner.open({
      plan: options.plan,
      projectDir: options.projectDir,
      overrides: options.overrides ?? {},
      engines: options.engines,
      environment: options.environment,
      dataDir: station.paths.postgres,
      postgresPort: async () => (await station.ports.give("store postgres")).port,
      log: options.log,
      onLine: (line) => station.logs.write(origin, "stdout", line),
      watch: (recorded) => station.watch(recorded),
      forget: (pid) => station.forget(pid),
      onChange: (status) => {
        onStore(status);
        // Its address is new to the policies; nobody is told that it is ready before they hold it.
        void this.#refreshPolicies();
        onChange();
      },
    });
  }

  async #openAddresses(part: RunnablePart): Promise<void> {
    const { options, station, onNotice } = this.#given;
    const perReplica = new Set(
      this.#parts
        .flatMap((each) => each.uses)
        .filter((use) => use.to === "port" && use.part === part.name && use.perReplica)
        .map((use) => (use.to === "port" ? use.port : "")),
    );
    const addresses = await ServiceAddresses.open({
      part,
      ports: station.ports,
      log: options.log.with({ part: part.name }),
      perReplica: (port) => perReplica.has(port),
      onReplaced: (port, was, is) =>
        onNotice({
          level: "warn",
          code: "PORT_REPLACED",
          text: `port ${was} of ${part.name}.${port} is in use by another program; it has ${is} instead`,
          part: part.name,
          detail: { port, was, is },
        }),
    });
    this.#booked.set(part.name, {
      part,
      addresses,
      wanted: () => Math.max(this.#runners.get(part.name)?.wanted ?? part.wanted, part.wanted),
      replicaPorts: () => (this.#runners.get(part.name)?.replicas ?? []).map((each) => each.ports),
    });
  }

  async #openLauncher(): Promise<Launcher> {
    const { options, station } = this.#given;
    const { plan, variables } = options;
    const compileCache = await compileCacheDirectory(variables);
    const otlp = this.#builtinAddress("otlpPort");
    const addresses = new AddressBook({
      plan,
      overrides: options.overrides ?? {},
      parts: this.#booked,
      storeUrl: (name) => this.stores.urlOf(name),
      mailbox: this.#builtinAddress("mailboxPort"),
      otlp,
    });
    this.#addressBook = addresses;
    return new Launcher({
      paths: station.paths,
      projectDir: options.projectDir,
      system: {
        system: plan.system,
        environment: plan.environment,
        planPath: station.paths.plan,
        host: loopback,
        otlpEndpoint: otlp === undefined ? undefined : `http://${otlp}`,
        controlSocket: station.controlSocket,
        compileCache,
        inherited: variables,
      },
      secrets: this.#vault,
      addresses,
      parts: this.#parts,
      clock: options.environment.clock,
      programFiles: this.#prepareProgramFiles(),
    });
  }

  /** Built-in programs are the platform's own, and run as they come. */
  #prepareProgramFiles(): ProgramFiles {
    const entries = this.#parts.flatMap(({ name, builtin, program }) =>
      program.runtime === "node" && !builtin ? [[name, program.entry] as const] : [],
    );
    const asTheyAre: ProgramFiles = { fileOf: (_, entry) => Promise.resolve(entry) };
    return this.#given.options.prepareProgramFiles?.(Object.fromEntries(entries)) ?? asTheyAre;
  }

  /** `host:port` of the built-in program that has a port for this purpose. */
  #builtinAddress(purpose: "otlpPort" | "mailboxPort"): string | undefined {
    for (const builtin of this.#given.options.builtins ?? []) {
      const port = builtin[purpose];
      if (port === undefined) continue;
      const number = this.#booked.get(builtin.name)?.addresses.serviceNumber(port);
      if (number !== undefined) return `${loopback}:${number}`;
    }
    return undefined;
  }

  #createRunner(part: RunnablePart): AnyPart {
    const { options, station, onNotice, onChange } = this.#given;
    const addresses = this.#addressesOf(part.name);
    const host: PartHost = {
      part,
      environment: options.environment,
      addresses,
      bell: this.bell,
      changed: onChange,
      createReplica: (ordinal, how) => this.#createReplica(part, ordinal, how),
      lastLines: (instance) => station.logs.lastTexts(instance, lastLinesCount),
      denials: () => this.#denials.get(part.name) ?? 0,
      notice: (level, code, text) => {
        onNotice({ level, code, text: `${part.name}: ${text}`, part: part.name, detail: {} });
      },
    };
    return part.kind === "job" || part.kind === "cronJob"
      ? new JobPart(host)
      : new ServedPart(host);
  }

  #createReplica(part: RunnablePart, ordinal: number, how: CreateReplicaOptions): Replica {
    const { options, onReplica, onChange } = this.#given;
    const instance = `${part.name}-${ordinal}`;
    const addresses = this.#addressesOf(part.name);
    let shown = "";
    return new Replica({
      ordinal,
      instance,
      rules: { runsToCompletion: how.runsToCompletion, retries: part.job?.retries ?? 0 },
      probes: part.probes,
      restart: part.restart,
      stop: part.stop,
      environment: options.environment,
      untilDependencies: (signal, onWaiting) =>
        this.bell.until(() => {
          const missing = this.#missing(part, how.after);
          onWaiting(missing);
          return missing.length === 0;
        }, signal),
      untilWarmable: (signal) => this.#untilWarmable(part, signal),
      launch: (how) => this.#launch(part, { ordinal, instance, ...how }),
      ask: (ports) => (check, signal) => askOverNetwork(check, { host: loopback, ports }, signal),
      onEnded: ({ process, ports }) => {
        addresses.giveBack(ordinal, ports);
        this.#given.station.forget(process.identity.pid);
      },
      onChange: (replica) => {
        this.#runners.get(part.name)?.onReplicaChange(replica);
        const status = replica.status();
        const text = JSON.stringify(status);
        if (text !== shown) onReplica(part.name, status);
        shown = text;
        onChange();
      },
    });
  }

  async #launch(
    part: RunnablePart,
    what: {
      readonly ordinal: number;
      readonly instance: string;
      readonly signal: AbortSignal;
      readonly held: boolean;
    },
  ): ReturnType<ConstructorParameters<typeof Replica>[0]["launch"]> {
    const { station } = this.#given;
    const { ordinal, instance, held } = what;
    const addresses = this.#addressesOf(part.name);
    const ports = await addresses.lend(ordinal);
    const told = this.#addressesTold(part);
    try {
      what.signal.throwIfAborted();
      await this.#refreshPolicies();
      const process = await this.#launcherOrThrow().launch({
        part,
        ordinal,
        instance,
        ports,
        held,
      });
      station.watch({
        ...process.identity,
        instance,
        graceMs: part.stop.graceMs,
        stopSignal: "SIGTERM",
        guarded: part.program.runtime === "node",
        stage: 0,
      });
      void station.logs.capture({ part: part.name, replica: ordinal, instance }, process);
      return { process, ports, isCurrent: () => this.#addressesTold(part) === told };
    } catch (error) {
      addresses.giveBack(ordinal, ports);
      throw error;
    }
  }

  /** A process that runs with an older policy is refused too much, never too little. */
  async #refreshPolicies(): Promise<void> {
    try {
      await this.#launcher?.writePolicies();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#given.onNotice({
        level: "warn",
        code: "POLICY_NOT_WRITTEN",
        text: `the network policy cannot be brought up to date: ${reason}`,
        detail: { reason },
      });
    }
  }

  /** The addresses in a part's environment as they are now. */
  #addressesTold(part: RunnablePart): string {
    return JSON.stringify(part.uses.map((use) => this.#addressBook?.addressOf(use)));
  }

  /** Once the stores have addresses, everything that its environment holds is known. */
  async #untilWarmable(part: RunnablePart, signal: AbortSignal): Promise<boolean> {
    if (part.program.runtime !== "node" || !part.program.holdable) return false;
    const { stores } = needsOf(part, this.#given.options.plan);
    await this.bell.until(() => stores.every((name) => this.stores.isAddressed(name)), signal);
    return this.#missing(part, undefined).length > 0;
  }

  #missing(part: RunnablePart, after: string | undefined): readonly string[] {
    const needs = needsOf(part, this.#given.options.plan);
    const parts = needs.parts.filter((name) => this.#runners.get(name)?.isAvailable !== true);
    const stores = needs.stores.filter((name) => !this.stores.isStoreReady(name));
    const siblings = this.#runners.get(part.name)?.replicas ?? [];
    const blocked =
      after !== undefined &&
      !siblings.some((each) => each.instance === after && each.state === "ready");
    return [...stores, ...parts, ...(blocked ? [after] : [])];
  }

  #addressesOf(part: string): ServiceAddresses {
    const booked = this.#booked.get(part);
    if (booked === undefined) throw new StateUnwritableError(part, "its addresses are not open");
    return booked.addresses;
  }

  #launcherOrThrow(): Launcher {
    if (this.#launcher === undefined) throw new StateUnwritableError("run", "it is not prepared");
    return this.#launcher;
  }

  /** Looks for what guards say about refused connections. */
  #onLine(line: LogLine): void {
    if (line.fields["code"] !== "NETWORK_POLICY_DENIED" || line.stream !== "stderr") return;
    const { target, count } = line.fields;
    if (typeof target !== "string" || typeof count !== "number") return;
    const key = `${line.instance} ${target}`;
    const before = this.#denialCounts.get(key) ?? 0;
    const more = count > before ? count - before : count; // Less: a new process counts from the start.
    this.#denialCounts.set(key, count);
    this.#denials.set(line.part, (this.#denials.get(line.part) ?? 0) + more);
    this.#given.onNotice({
      level: "warn",
      code: "NETWORK_POLICY_DENIED",
      text: line.text,
      part: line.part,
      detail: { instance: line.instance, target, count },
    });
  }

  #onLogTrouble(instance: string, error: unknown): void {
    const reason =
      error instanceof Error ? error.message : "lines come faster than they are written";
    this.#given.onNotice({
      level: "warn",
      code: "LOG_DROPPED",
      text: `the log of ${instance} cannot be written and lines are left out: ${reason}`,
      detail: { instance, reason },
    });
  }
}

/** Shared by all systems of a user: what was compiled once is ready at the next start. */
async function compileCacheDirectory(
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const given = variables["NODE_COMPILE_CACHE"];
  if (given !== undefined && given !== "") return given;
  const home = variables["HOME"] ?? homedir();
  const cache = variables["XDG_CACHE_HOME"] ?? join(home, ".cache");
  const directory = join(cache, "ashlar", "compile-cache");
  await mkdir(directory, { recursive: true }).catch(() => undefined); // Node does without it.
  return directory;
}
