/**
 * Keeps the stores and streams of a system up: an embedded PostgreSQL for those that have one here,
 * addresses from outside for those that were given one, nothing for those that live in process.
 *
 * - LST1  When the engine's process ends, it is started again on the same port and the same data, with
 *        back-off, for as long as the system runs.
 * - LST2  A store is ready when its database exists and its migrations are applied, not before.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { type Backoff, backoffMs, type Environment, type Log } from "@ashlar/foundation";
import type { Plan, StorePlan, StreamPlan } from "@ashlar/model";
import { StoreStartFailedError, StoreUrlMissingError } from "./errors.ts";
import { identityOf } from "./process-identity.ts";
import { upperSnake } from "./secret-values.ts";
import type { RecordedProcess } from "./state-file.ts";
import type { StoreState, StoreStatus } from "./status.ts";
import type { DatabaseRequest, PostgresEngine, StoreEngines } from "./store-engines.ts";

export interface StoreRunnerOptions {
  readonly plan: Plan;
  readonly projectDir: string;
  readonly overrides: Readonly<Record<string, string>>;
  readonly engines: StoreEngines;
  readonly environment: Environment;
  readonly dataDir: string;
  /** Called once, when an embedded PostgreSQL is needed. */
  readonly postgresPort: () => Promise<number>;
  readonly log: Log;
  readonly onLine: (line: string) => void;
  readonly watch: (recorded: RecordedProcess) => void;
  readonly forget: (pid: number) => void;
  readonly onChange: (status: StoreStatus) => void;
}

interface Entry {
  readonly kind: "store" | "stream";
  readonly name: string;
  readonly engine: StoreStatus["engine"];
  readonly by: "postgres" | "memory" | "address";
  readonly request: DatabaseRequest;
  state: StoreState;
  /** From outside, as given by the engine, or as foretold by it. */
  url: string | undefined;
  message: string | undefined;
}

const restartBackoff: Backoff = { initialMs: 200, maxMs: 10_000 };
const startAttemptsMax = 3;
const engineGraceMs = 10_000;

export class StoreRunner implements AsyncDisposable {
  readonly #options: StoreRunnerOptions;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #life = new AbortController();
  #engine: PostgresEngine | undefined;
  #port: Promise<number> | undefined;
  #running: readonly Promise<void>[] = [];
  #failure: Error | undefined;
  #wasReady = false;

  private constructor(options: StoreRunnerOptions, entries: ReadonlyMap<string, Entry>) {
    this.#options = options;
    this.#entries = entries;
  }

