/**
 * A part that does its work and ends: once, or by a schedule.
 *
 * A run has `completions` workers, numbered from 0, at most `parallelism` of them at a time; each is
 * tried again up to `retries` times. It fails with its first worker that has used these up, or when
 * its deadline passes.
 *
 * - LJP1  With `forbid` no two runs overlap: a time that comes during a run is left out. With
 *        `replace` the earlier run is ended first. With `allow` they run side by side.
 * - LJP2  A time that was missed by more than the starting deadline (a machine that slept) is left out.
 *
 * @module
 */
import { nextRunMs, parseSchedule, type Schedule } from "./cron.ts";
import {
  PartOperationError,
  PartStartFailedError,
  ReplicaUnknownError,
  SupervisorStoppedError,
} from "./errors.ts";
import { isoTime } from "./iso-time.ts";
import { type PartHost, type PartRunner, partStatus } from "./part-runner.ts";
import type { Replica } from "./replica.ts";
import type { PartState, PartStatus } from "./status.ts";
import type { KillOptions } from "./system-control.ts";

interface Run {
  readonly workers: Replica[];
  outcome: "running" | "completed" | "failed" | "stopped";
  reason: string | undefined;
  readonly over: PromiseWithResolvers<void>;
  readonly ending: AbortController;
}

const everyRun = { parallelism: 1, completions: 1, retries: 0, deadlineMs: 0 };

export class JobPart implements PartRunner {
  readonly wanted: number;
  readonly #host: PartHost;
  readonly #schedule: Schedule | undefined;
  readonly #runs: Run[] = [];
  readonly #life = new AbortController();
  #nextRunMs: number | undefined;
  #paused = false;
  #hasBegun = false;

  /** @throws {ScheduleInvalidError} */
  constructor(host: PartHost) {
    this.#host = host;
    this.wanted = host.part.job?.completions ?? 1;
    const text = host.part.job?.schedule ?? null;
    this.#schedule = text === null ? undefined : parseSchedule(text);
  }

  get part(): PartHost["part"] {
    return this.#host.part;
  }

  get replicas(): readonly Replica[] {
    return this.#runs.flatMap((run) => run.workers);
  }

  get isAvailable(): boolean {
    return this.#last()?.outcome === "completed";
  }

