/**
 * Goal: jobs run when and how often they are declared to.
 * Method: a simulated clock, and replicas whose processes are promises.
 */
import { silentLog } from "@ashlar/foundation";
import type { JobPlan } from "@ashlar/model";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { ChangeBell } from "../src/change-bell.ts";
import type { ProcessEnd } from "../src/child-process.ts";
import { JobPart } from "../src/job-part.ts";
import { PortBook } from "../src/port-book.ts";
import { Replica } from "../src/replica.ts";
import { runnablePartsOf } from "../src/runnable-part.ts";
import { ServiceAddresses } from "../src/service-addresses.ts";
import { part, plan, programsDir } from "./system-fixture.ts";

const everyHour: JobPlan = {
  schedule: "0 * * * *",
  concurrency: "forbid",
  startingDeadlineMs: 60_000,
  parallelism: 1,
  completions: 1,
  retries: 0,
  deadlineMs: 0,
  keepFinishedMs: 0,
};
const hourMs = 3_600_000;

/** A clock of a machine that may sleep: wall time goes on meanwhile, timers do not. */
class SleepyClock extends SimulatedClock {
  sleptMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.sleptMs;
  }
}

/** Processes that end when the test says so, or when they are signalled. */
class Stage {
  readonly clock: SleepyClock = new SleepyClock(Date.parse("2026-11-21T05:30:00Z"));
  readonly started: string[] = [];
  readonly notices: string[] = [];
  readonly running: ((end: ProcessEnd) => void)[] = [];

  async open(job: JobPlan): Promise<JobPart> {
    const environment = { clock: this.clock, entropy: seededEntropy(1) };
    const given = plan([
      part("report", {
        kind: job.schedule === null ? "job" : "cronJob",
        job,
        ports: {},
        probes: { startup: null, readiness: null, liveness: null },
      }),
    ]);
    const [runnable] = runnablePartsOf(given, programsDir, {});
    if (runnable === undefined) throw new Error("the plan has one part");
    const addresses = await ServiceAddresses.open({
      part: runnable,
      ports: new PortBook({}, environment.entropy),
      log: silentLog,
      perReplica: () => false,
      onReplaced: () => undefined,
    });
    const jobPart = new JobPart({
      part: runnable,
      environment,
      addresses,
      bell: new ChangeBell(),
      changed: () => undefined,
      lastLines: () => [],
      denials: () => 0,
      notice: (_level, code) => this.notices.push(code),
      createReplica: (ordinal) =>
        new Replica({
          ordinal,
          instance: `report-${ordinal}`,
          rules: { runsToCompletion: true, retries: job.retries },
          probes: runnable.probes,
          restart: runnable.restart,
          stop: runnable.stop,
          environment,
          untilDependencies: () => Promise.resolve(),
          untilWarmable: () => Promise.resolve(false),
          launch: () =>
            Promise.resolve({
              process: this.#process(ordinal),
              ports: {},
              isCurrent: () => true,
            }),
          ask: () => () => Promise.resolve(),
          onEnded: () => undefined,
          onChange: (replica) => jobPart.onReplicaChange(replica),
        }),
    });
    return jobPart;
  }

  /** Lets the oldest running process end. */
  async end(code: number): Promise<void> {
    this.running.shift()?.({ code, signal: null });
    await this.clock.advance(0);
  }

  #process(ordinal: number): Parameters<typeof Object>[0] {
    this.started.push(`${new Date(this.clock.wallMs()).toISOString().slice(11, 16)} #${ordinal}`);
    const ended = Promise.withResolvers<ProcessEnd>();
    const finish = (end: ProcessEnd): void => ended.resolve(end);
    this.running.push(finish);
    return {
      identity: { pid: 1, startedAt: "" },
      ended: ended.promise,
      release: () => undefined,
      signal: (signal: NodeJS.Signals) => finish({ code: null, signal }),
    };
  }
}

