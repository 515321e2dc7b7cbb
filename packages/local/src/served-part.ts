/**
 * A part whose replicas serve: keeps as many as are wanted, replaces them without a gap, and tells
 * its addresses which of them are ready.
 *
 * - LSP1  Operations on a part are carried out one by one, in the order in which they were asked for.
 * - LSP2  A replica that shares nothing is replaced only when its successor is ready; if the successor
 *        does not come up, the old one stays and the operation fails.
 * - LSP3  Replicas with storage of their own are replaced one by one, the highest ordinal first, each
 *        ready before the next goes; no two processes ever have the same storage.
 *
 * @module
 */
import {
  PartOperationError,
  PartStartFailedError,
  ReplicaUnknownError,
  SupervisorStoppedError,
} from "./errors.ts";
import { type PartHost, type PartRunner, partStatus, startAttemptsMax } from "./part-runner.ts";
import type { Replica } from "./replica.ts";
import type { PartState, PartStatus, ReplicaState } from "./status.ts";
import type { KillOptions } from "./system-control.ts";

export class ServedPart implements PartRunner {
  readonly #host: PartHost;
  /** By ordinal; the one that counts. */
  readonly #current = new Map<number, Replica>();
  /** Replaced, or no longer wanted, and not yet gone. */
  readonly #retiring = new Set<Replica>();
  #wanted: number;
  #desire: "run" | "stop" | "end" = "run";
  #operations: Promise<void> = Promise.resolve();
  #balanced = "";
  #balancing: Promise<void> = Promise.resolve();
  #listening = 0;
  #everReady = false;

  constructor(host: PartHost) {
    this.#host = host;
    this.#wanted = host.part.wanted;
  }

  get part(): PartHost["part"] {
    return this.#host.part;
  }

  get wanted(): number {
    return this.#desire === "run" ? this.#wanted : 0;
  }

