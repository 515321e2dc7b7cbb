/**
 * One run of the `postgres` program, from its start to its end.
 *
 * - SP1  The server ends when its owner ends, however the owner ends: a small shell waits for the end
 *        of a pipe that only the owner holds, and then stops the server.
 * - SP2  Ready is what the server says and a connection proves, never a delay.
 * - SP3  Stopping is orderly (`SIGINT`: connections are cut, everything is written), then immediate
 *        (`SIGQUIT`), then `SIGKILL`. It settles when the process has gone.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Clock, Log } from "@ashlar/foundation";
import { PostgresPortInUseError, PostgresStartError } from "../errors.ts";
import type { Account } from "./account.ts";
import type { LogFile } from "./log-file.ts";

export interface ServerProcessOptions {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly account: Account | undefined;
  readonly port: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly logFile: LogFile;
}

export interface ServerExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Whether it was asked to stop. */
  readonly isExpected: boolean;
  /** The last lines of its log. */
  readonly lines: readonly string[];
}

/** PostgreSQL's environment: nothing of ours, so that no `PG…` variable changes its behaviour. */
export const serverEnvironment: Readonly<Record<string, string>> = { TZ: "UTC", LC_ALL: "C" };

const readyText = "database system is ready to accept connections";

export class ServerProcess {
  readonly pid: number;
  readonly exited: Promise<ServerExit>;
  readonly #child: ChildProcess;
  readonly #options: ServerProcessOptions;
  readonly #ready = Promise.withResolvers<void>();
  #guard: ChildProcess | undefined;
  #isStopping = false;

  private constructor(child: ChildProcess, pid: number, options: ServerProcessOptions) {
    this.pid = pid;
    this.#child = child;
    this.#options = options;
    this.exited = this.#watchExit();
    this.#watchLog();
    this.#startGuard();
    void this.exited.then((exit) => this.#ready.reject(this.#startError(exit)));
    this.#ready.promise.catch(() => undefined); // Reported by whoever waits for it.
  }

  /** Starts the program and waits until it accepts connections. */
  static async open(options: ServerProcessOptions, signal: AbortSignal): Promise<ServerProcess> {
    const child = spawn(options.program, options.arguments, {
      ...options.account,
      cwd: "/",
      env: serverEnvironment,
      stdio: ["ignore", "ignore", "pipe"],
      // Out of the terminal's group: Ctrl-C must reach the parts before their database.
      detached: true,
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("spawn", () => resolve(child.pid ?? 0));
      child.once("error", (error) =>
        reject(new PostgresStartError("start the server", [error.message], { cause: error })),
      );
    });
    const server = new ServerProcess(child, pid, options);
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      signal.throwIfAborted();
      await Promise.race([server.#ready.promise, aborted.promise]);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Idempotent; see SP3. */
  async stop(): Promise<ServerExit> {
    this.#isStopping = true;
    const stages = [
      { signal: "SIGINT", waitMs: 10_000 },
      { signal: "SIGQUIT", waitMs: 5_000 },
    ] as const;
    for (const { signal, waitMs } of stages) {
      this.#child.kill(signal);
      const timer = new AbortController();
      const timeout = this.#options.clock.sleep(waitMs, timer.signal).then(
        () => undefined,
        () => undefined,
      );
      const exit = await Promise.race([this.exited, timeout]);
      timer.abort();
      if (exit !== undefined) return exit;
      this.#options.log.warn("the database did not stop in time", { signal, waitMs });
    }
    this.#child.kill("SIGKILL");
    return await this.exited;
  }

  /** Ends it as a crash would; for tests of recovery and for `kill`. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #watchExit(): Promise<ServerExit> {
    const { logFile } = this.#options;
    return new Promise((resolve) => {
      // `close`, not `exit`: then the log has been read to its end.
      this.#child.once("close", (code, signal) => {
        this.#guard?.kill("SIGKILL");
        resolve({ code, signal, isExpected: this.#isStopping, lines: [...logFile.recent] });
      });
    });
  }

  #watchLog(): void {
    const { log, logFile } = this.#options;
    this.#child.stderr?.setEncoding("utf8");
    this.#child.stderr?.on("data", (chunk: string) => {
      for (const line of logFile.write(chunk)) {
        if (line.includes(readyText)) this.#ready.resolve();
        if (/ (FATAL|PANIC): {2}/.test(line)) log.debug("database log", { line });
      }
    });
  }

  /** SP1. A guard that was killed is replaced, for the server must never be without one. */
  #startGuard(): void {
    if (this.#isStopping || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return;
    const guard = spawn("/bin/sh", ["-c", guardScript, "ashlar-postgres-guard", String(this.pid)], {
      ...this.#options.account,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin" },
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    guard.unref();
    guard.stdin?.on("error", () => undefined);
    guard.once("error", (error) => {
      this.#options.log.warn("the database's guard could not start", { reason: error.message });
    });
    guard.once("exit", () => this.#startGuard());
    this.#guard = guard;
  }

  #startError(exit: ServerExit): Error {
    const text = exit.lines.join("\n");
    if (/could not bind|Address already in use/.test(text)) {
      return new PostgresPortInUseError(this.#options.port);
    }
    const telling = exit.lines.filter((line) => / (FATAL|PANIC|ERROR|HINT): {2}/.test(line));
    return new PostgresStartError("start the server", telling.length > 0 ? telling : exit.lines);
  }
}

/** Waits for the end of its input, then stops the process that it is told: 8 s orderly, then at once. */
const guardScript = `
while read -r line; do :; done
kill -INT "$1" 2>/dev/null || exit 0
n=0
while kill -0 "$1" 2>/dev/null && [ "$n" -lt 80 ]; do sleep 0.1; n=$((n + 1)); done
kill -QUIT "$1" 2>/dev/null
exit 0`;
