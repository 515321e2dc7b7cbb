/**
 * The certificate and key of an encrypted listener, read from files that may be replaced at any time.
 *
 * - GD4  A changed pair is used for new connections within {@link watchMs}; a pair that is unreadable, or
 *        whose halves do not belong together, is reported and the former stays.
 *
 * @module
 */
import { createPrivateKey, hash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Clock, describeError, type Log } from "@ashlar/foundation";
import { TlsFilesError } from "./errors.ts";

export interface TlsFiles {
  /** PEM, the chain with the server's own certificate first. */
  readonly certificateFile: string;
  /** PEM. */
  readonly keyFile: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** How often the files are looked at. */
const watchMs = 5_000;

/** @throws {TlsFilesError} */
export async function readTlsPair(files: TlsFiles): Promise<TlsPair> {
  try {
    const [cert, key] = await Promise.all([
      readFile(files.certificateFile),
      readFile(files.keyFile),
    ]);
    const matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
    if (matches) return { cert, key };
  } catch (error) {
    throw new TlsFilesError(describeError(error), { cause: error });
  }
  throw new TlsFilesError("the key does not belong to the certificate");
}

export interface TlsWatch {
  readonly server: { setSecureContext(pair: TlsPair): void };
  readonly files: TlsFiles;
  readonly present: TlsPair;
  readonly clock: Clock;
  readonly log: Log;
}

/** Runs until the signal; settles then. */
export async function watchTlsFiles(watch: TlsWatch, signal: AbortSignal): Promise<void> {
  const { server, files, clock, log } = watch;
  let print = printOf(watch.present);
  while (!signal.aborted) {
    await clock.sleep(watchMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const pair = await readTlsPair(files);
      if (printOf(pair) === print) continue;
      print = printOf(pair);
      server.setSecureContext(pair);
      log.info("TLS certificate replaced");
    } catch (error) {
      log.error("TLS certificate not replaced", { error: describeError(error) });
    }
  }
}

function printOf({ cert, key }: TlsPair): string {
  return hash("sha256", Buffer.concat([cert, key]), "base64");
}
