/**
 * One connection to Redis or Valkey, kept up in the background.
 *
 * - RV1  Opening does not wait for the server: while it is out of reach, commands fail at once instead of
 *        queueing, and the connection is tried again with a growing pause.
 *
 * @module
 */
import { describeError, type Log } from "@ashlar/foundation";
import { createClient } from "redis";
import { RedisUrlError } from "./errors.ts";

export interface RedisOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url: string;
  readonly log: Log;
}

/** The commands that this room uses, and the connection's life. */
export interface RedisConnection extends AsyncDisposable {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<unknown>;
  del(key: string): Promise<number>;
  /** Runs a script by its digest, sending its text only when the server does not know it. */
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
  /** Settles when the server has answered once; rejects with the signal. */
  ready(signal: AbortSignal): Promise<void>;
}

export interface RedisScript {
  readonly text: string;
  /** SHA-1 of the text, in hexadecimal. */
  readonly digest: string;
}

const pauseMsMax = 2_000;

/** @throws {RedisUrlError} */
export function openRedis({ url, log }: RedisOptions): RedisConnection {
  if (!/^rediss?:\/\//.test(url)) throw new RedisUrlError();
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 2_000,
      reconnectStrategy: (retries) => Math.min(pauseMsMax, 50 * 2 ** Math.min(retries, 10)),
    },
  });
  let isUp = false;
  client.on("ready", () => {
    isUp = true;
    log.info("connected to Redis");
  });
  client.on("error", (error: unknown) => {
    if (isUp) log.warn("connection to Redis lost", { error: describeError(error) });
    isUp = false;
  });
  const connecting = client.connect();
  connecting.catch(() => undefined); // Reported by the listener above; it goes on trying.
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    del: (key) => client.del(key),
    run: async ({ text, digest }, keys, args) => {
      const options = { keys: [...keys], arguments: [...args] };
      try {
        return await client.evalSha(digest, options);
      } catch (error) {
        if (!describeError(error).startsWith("NOSCRIPT")) throw error;
        return client.eval(text, options);
      }
    },
    ready: async (signal) => {
      if (client.isReady) return;
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        client.once("ready", () => resolve());
      });
    },
    [Symbol.asyncDispose]: async () => {
      if (client.isReady) await client.close();
      else client.destroy();
    },
  };
}
