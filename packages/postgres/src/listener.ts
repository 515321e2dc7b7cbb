/**
 * One connection that listens for notifications, and comes back by itself when it is lost.
 *
 * A notification is a hint: while the connection is away they are missed, so listeners are told to
 * look for themselves after each (re)connection.
 *
 * @module
 */
import {
  type Backoff,
  backoffMs,
  describeError,
  type Environment,
  type Log,
} from "@ashlar/foundation";
import { Client } from "pg";
import { postgresErrorFrom } from "./errors.ts";

export interface ListenerOptions {
  readonly url: string;
  readonly channel: string;
  readonly environment: Environment;
  readonly log: Log;
  readonly onNotification: (payload: string) => void;
  /** The connection stands (again): something may have been missed. */
  readonly onConnected: () => void;
}

const reconnect: Backoff = { initialMs: 100, maxMs: 5_000 };

export class NotificationListener implements AsyncDisposable {
  readonly #options: ListenerOptions;
  readonly #stop = new AbortController();
  readonly #finished: Promise<void>;
  #client: Client | undefined;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#finished = this.#run();
  }

  /** Starts at once; a server that is away is waited for. */
  static open(options: ListenerOptions): NotificationListener {
    return new NotificationListener(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#client?.end().catch(() => undefined);
    await this.#finished;
  }

  async #run(): Promise<void> {
    const { environment, log, channel } = this.#options;
    const { clock, entropy } = environment;
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#listen(() => {
          failures = 0;
        });
      } catch (error) {
        const reason = describeError(postgresErrorFrom(error, "LISTEN"));
        log.debug("the connection for notifications was lost", { channel, reason });
      }
      if (this.#stop.signal.aborted) return;
      failures++;
      const waitMs = backoffMs(reconnect, failures, entropy.fraction());
      await clock.sleep(waitMs, this.#stop.signal).catch(() => undefined);
    }
  }

  /** Settles when the connection has ended. */
  async #listen(onReady: () => void): Promise<void> {
    const { url, channel, onNotification, onConnected } = this.#options;
    const client = new Client({
      connectionString: url,
      application_name: "ashlar-listen",
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    this.#client = client;
    const ended = new Promise<void>((resolve) => client.once("end", resolve));
    client.on("error", () => undefined); // `end` follows.
    client.on("notification", ({ payload }) => onNotification(payload ?? ""));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      if (this.#stop.signal.aborted) return;
      onReady();
      onConnected();
      await ended;
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