test("a cron job runs at its times, in UTC, until it is stopped", async () => {
  const stage = new Stage();
  const job = await stage.open(everyHour);
  job.begin();
  expect(job.status()).toMatchObject({ state: "idle", nextRun: "2026-11-21T06:00:00.000Z" });
  await stage.clock.advance(hourMs);
  expect(job.status().state).toBe("running");
  await stage.end(0);
  expect(job.status().state).toBe("idle");
  await stage.clock.advance(hourMs);
  await stage.end(0);
  expect(stage.started).toEqual(["06:00 #0", "07:00 #0"]);
  await job.stop();
  await stage.clock.advance(2 * hourMs);
  expect(stage.started).toHaveLength(2);
  await job.shutdown();
});

test("LJP1: with `forbid` a time that comes during a run is left out and told", async () => {
  const stage = new Stage();
  const job = await stage.open(everyHour);
  job.begin();
  await stage.clock.advance(3 * hourMs);
  expect(stage.started).toEqual(["06:00 #0"]);
  expect(stage.notices).toEqual(["RUN_SKIPPED", "RUN_SKIPPED"]);
  await job.shutdown();
});

test("LJP1: with `replace` the earlier run is ended first; with `allow` they run side by side", async () => {
  const replacing = new Stage();
  const one = await replacing.open({ ...everyHour, concurrency: "replace" });
  one.begin();
  await replacing.clock.advance(2 * hourMs);
  expect(replacing.started).toEqual(["06:00 #0", "07:00 #0"]);
  expect(one.status().replicas.filter((each) => each.state === "running")).toHaveLength(1);
  await one.shutdown();
  const allowing = new Stage();
  const two = await allowing.open({ ...everyHour, concurrency: "allow" });
  two.begin();
  await allowing.clock.advance(2 * hourMs);
  expect(two.status().replicas.filter((each) => each.state === "running")).toHaveLength(2);
  await two.shutdown();
});

test("LJP2: a time that a sleeping machine has missed by more than the deadline is left out", async () => {
  const stage = new Stage();
  const job = await stage.open(everyHour);
  job.begin();
  await stage.clock.advance(29 * 60_000);
  stage.clock.sleptMs = 10 * 60_000; // 06:09 when it wakes: nine minutes late.
  await stage.clock.advance(5 * 60_000);
  expect(stage.started).toEqual([]);
  expect(job.status().nextRun).toBe("2026-11-21T07:00:00.000Z");
  await stage.clock.advance(50 * 60_000);
  expect(stage.started).toEqual(["07:00 #0"]);
  await job.shutdown();
});

test("workers run at most `parallelism` at a time, and each is tried again as declared", async () => {
  const stage = new Stage();
  const once = { ...everyHour, schedule: null, parallelism: 2, completions: 3, retries: 1 };
  const job = await stage.open(once);
  job.begin();
  await stage.clock.advance(0);
  expect(stage.started).toEqual(["05:30 #0", "05:30 #1"]);
  await stage.end(1);
  await stage.clock.advance(1_000);
  expect(stage.started).toEqual(["05:30 #0", "05:30 #1", "05:30 #0"]);
  await stage.end(0);
  await stage.end(0);
  await stage.end(0);
  expect(stage.started.at(-1)).toBe("05:30 #2");
  expect(job.status().state).toBe("completed");
  expect(job.isAvailable).toBe(true);
});

test("a run that is not over by its deadline is ended and has failed", async () => {
  const stage = new Stage();
  const job = await stage.open({ ...everyHour, schedule: null, deadlineMs: 5_000, retries: 3 });
  job.begin();
  await stage.clock.advance(4_999);
  expect(job.status().state).toBe("running");
  await stage.clock.advance(1);
  expect(job.status()).toMatchObject({ state: "failed", message: "it did not end within 5000 ms" });
  expect(job.failure?.message).toContain("it did not end within 5000 ms");
});
