/**
 * One service port as the gateway sees it: its replicas' addresses, their connections and health.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { BreakerPlan } from "@ashlar/model";
import { Pool } from "undici";
import { OutlierDetector } from "./outlier-detector.ts";
import { RetryBudget } from "./retry-budget.ts";

export interface UpstreamOptions {
  /** Part name, the `target` label of metrics. */
  readonly name: string;
  /** Base URLs, one for each replica; a service address that balances by itself counts as one. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly onEjectedChange: (ejected: number) => void;
}

export interface Replica {
  readonly index: number;
  /** `http://host:port` */
  readonly origin: string;
  readonly pool: Pool;
}

/** Connections to one replica; more requests wait for a free one. */
const connectionsMax = 256;
const connectTimeoutMs = 5_000;

export class Upstream implements AsyncDisposable {
  readonly name: string;
  readonly replicas: readonly Replica[];
  readonly budget: RetryBudget = new RetryBudget();
  readonly #detector: OutlierDetector;
  readonly #options: UpstreamOptions;

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.#options = options;
    this.replicas = options.addresses.map((address, index) => {
      const { origin } = new URL(address);
      const pool = new Pool(origin, {
        connections: connectionsMax,
        pipelining: 1,
        connect: { timeout: connectTimeoutMs },
        // The gateway's own deadlines govern; undici's would only add timers.
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: 65_536,
      });
      return { index, origin, pool };
    });
    this.#detector = new OutlierDetector(this.replicas.length);
  }

  /** The replica to ask next, if possible another than `except`; undefined: the circuit is open. */
  pick(except?: number): Replica | undefined {
    const index = this.#detector.pick(this.#nowMs(), except);
    return index === undefined ? undefined : this.replicas[index];
  }

  succeeded(replica: Replica): void {
    const before = this.#detector.ejectedCount;
    this.#detector.succeeded(replica.index);
    this.#tell(before);
  }

  failed(replica: Replica, breaker: BreakerPlan): void {
    const before = this.#detector.ejectedCount;
    this.#detector.failed(replica.index, breaker, this.#nowMs());
    this.#tell(before);
  }

  released(replica: Replica): void {
    this.#detector.released(replica.index, this.#nowMs());
  }

  retryAfterMs(): number {
    return this.#detector.retryAfterMs(this.#nowMs());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.replicas.map(({ pool }) => pool.destroy()));
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #tell(before: number): void {
    const after = this.#detector.ejectedCount;
    if (after !== before) this.#options.onEjectedChange(after);
  }
}
