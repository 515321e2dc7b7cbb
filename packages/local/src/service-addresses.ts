/**
 * Where one part is reached: a stable address for each of its ports, and for each of its replicas
 * where others ask for them one by one.
 *
 * - LSA1  An address that a user was given stays right for as long as the system runs, however often
 *        the processes behind it are replaced.
 *
 * A stateful part's replicas keep their own port numbers, so their peers speak to them directly.
 * Other replicas come and go; each ordinal asked for one by one has a listener of its own instead.
 * UDP is not balanced: its address is that of replica 0.
 *
 * @module
 */
import type { Log } from "@ashlar/foundation";
import { Balancer } from "./balancer.ts";
import type { PortBook } from "./port-book.ts";
import type { RunnablePart, RunnablePort } from "./runnable-part.ts";
import type { ConnectionCounts } from "./status.ts";

export const loopback = "127.0.0.1";

export interface ServiceAddressesOptions {
  readonly part: RunnablePart;
  readonly ports: PortBook;
  readonly log: Log;
  /** Is this port of the part used replica by replica? */
  readonly perReplica: (port: string) => boolean;
  /** A number that was wanted or remembered could not be had. */
  readonly onReplaced: (port: string, was: number, is: number) => void;
}

export interface ReadyReplica {
  readonly ordinal: number;
  readonly instance: string;
  readonly ports: Readonly<Record<string, number>>;
}

export class ServiceAddresses implements AsyncDisposable {
  readonly #options: ServiceAddressesOptions;
  readonly #services = new Map<string, Balancer>();
  readonly #ordinals = new Map<string, { readonly ordinal: number; readonly balancer: Balancer }>();
  readonly #fixed = new Map<string, number>();

  private constructor(options: ServiceAddressesOptions) {
    this.#options = options;
  }

  /** @throws {PortInUseError} */
  static async open(options: ServiceAddressesOptions): Promise<ServiceAddresses> {
    const addresses = new ServiceAddresses(options);
    const { part, ports, log } = options;
    for (const port of Object.values(part.ports)) {
      if (port.exposure === "ops") continue;
      if (port.protocol === "udp") {
        await addresses.#fixedPort(0, port.name);
        continue;
      }
      const grant = await ports.give(`service ${part.name}.${port.name}`, port.preferred);
      if (grant.insteadOf !== undefined) {
        options.onReplaced(port.name, grant.insteadOf, grant.port);
      }
      const balancer = new Balancer({ host: loopback, port: grant.port, log });
      addresses.#services.set(port.name, balancer);
    }
    await addresses.reserve(part.wanted);
    return addresses;
  }

  get counts(): ConnectionCounts {
    const all = [
      ...this.#services.values(),
      ...[...this.#ordinals.values()].map((e) => e.balancer),
    ];
    return {
      open: all.reduce((sum, each) => sum + each.counts.open, 0),
      total: all.reduce((sum, each) => sum + each.counts.total, 0),
      refused: all.reduce((sum, each) => sum + each.counts.refused, 0),
    };
  }

  /** By port name, without ops ports. */
  numbers(): Readonly<Record<string, number>> {
    const { part } = this.#options;
    return Object.fromEntries(
      Object.keys(part.ports).flatMap((port) => {
        const number = this.serviceNumber(port);
        return number === undefined ? [] : [[port, number]];
      }),
    );
  }

  serviceNumber(port: string): number | undefined {
    return this.#services.get(port)?.port ?? this.#fixed.get(keyOf(0, port));
  }

  /** Numbers of the addresses of ordinals `0 .. count - 1`, as a user of single replicas gets them. */
  replicaNumbers(port: string, count: number): readonly number[] {
    return Array.from({ length: count }, (_, ordinal) => this.#replicaNumber(ordinal, port)).filter(
      (each) => each !== undefined,
    );
  }

  /** Makes sure that ordinals `0 .. count - 1` have addresses. */
  async reserve(count: number): Promise<void> {
    const { part, ports, log, perReplica } = this.#options;
    for (let ordinal = 0; ordinal < count; ordinal++) {
      for (const port of Object.values(part.ports)) {
        if (this.isFixed(port, ordinal)) {
          await this.#fixedPort(ordinal, port.name);
        } else if (perReplica(port.name) && !this.#ordinals.has(keyOf(ordinal, port.name))) {
          const grant = await ports.give(`service ${part.name}-${ordinal}.${port.name}`);
          const balancer = new Balancer({ host: loopback, port: grant.port, log });
          this.#ordinals.set(keyOf(ordinal, port.name), { ordinal, balancer });
        }
      }
    }
  }

  /** Numbers for a process about to start to listen on. */
  async lend(ordinal: number): Promise<Readonly<Record<string, number>>> {
    const { part, ports } = this.#options;
    const lent: Record<string, number> = {};
    for (const port of Object.values(part.ports)) {
      lent[port.name] = this.isFixed(port, ordinal)
        ? await this.#fixedPort(ordinal, port.name)
        : await ports.lend(`replica ${part.name}-${ordinal}.${port.name}`);
    }
    return lent;
  }

  /** After the process has ended. */
  giveBack(ordinal: number, lent: Readonly<Record<string, number>>): void {
    for (const [name, number] of Object.entries(lent)) {
      if (this.#fixed.get(keyOf(ordinal, name)) !== number) this.#options.ports.giveBack(number);
    }
  }

  /** Settles when connections go to these replicas and no others. */
  async setReady(replicas: readonly ReadyReplica[]): Promise<void> {
    const backends = (port: string, of: readonly ReadyReplica[]) =>
      of.flatMap(({ instance, ports }) => {
        const number = ports[port];
        return number === undefined ? [] : [{ instance, host: loopback, port: number }];
      });
    await Promise.all([
      ...[...this.#services].map(([port, each]) => each.setBackends(backends(port, replicas))),
      ...[...this.#ordinals].map(([key, { ordinal, balancer }]) => {
        const own = replicas.filter((replica) => replica.ordinal === ordinal);
        return balancer.setBackends(backends(key.slice(key.indexOf("/") + 1), own));
      }),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const all = [
      ...this.#services.values(),
      ...[...this.#ordinals.values()].map((e) => e.balancer),
    ];
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
  }

  /** Has this port the same number at every start of the ordinal? */
  isFixed(port: RunnablePort, ordinal: number): boolean {
    if (this.#options.part.kind === "stateful") return true;
    return port.protocol === "udp" && ordinal === 0;
  }

  #replicaNumber(ordinal: number, port: string): number | undefined {
    const key = keyOf(ordinal, port);
    return this.#fixed.get(key) ?? this.#ordinals.get(key)?.balancer.port;
  }

  async #fixedPort(ordinal: number, port: string): Promise<number> {
    const key = keyOf(ordinal, port);
    const known = this.#fixed.get(key);
    if (known !== undefined) return known;
    const purpose = `replica ${this.#options.part.name}-${ordinal}.${port}`;
    const number = await this.#options.ports.lendStable(purpose);
    this.#fixed.set(key, number);
    return number;
  }
}

function keyOf(ordinal: number, port: string): string {
  return `${ordinal}/${port}`;
}
