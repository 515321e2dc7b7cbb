/**
 * The program `ashlar`: hands the real process to {@link runCli}.
 *
 * @module
 */
import { realEnvironment } from "@ashlar/program";
import type { Cli, OnInterrupt, Output } from "./cli.ts";
import { findInstallation } from "./installation.ts";
import { runCli } from "./run.ts";

export async function main(): Promise<void> {
  endQuietlyOnClosedPipe();
  const cli: Cli = {
    out: outputOf(process.stdout),
    err: outputOf(process.stderr),
    variables: process.env,
    directory: process.cwd(),
    environment: realEnvironment(),
    installation: findInstallation(import.meta.url, process.execPath),
    onInterrupt,
  };
  const code = await runCli(cli, process.argv.slice(2));
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // A definition that was loaded may hold timers or sockets; they must not keep a finished command.
  process.exit(code);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  return {
    isTerminal: stream.isTTY,
    get columns(): number {
      return stream.columns ?? 80;
    },
    get rows(): number {
      return stream.rows ?? 24;
    },
    write: (text) => {
      stream.write(text);
    },
  };
}

const onInterrupt: OnInterrupt = (listener) => {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, listener);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
};

/** `ashlar logs | head` closes the pipe early, which is no fault. */
function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(0);
      throw error;
    });
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else stream.write("", () => resolve());
  });
}
