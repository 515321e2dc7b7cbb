/**
 * Passwords of basic authentication, kept as argon2id hashes in PHC form.
 *
 * - GA12  A password is checked against argon2id; an unknown user costs as much time as a wrong password.
 * - GA13  At most {@link checksAtOnceMax} checks run at once and a bounded number wait, so a flood of
 *         guesses cannot take the gateway's memory. More are refused as overload.
 * - GA14  A good pair is remembered for a minute under an HMAC with a key of this process only.
 *
 * Source: RFC 9106 (argon2), OWASP Password Storage Cheat Sheet (19 MiB, 2 passes, 1 lane), RFC 7617.
 *
 * @module
 */
import { argon2, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import type { Clock } from "@ashlar/foundation";
import { BoundedCache } from "./bounded-cache.ts";
import type { Consumer } from "./consumer.ts";
import type { PasswordRecord, PasswordStore } from "./credential-store.ts";
import { type Problem, problem } from "./problem.ts";

const deriveKey = promisify(argon2);
const memoryKiB = 19_456;
const passes = 2;
const checksAtOnceMax = 2;
const checksWaitingMax = 32;
const rememberMs = 60_000;

/** The PHC string to keep for a password. Deliberately slow: tens of milliseconds. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const message = Buffer.from(password, "utf8");
  const tagLength = 32;
  const tag = await deriveKey("argon2id", {
    message,
    nonce,
    parallelism: 1,
    memory: memoryKiB,
    passes,
    tagLength,
  });
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=1$${base64(nonce)}$${base64(tag)}`;
}

/** True when `password` is the one that `passwordHash` was made from. False for a malformed hash. */
export async function verifyPassword(password: string, passwordHash: string): Promise<boolean> {
  const match = phc.exec(passwordHash);
  if (match === null) return false;
  const [, memory, time, lanes, salt = "", expected = ""] = match;
  const wanted = Buffer.from(expected, "base64");
  const tag = await deriveKey("argon2id", {
    message: Buffer.from(password, "utf8"),
    nonce: Buffer.from(salt, "base64"),
    parallelism: Number(lanes),
    memory: Number(memory),
    passes: Number(time),
    tagLength: wanted.length,
  });
  return timingSafeEqual(wanted, tag);
}

const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

function base64(bytes: Buffer): string {
  return bytes.toString("base64").replaceAll("=", "");
}

export class PasswordVerifier {
  readonly #clock: Clock;
  readonly #store: PasswordStore;
  readonly #cacheKey = randomBytes(32);
  readonly #verified = new BoundedCache<PasswordRecord>(1_000);
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;
  #running = 0;
  #pending = 0;

  constructor(clock: Clock, store: PasswordStore) {
    this.#clock = clock;
    this.#store = store;
  }

  /** `credentials`: what follows `Basic ` in the header. Rejects when the store cannot be reached. */
  async verify(credentials: string): Promise<Consumer | Problem> {
    const text = Buffer.from(credentials, "base64").toString("utf8");
    const colon = text.indexOf(":");
    if (colon < 1 || text.length > 1_024) return refused();
    const print = createHmac("sha256", this.#cacheKey).update(text).digest("base64url");
    const known = this.#verified.get(print, this.#clock.wallMs());
    if (known !== undefined) return consumerOf(known);
    if (this.#pending >= checksAtOnceMax + checksWaitingMax) {
      return problem("OVERLOADED", "too many passwords are being checked", {
        headers: ["retry-after", "1"],
      });
    }
    this.#pending += 1;
    try {
      const record = await this.#store.find(text.slice(0, colon));
      const isRight = await this.#check(text.slice(colon + 1), record);
      if (!isRight || record === undefined) return refused();
      this.#verified.set(print, record, this.#clock.wallMs() + rememberMs);
      return consumerOf(record);
    } finally {
      this.#pending -= 1;
    }
  }

  async #check(password: string, record: PasswordRecord | undefined): Promise<boolean> {
    if (this.#running < checksAtOnceMax) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve)); // Takes over a slot.
    try {
      this.#decoy ??= hashPassword(randomBytes(16).toString("hex"));
      return await verifyPassword(password, record?.passwordHash ?? (await this.#decoy));
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function consumerOf({ consumer, roles, scopes }: PasswordRecord): Consumer {
  return { id: consumer, scheme: "basic", roles, scopes };
}

function refused(): Problem {
  return problem("PASSWORD_INVALID", "user or password is wrong", {
    headers: ["www-authenticate", 'Basic charset="UTF-8"'],
  });
}
