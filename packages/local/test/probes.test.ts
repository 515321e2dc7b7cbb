/**
 * Goal: probes ask in the declared rhythm and change their verdict only when they must.
 * Method: a simulated clock, and a process whose answers are a script.
 */
import type { ProbePlan, ProbesPlan } from "@ashlar/model";
import { SimulatedClock } from "@ashlar/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { freshTally, startBudgetMs, tallyAnswer } from "../src/probe-tally.ts";
import { runProbes } from "../src/probes.ts";

const probe: ProbePlan = {
  check: { kind: "http", port: "ops", path: "/readyz" },
  periodMs: 1_000,
  timeoutMs: 300,
  failures: 3,
  successes: 2,
  initialDelayMs: 500,
};

test("LPB1: the verdict is that of the last full run of equal answers", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      (answers, failures, successes) => {
        let tally = freshTally;
        let expected: "passed" | "failed" | undefined;
        for (const [i, ok] of answers.entries()) {
          tally = tallyAnswer(tally, ok, { ...probe, failures, successes });
          const wanted = ok ? successes : failures;
          const run = answers.slice(Math.max(0, i + 1 - wanted), i + 1);
          if (run.length === wanted && run.every((each) => each === ok)) {
            expected = ok ? "passed" : "failed";
          }
          expect(tally.verdict).toBe(expected);
        }
      },
    ),
  );
});

interface Watched {
  readonly clock: SimulatedClock;
  readonly seen: string[];
  readonly asked: number[];
  answer: "well" | "ill" | "silent";
  readonly stop: () => Promise<void>;
}

function watch(plan: Partial<ProbesPlan>): Watched {
  const clock = new SimulatedClock(0);
  const abort = new AbortController();
  const watched: Watched = {
    clock,
    seen: [],
    asked: [],
    answer: "ill",
    stop: async () => {
      abort.abort();
      await running;
    },
  };
  const running = runProbes({
    plan: { startup: null, readiness: null, liveness: null, ...plan },
    clock,
    signal: abort.signal,
    ask: async (_, signal) => {
      watched.asked.push(clock.monotonicMs());
      if (watched.answer === "ill") throw new Error("connection refused");
      if (watched.answer === "silent") {
        await new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(new Error("given up")));
        });
      }
    },
    onStarted: () => watched.seen.push("started"),
    onReady: (ready, reason) => watched.seen.push(ready ? "ready" : `unready: ${reason}`),
    onCondemned: (reason) => watched.seen.push(reason),
  });
  return watched;
}

test("LPB2: while starting it asks every 25 ms and gives up after the declared time, not count", async () => {
  const watched = watch({ startup: probe });
  await watched.clock.untilSleeping();
  await watched.clock.advance(startBudgetMs(probe) - 1);
  expect(watched.asked.length).toBeGreaterThan(100);
  expect(watched.seen).toEqual([]);
  await watched.clock.advance(30);
  expect(watched.seen).toEqual(["startup probe did not pass within 3500 ms: connection refused"]);
  await watched.stop();
});

test("a process is found ready at once when it is, without a wait for the declared period", async () => {
  const watched = watch({
    startup: { ...probe, successes: 1 },
    readiness: { ...probe, successes: 1 },
  });
  await watched.clock.untilSleeping();
  await watched.clock.advance(400);
  watched.answer = "well";
  await watched.clock.advance(25);
  expect(watched.seen).toEqual(["started", "ready"]);
  await watched.stop();
});

test("LPB1: once ready, it takes the declared failures at the declared period to be unready", async () => {
  const watched = watch({ readiness: { ...probe, successes: 1 } });
  await watched.clock.advance(1);
  watched.answer = "well";
  await watched.clock.advance(25);
  expect(watched.seen).toEqual(["started", "ready"]);
  const before = watched.asked.length;
  watched.answer = "ill";
  await watched.clock.advance(2_900);
  expect(watched.asked.length - before).toBe(2);
  expect(watched.seen).toEqual(["started", "ready"]);
  await watched.clock.advance(100);
  expect(watched.seen.at(-1)).toBe("unready: connection refused");
  await watched.stop();
});

test("liveness begins after its delay, and a silent process is condemned after its timeouts", async () => {
  const watched = watch({ liveness: probe });
  watched.answer = "silent";
  await watched.clock.untilSleeping();
  await watched.clock.advance(999);
  expect(watched.asked).toEqual([]);
  await watched.clock.advance(1 + 3 * 300 + 2 * 1_000);
  expect(watched.seen.at(-1)).toBe("liveness probe failed 3 times: no answer within 300 ms");
  await watched.stop();
});