  get replicas(): readonly Replica[] {
    return [...this.#current.values(), ...this.#retiring];
  }

  get isAvailable(): boolean {
    const needed = this.part.stateful?.quorum ?? 1;
    return this.#listening >= Math.min(Math.max(needed, 1), Math.max(this.#wanted, 1));
  }

  get isSettled(): boolean {
    if (this.#desire !== "run") return true;
    return this.#readyCount() >= this.#wanted && this.#listening >= this.#wanted;
  }

  get failure(): Error | undefined {
    if (this.#everReady) return undefined;
    const crashed = [...this.#current.values()].find((each) => each.crashes >= startAttemptsMax);
    return crashed === undefined ? undefined : this.#startFailure(crashed);
  }

  /** Called by the supervisor whenever one of its replicas has changed. */
  readonly onReplicaChange = (replica: Replica): void => {
    if (replica.isFinal) this.#retiring.delete(replica);
    this.#balance();
  };

  begin(): void {
    for (let ordinal = 0; ordinal < this.#wanted; ordinal++) this.#add(ordinal, true);
  }

  restart(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#desire === "stop") {
        throw new PartOperationError(this.part.name, "restart", "it is stopped; start it");
      }
      const ordinals = [...this.#current.keys()].toSorted((a, b) => a - b);
      if (this.#keepsState()) {
        for (const ordinal of ordinals.toReversed()) await this.#replaceAfter(ordinal); // LSP3
      } else {
        for (const ordinal of ordinals) await this.#replaceBefore(ordinal);
      }
    });
  }

  scale(replicas: number): Promise<void> {
    return this.#inTurn(async () => {
      if (!Number.isInteger(replicas) || replicas < 0 || replicas > 64) {
        throw new PartOperationError(this.part.name, "scale", "give a number from 0 to 64");
      }
      this.#wanted = replicas;
      if (this.#desire === "stop") return;
      await this.#host.addresses.reserve(replicas);
      const surplus = [...this.#current.keys()].filter((ordinal) => ordinal >= replicas);
      const added: number[] = [];
      for (let ordinal = 0; ordinal < replicas; ordinal++) {
        if (this.#current.has(ordinal)) continue;
        this.#add(ordinal, false);
        added.push(ordinal);
      }
      this.#host.changed();
      await Promise.all([
        ...added.map((ordinal) => this.#untilReady(ordinal)),
        ...surplus.map((ordinal) => this.#retire(ordinal, "scaled down")),
      ]);
    });
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#desire = "stop";
      await Promise.all([...this.#current.keys()].map((each) => this.#retire(each, "stopped")));
    });
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#desire = "run";
      await this.#host.addresses.reserve(this.#wanted);
      for (let ordinal = 0; ordinal < this.#wanted; ordinal++) {
        if (!this.#current.has(ordinal)) this.#add(ordinal, true);
      }
    });
  }

  kill({ replica, signal = "SIGKILL" }: KillOptions): void {
    const targets = [...this.#current.values()].filter(
      (each) => replica === undefined || each.ordinal === replica,
    );
    const hit = targets.filter((each) => each.kill(signal));
    if (hit.length > 0) return;
    throw new ReplicaUnknownError(this.part.name, replica ?? 0, [...this.#current.keys()]);
  }

  async shutdown(): Promise<void> {
    this.#desire = "end";
    const all = this.replicas;
    await Promise.all(all.map((each) => each.stop({ skipDrain: true, reason: "stopped" })));
    this.#current.clear();
    await this.#balancing;
  }

  status(): PartStatus {
    const replicas = this.replicas;
    const message = replicas.map((each) => each.message).find((each) => each !== undefined);
    return partStatus(this.#host, { state: this.#state(), wanted: this.wanted, replicas, message });
  }

  #state(): PartState {
    const states = [...this.#current.values()].map((each) => each.state);
    if (this.#desire !== "run") return this.replicas.length === 0 ? "stopped" : "stopping";
    const ready = this.#readyCount();
    if (this.isSettled) return "ready";
    if (ready > 0 && this.#everReady) return "degraded";
    const all = (wanted: ReplicaState): boolean =>
      states.length > 0 && states.every((state) => state === wanted);
    if (all("waiting")) return "waiting";
    if (states.some((state) => state === "backoff")) return "backoff";
    return this.#everReady ? "unready" : "starting";
  }

  #readyCount(): number {
    return this.replicas.filter((each) => each.state === "ready").length;
  }

  #keepsState(): boolean {
    const { kind, volumes } = this.part;
    return kind === "stateful" || volumes.some((volume) => volume.scope === "replica");
  }

  #add(ordinal: number, firstStart: boolean): Replica {
    const ordered = firstStart && this.part.stateful?.start === "ordered" && ordinal > 0;
    const replica = this.#host.createReplica(ordinal, {
      runsToCompletion: false,
      ...(ordered ? { after: `${this.part.name}-${ordinal - 1}` } : {}),
    });
    this.#current.set(ordinal, replica);
    replica.begin();
    return replica;
  }

  async #retire(ordinal: number, reason: string): Promise<void> {
    const replica = this.#current.get(ordinal);
    if (replica === undefined) return;
    this.#current.delete(ordinal);
    await this.#letGo(replica, reason);
  }

  async #letGo(replica: Replica, reason: string): Promise<void> {
    if (!replica.isFinal) this.#retiring.add(replica);
    await replica.stop({ skipDrain: this.#desire === "end", reason });
    this.#host.changed();
  }

  async #replaceAfter(ordinal: number): Promise<void> {
    await this.#retire(ordinal, "restarted");
    this.#refuseWhenEnding();
    this.#add(ordinal, false);
    await this.#untilReady(ordinal);
  }

  async #replaceBefore(ordinal: number): Promise<void> {
    const old = this.#current.get(ordinal);
    if (old === undefined || old.state !== "ready") {
      await this.#replaceAfter(ordinal); // It serves nobody, so there is nothing to keep going.
      return;
    }
    this.#retiring.add(old);
    const fresh = this.#add(ordinal, false);
    try {
      await this.#untilReady(ordinal);
    } catch (error) {
      this.#retiring.delete(old); // LSP2
      this.#current.set(ordinal, old);
      await this.#letGo(fresh, "did not come up");
      throw error;
    }
    await this.#balancing; // Its successor takes connections before it ceases to.
    await this.#letGo(old, "restarted");
  }

  /** @throws {PartStartFailedError} {@link SupervisorStoppedError} */
  #untilReady(ordinal: number): Promise<void> {
    const replica = this.#current.get(ordinal);
    return this.#host.bell.until(() => {
      this.#refuseWhenEnding();
      if (replica === undefined || replica.state === "ready" || replica.isFinal) return true;
      if (replica.crashes >= startAttemptsMax) throw this.#startFailure(replica);
      return false;
    });
  }

  #refuseWhenEnding(): void {
    if (this.#desire === "end") throw new SupervisorStoppedError();
  }

  #startFailure(replica: Replica): PartStartFailedError {
    return new PartStartFailedError({
      part: this.part.name,
      instance: replica.instance,
      reason: replica.message ?? "it ends again and again",
      exit: replica.lastExit ?? null,
      lastLines: this.#host.lastLines(replica.instance),
    });
  }

  #inTurn(operation: () => Promise<void>): Promise<void> {
    const turn = this.#operations.then(() => {
      this.#refuseWhenEnding();
      return operation();
    });
    this.#operations = turn.catch(() => undefined);
    return turn;
  }

  /** Tells the addresses who is ready (LRM1); availability follows when they listen. */
  #balance(): void {
    const ready = this.replicas.filter((each) => each.state === "ready");
    const balanced = ready.map((each) => `${each.instance}:${JSON.stringify(each.ports)}`).join();
    if (balanced === this.#balanced) return;
    this.#balanced = balanced;
    if (ready.length < this.#listening) this.#listening = ready.length;
    this.#balancing = this.#host.addresses.setReady(ready).then(
      () => {
        if (this.#balanced !== balanced) return;
        this.#listening = ready.length;
        if (ready.length > 0) this.#everReady = true;
        this.#host.changed();
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        this.#host.notice("error", "PORT_IN_USE", `its address cannot be opened: ${reason}`);
      },
    );
  }
}
