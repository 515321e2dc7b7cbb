/**
 * Turns passwords into argon2id hashes and checks them, off the event loop.
 *
 * - PH1  At most `concurrency` hashes are made at once and at most `queue` wait; more are refused,
 *        so that a flood of log-ins cannot take the service's memory.
 * - PH2  Checking a password against no account costs the same as against an account.
 * - PH3  A hash names its own parameters; one made with weaker ones is recognised and renewed.
 *
 * Source: OWASP Password Storage Cheat Sheet (argon2id, 19 MiB, 2 passes, 1 lane); PHC string format.
 * @module
 */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { PasswordHashCorruptError, PasswordsBusyError } from "./errors.ts";

const derive = promisify(argon2);
const tagBytes = 32;
const nonceBytes = 16;
const lanes = 1;

interface PasswordCost {
  /** argon2 memory in KiB. */
  readonly memoryKib: number;
  readonly passes: number;
}

export interface PasswordHasherOptions {
  readonly cost: PasswordCost;
  readonly concurrency: number;
  readonly queue: number;
  /** Runs one piece of work and measures it, its wait for a slot included. */
  readonly measure?: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

interface ParsedHash {
  readonly cost: PasswordCost;
  readonly parallelism: number;
  readonly nonce: Buffer;
  readonly tag: Buffer;
}

export class PasswordHasher {
  readonly #options: PasswordHasherOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #decoy: string;
  #running = 0;

  constructor(options: PasswordHasherOptions) {
    this.#options = options;
    const nobody = { cost: options.cost, parallelism: lanes };
    this.#decoy = format({
      ...nobody,
      nonce: randomBytes(nonceBytes),
      tag: randomBytes(tagBytes),
    });
  }

  /** The hash of a new password in PHC form. @throws {PasswordsBusyError} */
  hash(password: string): Promise<string> {
    return this.#inTurn(async () => {
      const { cost } = this.#options;
      const nonce = randomBytes(nonceBytes);
      const tag = await tagOf(password, { cost, parallelism: lanes, nonce });
      return format({ cost, parallelism: lanes, nonce, tag });
    });
  }

  /**
   * Whether the password fits. With `stored` undefined (no such account) it does the same work and
   * says no (PH2).
   *
   * @throws {PasswordsBusyError} {@link PasswordHashCorruptError}
   */
  verify(password: string, stored: string | undefined): Promise<boolean> {
    return this.#inTurn(async () => {
      const parsed = parse(stored ?? this.#decoy);
      const tag = await tagOf(password, parsed);
      return timingSafeEqual(tag, parsed.tag) && stored !== undefined;
    });
  }

  /** True for a hash that was made with another cost than today's (PH3). */
  isOutdated(stored: string): boolean {
    const { cost } = parse(stored);
    const wanted = this.#options.cost;
    return cost.memoryKib !== wanted.memoryKib || cost.passes !== wanted.passes;
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const { measure } = this.#options;
    return measure === undefined ? this.#queued(work) : measure(() => this.#queued(work));
  }

  async #queued<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running >= this.#options.concurrency) await this.#wait();
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // The slot passes on without becoming free.
    }
  }

  #wait(): Promise<void> {
    if (this.#waiting.length >= this.#options.queue) {
      return Promise.reject(new PasswordsBusyError(this.#options.queue));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

function tagOf(password: string, with_: Omit<ParsedHash, "tag">): Promise<Buffer> {
  return derive("argon2id", {
    message: Buffer.from(password.normalize("NFKC")),
    nonce: with_.nonce,
    parallelism: with_.parallelism,
    tagLength: tagBytes,
    memory: with_.cost.memoryKib,
    passes: with_.cost.passes,
  });
}

function format(hash: ParsedHash): string {
  const { memoryKib, passes } = hash.cost;
  const costs = `m=${memoryKib},t=${passes},p=${hash.parallelism}`;
  return `$argon2id$v=19$${costs}$${unpadded(hash.nonce)}$${unpadded(hash.tag)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function parse(text: string): ParsedHash {
  const [, memoryKib, passes, parallelism, nonce, tag] = phc.exec(text) ?? [];
  if (nonce === undefined || tag === undefined) throw new PasswordHashCorruptError();
  return {
    cost: { memoryKib: Number(memoryKib), passes: Number(passes) },
    parallelism: Number(parallelism),
    nonce: Buffer.from(nonce, "base64"),
    tag: Buffer.from(tag, "base64"),
  };
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}
