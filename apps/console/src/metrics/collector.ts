/**
 * Scrapes the ops port of every replica that runs, and keeps what it learns.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { SystemStatus } from "../control.ts";
import { PartMeter, scrapeIntervalMs } from "./part-meter.ts";
import { parseExposition } from "./prometheus.ts";
import { ReplicaMeter, type ReplicaReading } from "./replica-meter.ts";

/** One scrape: the text of `/metrics` of a replica's ops port. Rejects when it does not answer. */
export type Scrape = (port: number, signal: AbortSignal) => Promise<string>;

export interface CollectorOptions {
  readonly clock: Clock;
  readonly scrape: Scrape;
  /** The newest known status; undefined until the supervisor has answered. */
  readonly status: () => SystemStatus | undefined;
  /** The name of a part's ops port. Default `ops`. */
  readonly opsPort?: (part: string) => string;
  /** Called after each round, when the new moment can be read. */
  readonly onRound?: (atMs: number) => void;
}

/** Parts and replicas beyond these are not scraped. */
const partsMax = 200;
const replicasMax = 500;

interface ReplicaEntry {
  readonly meter: ReplicaMeter;
  readonly history: PartMeter;
}

export class Collector {
  readonly #options: CollectorOptions;
  readonly #parts = new Map<string, PartMeter>();
  readonly #replicas = new Map<string, ReplicaEntry>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  part(name: string): PartMeter | undefined {
    return this.#parts.get(name);
  }

  replica(instance: string): PartMeter | undefined {
    return this.#replicas.get(instance)?.history;
  }

  /** Scrapes until aborted, at a steady pace: a slow round does not shift the next. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      await this.round(signal);
      const spentMs = clock.monotonicMs() - startedMs;
      await clock.sleep(Math.max(100, scrapeIntervalMs - spentMs), signal);
    }
  }

  /** Scrapes every replica once. */
  async round(signal: AbortSignal): Promise<void> {
    const { clock, status, onRound } = this.#options;
    const parts = status()?.parts.slice(0, partsMax) ?? [];
    const readings = await Promise.all(
      parts.map(async (part) => ({
        part: part.name,
        readings: await Promise.all(
          part.replicas.map((replica) =>
            this.#read(replica.instance, this.#portOf(part.name, replica), signal),
          ),
        ),
      })),
    );
    const atMs = clock.wallMs();
    for (const { part, readings: ofPart } of readings) {
      const known = ofPart.filter((each) => each !== undefined);
      if (known.length > 0 || this.#parts.has(part)) this.#meterOf(part).observe(known, atMs);
    }
    this.#forgetGone(parts);
    onRound?.(atMs);
  }

  async #read(
    instance: string,
    port: number | undefined,
    signal: AbortSignal,
  ): Promise<ReplicaReading | undefined> {
    if (port === undefined) return undefined;
    let entry = this.#replicas.get(instance);
    if (entry === undefined) {
      if (this.#replicas.size >= replicasMax) return undefined;
      entry = { meter: new ReplicaMeter(), history: new PartMeter() };
      this.#replicas.set(instance, entry);
    }
    try {
      const text = await this.#options.scrape(port, signal);
      const atMs = this.#options.clock.wallMs();
      const reading = entry.meter.observe(parseExposition(text), atMs);
      entry.history.observe([reading], atMs);
      return reading;
    } catch {
      // A replica that does not answer shows as a gap; the supervisor's probes say why.
      return undefined;
    }
  }

  #portOf(part: string, replica: Replica): number | undefined {
    if (!scraped.has(replica.state)) return undefined;
    return replica.ports[this.#options.opsPort?.(part) ?? "ops"];
  }

  #meterOf(part: string): PartMeter {
    let meter = this.#parts.get(part);
    if (meter === undefined) {
      meter = new PartMeter();
      this.#parts.set(part, meter);
    }
    return meter;
  }

  /** Replicas that were scaled away leave; parts stay while the system has them. */
  #forgetGone(parts: SystemStatus["parts"]): void {
    const instances = new Set(parts.flatMap((part) => part.replicas.map((each) => each.instance)));
    for (const instance of this.#replicas.keys()) {
      if (!instances.has(instance)) this.#replicas.delete(instance);
    }
    const names = new Set(parts.map((part) => part.name));
    for (const name of this.#parts.keys()) if (!names.has(name)) this.#parts.delete(name);
  }
}

type Replica = SystemStatus["parts"][number]["replicas"][number];

const scraped: ReadonlySet<string> = new Set(["running", "ready", "unready", "stopping"]);