  /** @throws {StoreUrlMissingError} */
  static open(options: StoreRunnerOptions): StoreRunner {
    const { plan } = options;
    const entries = [
      ...Object.values(plan.stores).map((store) => storeEntry(store, options)),
      ...Object.values(plan.streams).map((stream) => streamEntry(stream, options)),
    ];
    return new StoreRunner(options, new Map(entries.map((each) => [each.name, each])));
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  get isReady(): boolean {
    return [...this.#entries.values()].every((each) => each.state === "ready");
  }

  /** Why one does not come up; undefined while there is hope. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  isStoreReady(name: string): boolean {
    return this.#entries.get(name)?.state === "ready";
  }

  /** Is its address known? It may still be starting. */
  isAddressed(name: string): boolean {
    const entry = this.#entries.get(name);
    return entry !== undefined && (entry.by === "memory" || entry.url !== undefined);
  }

  /** With the password: for the processes that declared it, and nobody else. */
  urlOf(name: string): string | undefined {
    return this.#entries.get(name)?.url;
  }

  statuses(): readonly StoreStatus[] {
    return [...this.#entries.values()].map(statusOf);
  }

  begin(): void {
    const entries = [...this.#entries.values()];
    for (const each of entries) if (each.by === "memory") this.#set(each, "ready");
    const embedded = entries.filter((each) => each.by === "postgres");
    this.#running = [
      ...(embedded.length === 0 ? [] : [this.#runPostgres(embedded)]),
      ...entries.filter((each) => each.by === "address").map((each) => this.#useAddress(each)),
    ];
  }

  /** Signals the engine behind a store; false when there is none running here. */
  kill(name: string, signal: NodeJS.Signals): boolean {
    const engine = this.#engine;
    if (this.#entries.get(name)?.by !== "postgres" || engine === undefined) return false;
    process.kill(engine.pid, signal);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    for (const each of this.#entries.values()) this.#set(each, "stopping");
    await this.#engine?.[Symbol.asyncDispose]();
    await Promise.all(this.#running);
    for (const each of this.#entries.values()) this.#set(each, "stopped");
  }

  async #runPostgres(entries: readonly Entry[]): Promise<void> {
    const { signal } = this.#life;
    for (let attempt = 1; !signal.aborted; attempt++) {
      for (const each of entries) this.#set(each, "starting");
      const reason = await this.#runEngine(entries, () => {
        attempt = 1;
      });
      if (signal.aborted) return;
      for (const each of entries) this.#set(each, "backoff", reason.message);
      if (attempt >= startAttemptsMax && !this.#wasReady) {
        this.#failure = new StoreStartFailedError("postgres", reason);
      }
      this.#options.log.warn("PostgreSQL is started again", { reason: reason.message, attempt });
      await this.#pause(attempt);
    }
  }

  /** From its start to its end; gives the reason of the end. */
  async #runEngine(entries: readonly Entry[], onReady: () => void): Promise<Error> {
    const { signal } = this.#life;
    let engine: PostgresEngine | undefined;
    try {
      engine = await this.#openEngine();
      const running = engine;
      this.#watch(running);
      this.#engine = running;
      if (signal.aborted) await running[Symbol.asyncDispose]();
      else await Promise.all(entries.map((each) => this.#prepare(each, running)));
      this.#wasReady ||= entries.some((each) => each.state === "ready");
      onReady();
      const end = await running.exited;
      return new StoreStartFailedError(
        "postgres",
        `its process ended (${end.signal ?? `code ${end.code}`})`,
      );
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    } finally {
      if (engine !== undefined) this.#options.forget(engine.pid);
      this.#engine = undefined;
    }
  }

  async #openEngine(): Promise<PostgresEngine> {
    const { engines, dataDir, postgresPort, log, onLine } = this.#options;
    this.#port ??= postgresPort();
    const port = await this.#port;
    void this.#foretell(port);
    return engines.openPostgres({
      dataDir,
      port,
      log,
      onLine,
      signal: this.#life.signal,
    });
  }

  /** Who needs an address only to be told it, and not yet to connect, need not wait for the engine. */
  async #foretell(port: number): Promise<void> {
    const { engines, dataDir, onChange } = this.#options;
    for (const entry of this.#entries.values()) {
      if (entry.by !== "postgres" || entry.url !== undefined) continue;
      const foretold = await engines
        .predictUrl?.({ dataDir, port }, entry.request.database)
        .catch(() => undefined); // Then it is known later, as it is for engines that foretell nothing.
      if (foretold === undefined) continue;
      entry.url ??= foretold;
      onChange(statusOf(entry));
    }
  }

  #watch(engine: PostgresEngine): void {
    const identity = identityOf(engine.pid);
    if (identity === undefined) return;
    this.#options.watch({
      ...identity,
      instance: "postgres-0",
      graceMs: engineGraceMs,
      stopSignal: "SIGINT", // A fast shutdown: sessions are ended, nothing that was acknowledged is lost.
      guarded: false,
      stage: 1,
    });
  }

  /** A migration that fails will fail again: it is told, and waits for people. */
  async #prepare(entry: Entry, engine: PostgresEngine): Promise<void> {
    try {
      entry.url = await engine.prepare(entry.request);
      this.#set(entry, "ready");
    } catch (error) {
      if (this.#life.signal.aborted) return;
      const failure = new StoreStartFailedError(entry.name, error);
      this.#failure = failure;
      this.#set(entry, "failed", failure.message);
    }
  }

  async #useAddress(entry: Entry): Promise<void> {
    const { signal } = this.#life;
    const needsPreparing = /^postgres(ql)?:/.test(entry.url ?? "");
    for (let attempt = 1; !signal.aborted; attempt++) {
      this.#set(entry, "starting");
      try {
        if (needsPreparing) {
          await this.#options.engines.prepareExternal(entry.url ?? "", entry.request, signal);
        }
        this.#set(entry, "ready");
        return;
      } catch (error) {
        if (signal.aborted) return;
        const failure = new StoreStartFailedError(entry.name, error);
        if (attempt >= startAttemptsMax) this.#failure = failure;
        this.#set(entry, "backoff", failure.message);
        await this.#pause(attempt);
      }
    }
  }

  async #pause(attempt: number): Promise<void> {
    const { clock, entropy } = this.#options.environment;
    const delayMs = backoffMs(restartBackoff, attempt, entropy.fraction());
    await clock.sleep(delayMs, this.#life.signal).catch(() => undefined);
  }

  #set(entry: Entry, state: StoreState, message?: string): void {
    if (this.#life.signal.aborted && state !== "stopping" && state !== "stopped") return;
    if (entry.state === state && entry.message === message) return;
    entry.state = state;
    entry.message = message;
    this.#options.onChange(statusOf(entry));
  }
}

function storeEntry(store: StorePlan, options: StoreRunnerOptions): Entry {
  const { overrides, projectDir } = options;
  const given = overrides[store.name];
  const { migrations } = store;
  const request: DatabaseRequest = {
    database: databaseName(store.name),
    purpose: "store",
    migrationsDir:
      migrations === null || isAbsolute(migrations) ? migrations : resolve(projectDir, migrations),
    maxConnections: store.maxConnections,
  };
  const shared = { kind: "store", name: store.name, request, state: "waiting" } as const;
  if (given !== undefined) {
    return { ...shared, engine: "external", by: "address", url: given, message: undefined };
  }
  const none = { url: undefined, message: undefined };
  switch (store.local) {
    case "inProcess":
      return { ...shared, engine: "memory", by: "memory", ...none };
    case "postgres":
      return { ...shared, engine: "postgres", by: "postgres", ...none };
    case "embedded":
      if (store.engine === "postgres") {
        return { ...shared, engine: "postgres", by: "postgres", ...none };
      }
      break;
    case "url":
      break;
  }
  throw new StoreUrlMissingError(store.name, `${upperSnake(store.name)}_URL`);
}

function streamEntry(stream: StreamPlan, { overrides }: StoreRunnerOptions): Entry {
  const given = overrides[stream.name];
  return {
    kind: "stream",
    name: stream.name,
    engine: given === undefined ? "postgres" : "external",
    by: given === undefined ? "postgres" : "address",
    request: {
      database: `stream_${databaseName(stream.name)}`,
      purpose: "stream",
      migrationsDir: null,
      maxConnections: 100,
    },
    state: "waiting",
    url: given,
    message: undefined,
  };
}

function databaseName(name: string): string {
  return name.replace(/[^a-z0-9]+/g, "_");
}

function statusOf(entry: Entry): StoreStatus {
  const { name, kind, engine, state, url, message } = entry;
  return {
    name,
    kind,
    engine,
    state,
    url: url === undefined ? "" : redact(url),
    ...(message === undefined ? {} : { message: redact(message) }),
  };
}

/** Leaves out the passwords of URLs. */
function redact(text: string): string {
  return text.replace(/(\/\/[^:/@\s]*):[^@\s]*@/g, "$1:***@");
}