  /** The system waits for a job to begin, not for it to end: that may take hours. */
  get isSettled(): boolean {
    if (this.#schedule !== undefined || this.#paused) return true;
    return this.#hasBegun;
  }

  get failure(): Error | undefined {
    const run = this.#last();
    if (this.#schedule !== undefined || run?.outcome !== "failed") return undefined;
    const failed = run.workers.find((each) => each.state === "failed") ?? run.workers[0];
    if (failed === undefined) return undefined;
    return new PartStartFailedError({
      part: this.part.name,
      instance: failed.instance,
      reason: run.reason ?? failed.message ?? "it failed",
      exit: failed.lastExit ?? null,
      lastLines: this.#host.lastLines(failed.instance),
    });
  }

  /** Called by the supervisor whenever one of its workers has changed. */
  readonly onReplicaChange = (worker: Replica): void => {
    if (worker.state === "running" || worker.isFinal) this.#hasBegun = true;
  };

  begin(): void {
    if (this.#schedule === undefined) void this.#run();
    else void this.#runBySchedule(this.#schedule);
  }

  async restart(): Promise<void> {
    await this.#endRuns("restarted");
    await this.start();
  }

  scale(): Promise<void> {
    const reason = "the number of a job's workers is part of its definition";
    return Promise.reject(new PartOperationError(this.part.name, "scale", reason));
  }

  async stop(): Promise<void> {
    this.#paused = true;
    await this.#endRuns("stopped");
  }

  /** Runs it now, whatever its schedule says. */
  async start(): Promise<void> {
    if (this.#life.signal.aborted) throw new SupervisorStoppedError();
    this.#paused = false;
    if (this.#last()?.outcome === "running" && this.part.job?.concurrency !== "allow") {
      throw new PartOperationError(this.part.name, "start", "it is running");
    }
    void this.#run();
  }

  kill({ replica, signal = "SIGKILL" }: KillOptions): void {
    const targets = this.replicas.filter(
      (each) => replica === undefined || each.ordinal === replica,
    );
    if (targets.filter((each) => each.kill(signal)).length > 0) return;
    const known = this.replicas.filter((each) => !each.isFinal).map((each) => each.ordinal);
    throw new ReplicaUnknownError(this.part.name, replica ?? 0, known);
  }

  async shutdown(): Promise<void> {
    this.#life.abort(new SupervisorStoppedError());
    await this.#endRuns("stopped");
  }

  status(): PartStatus {
    const run = this.#last();
    return partStatus(this.#host, {
      state: this.#state(run),
      wanted: this.wanted,
      replicas: this.replicas,
      message: run?.reason,
      nextRun: this.#nextRunMs === undefined ? undefined : isoTime(this.#nextRunMs),
    });
  }

  #state(run: Run | undefined): PartState {
    if (this.#paused || run?.outcome === "stopped") return "stopped";
    if (run === undefined) return this.#schedule === undefined ? "waiting" : "idle";
    if (run.outcome === "running") {
      return run.workers.every((each) => each.state === "waiting") ? "waiting" : "running";
    }
    if (run.outcome === "failed") return "failed";
    return this.#schedule === undefined ? "completed" : "idle";
  }

  #last(): Run | undefined {
    return this.#runs.at(-1);
  }

  async #runBySchedule(schedule: Schedule): Promise<void> {
    const { clock } = this.#host.environment;
    const { signal } = this.#life;
    const deadlineMs = this.part.job?.startingDeadlineMs ?? 0;
    try {
      for (;;) {
        const atMs = nextRunMs(schedule, clock.wallMs());
        this.#nextRunMs = atMs;
        this.#host.changed();
        if (atMs === undefined) return;
        // In pieces: a machine that slept, or a clock that was set, must not delay it for long.
        while (clock.wallMs() < atMs) {
          await clock.sleep(Math.min(atMs - clock.wallMs(), 30_000), signal);
        }
        const late = deadlineMs > 0 && clock.wallMs() - atMs > deadlineMs; // LJP2
        if (!this.#paused && !late) await this.#startScheduled();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #startScheduled(): Promise<void> {
    const running = this.#runs.some((run) => run.outcome === "running");
    const concurrency = this.part.job?.concurrency ?? "forbid";
    if (running && concurrency === "forbid") {
      const text = "its last run still goes on: this one is left out";
      this.#host.notice("warn", "RUN_SKIPPED", text); // LJP1
      return;
    }
    if (running && concurrency === "replace") await this.#endRuns("replaced by the next run");
    void this.#run();
  }

  async #run(): Promise<void> {
    const { completions, parallelism, deadlineMs } = this.part.job ?? everyRun;
    const run: Run = {
      workers: [],
      outcome: "running",
      reason: undefined,
      over: Promise.withResolvers<void>(),
      ending: new AbortController(),
    };
    this.#forgetOldRuns();
    this.#runs.push(run);
    const signal = AbortSignal.any([run.ending.signal, this.#life.signal]);
    const deadline = deadlineMs > 0 ? this.#watchDeadline(run, deadlineMs, signal) : undefined;
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < completions && run.outcome === "running") {
        const worker = this.#host.createReplica(next++, { runsToCompletion: true });
        run.workers.push(worker);
        worker.begin();
        await worker.finished;
        if (worker.state === "failed") this.#end(run, "failed", worker.message);
      }
    };
    const lanes = Array.from({ length: Math.min(parallelism, completions) }, lane);
    await Promise.all(lanes);
    this.#end(run, "completed", undefined);
    run.ending.abort();
    await deadline;
    run.over.resolve();
    this.#host.changed();
  }

  async #watchDeadline(run: Run, deadlineMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#host.environment.clock.sleep(deadlineMs, signal);
    } catch {
      return;
    }
    this.#end(run, "failed", `it did not end within ${deadlineMs} ms`);
  }

  /** Only the first end of a run counts; its other workers are ended with it. */
  #end(run: Run, outcome: "completed" | "failed" | "stopped", reason: string | undefined): void {
    if (run.outcome !== "running") return;
    run.outcome = outcome;
    run.reason = reason;
    for (const worker of run.workers) {
      if (!worker.isFinal) void worker.stop({ skipDrain: true, reason: reason ?? "stopped" });
    }
  }

  async #endRuns(reason: string): Promise<void> {
    const running = this.#runs.filter((run) => run.outcome === "running");
    for (const run of running) this.#end(run, "stopped", reason);
    await Promise.all(running.map((run) => run.over.promise));
  }

  /** The last finished run stays to be seen; earlier ones go. */
  #forgetOldRuns(): void {
    const keep = this.#runs.filter((run) => run.outcome === "running");
    this.#runs.splice(0, this.#runs.length, ...keep);
  }
}
