/**
 * Hands out this machine's TCP ports: a number is given once, is free when it is given, and is the
 * same at the next run wherever it can be.
 *
 * - LPO1  No number is given for two purposes at a time.
 * - LPO2  A remembered number is given again if it is free; if it is not, the replacement is told.
 * - LPO3  Two systems on one machine do not get each other's service ports, also while nobody listens
 *        on them: a service port is held by a listener on an address of the loopback network that
 *        nobody else uses, which makes the test for a free port fail.
 *
 * Numbers come from 20000 to 31999, below the range from which the kernel takes its own.
 *
 * @module
 */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import type { Entropy } from "@ashlar/foundation";
import { PortInUseError } from "./errors.ts";

const firstPort = 20_000;
const lastPort = 31_999;
/** All of 127.0.0.0/8 is this machine on Linux. Elsewhere the hold fails, and does without (LPO3). */
const holdHost = "127.0.255.254";
const attemptsMax = 200;

export interface PortGrant {
  readonly port: number;
  /** The number that was wanted or remembered, when it could not be had. */
  readonly insteadOf?: number;
}

export class PortBook implements AsyncDisposable {
  readonly #remembered: Map<string, number>;
  readonly #given = new Map<number, string>();
  readonly #holds = new Map<number, Server>();
  readonly #entropy: Entropy;

  constructor(remembered: Readonly<Record<string, number>>, entropy: Entropy) {
    this.#remembered = new Map(Object.entries(remembered));
    this.#entropy = entropy;
  }

  /** What to remember for the next run. */
  remembered(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#remembered].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /**
   * A number for as long as the system runs, remembered under `purpose`. Tried in this order: the
   * wanted one, the remembered one, any other.
   *
   * @throws {PortInUseError}
   */
  async give(purpose: string, wanted?: number): Promise<PortGrant> {
    const remembered = this.#remembered.get(purpose);
    const first = wanted ?? remembered;
    for (const port of [wanted, remembered]) {
      if (port === undefined || !(await this.#take(port, purpose))) continue;
      await this.#hold(port);
      this.#remembered.set(purpose, port);
      return port === first || first === undefined ? { port } : { port, insteadOf: first };
    }
    const port = await this.#any(purpose);
    await this.#hold(port);
    this.#remembered.set(purpose, port);
    return first === undefined ? { port } : { port, insteadOf: first };
  }

  /** A number for one process. It is not held: the process itself is to listen on it. */
  async lend(purpose: string): Promise<number> {
    return this.#any(purpose);
  }

  /**
   * A number for a process whose peers know its address: remembered, and lent anew at each start.
   */
  async lendStable(purpose: string): Promise<number> {
    const remembered = this.#remembered.get(purpose);
    if (remembered !== undefined) {
      if (this.#given.get(remembered) === purpose) return remembered;
      if (await this.#take(remembered, purpose)) return remembered;
    }
    const port = await this.#any(purpose);
    this.#remembered.set(purpose, port);
    return port;
  }

  giveBack(port: number): void {
    this.#given.delete(port);
    this.#holds.get(port)?.close();
    this.#holds.delete(port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.#holds.values()].map(async (hold) => {
      hold.close();
      await once(hold, "close");
    });
    this.#holds.clear();
    await Promise.all(closed);
  }

  async #any(purpose: string): Promise<number> {
    let port = firstPort;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      port = firstPort + Math.floor(this.#entropy.fraction() * (lastPort - firstPort + 1));
      if (await this.#take(port, purpose)) return port;
    }
    throw new PortInUseError(purpose, port);
  }

  async #take(port: number, purpose: string): Promise<boolean> {
    if (this.#given.has(port)) return false;
    this.#given.set(port, purpose); // LPO1: nobody else tries it while it is being tested.
    if (await isFree(port)) return true;
    this.#given.delete(port);
    return false;
  }

  async #hold(port: number): Promise<void> {
    const hold = createServer((socket) => socket.destroy());
    hold.unref();
    hold.listen({ host: holdHost, port, exclusive: true });
    try {
      await once(hold, "listening");
      this.#holds.set(port, hold);
    } catch {
      // LPO3 is best effort where the loopback network has a single address.
    }
  }
}

/** Can every address of this machine be bound at this port? */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen({ host: "0.0.0.0", port, exclusive: true });
  try {
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
