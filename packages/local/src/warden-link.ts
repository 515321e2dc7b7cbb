/**
 * The supervisor's end of the warden: starts it, keeps it informed, and replaces it should it die.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { backoffMs, type Clock, type Log } from "@ashlar/foundation";
import { modulePath, nodeArguments } from "./node-program.ts";
import type { RecordedProcess } from "./state-file.ts";
import type { WardenMessage } from "./warden.ts";

const wardenBackoff = { initialMs: 20, maxMs: 10_000 };

export class WardenLink implements AsyncDisposable {
  readonly #watched = new Map<number, RecordedProcess>();
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  readonly #life = new AbortController();
  #deaths = 0;
  #child: ChildProcess | undefined;

  /** `onChange` is called whenever the list of watched processes changes. */
  constructor(options: {
    readonly log: Log;
    readonly clock: Clock;
    readonly onChange: () => void;
  }) {
    this.#log = options.log;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
    this.#start();
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Every process that may be alive. */
  get watched(): readonly RecordedProcess[] {
    return [...this.#watched.values()];
  }

  watch(recorded: RecordedProcess): void {
    this.#watched.set(recorded.pid, recorded);
    this.#say({ watch: recorded });
    this.#onChange();
  }

  forget(pid: number): void {
    if (!this.#watched.delete(pid)) return;
    this.#say({ forget: pid });
    this.#onChange();
  }

  /** Lets it go. What it still watches lives on. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.abort();
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    this.#say({ farewell: true });
    child.stdin?.end();
    await gone;
  }

  #start(): void {
    const child = spawn(process.execPath, [...nodeArguments(), modulePath("warden")], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      env: { ASHLAR_WATCHED: JSON.stringify(this.watched) },
    });
    this.#child = child;
    child.stdin.on("error", () => undefined); // Its exit is what tells; see below.
    child.on("error", (error) => this.#log.error("the warden cannot be started", { error }));
    child.on("exit", (code, signal) => void this.#replace(code, signal));
  }

  /** Later and later, should it die again and again: the machine has other troubles then. */
  async #replace(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    if (this.#life.signal.aborted) return;
    this.#log.warn("the warden ended and is started again", { code, signal });
    this.#deaths += 1;
    const delayMs = backoffMs(wardenBackoff, this.#deaths, 0);
    await this.#clock.sleep(delayMs, this.#life.signal).catch(() => undefined);
    if (!this.#life.signal.aborted) this.#start();
  }

  #say(message: WardenMessage): void {
    this.#child?.stdin?.write(`${JSON.stringify(message)}\n`);
  }
}
