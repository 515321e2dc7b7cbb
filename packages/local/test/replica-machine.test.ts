/**
 * Goal: the life of a replica is defined for everything that can happen, at any moment.
 * Method: the whole transition table as a table, and random histories against the invariants.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  freshReplica,
  type ReplicaEffect,
  type ReplicaEvent,
  type ReplicaModel,
  type ReplicaRules,
  stepReplica,
} from "../src/replica-machine.ts";
import type { ReplicaState } from "../src/status.ts";

const serving: ReplicaRules = { runsToCompletion: false, retries: 0 };
const job: ReplicaRules = { runsToCompletion: true, retries: 1 };

const states: readonly ReplicaState[] = [
  "waiting",
  "starting",
  "running",
  "ready",
  "unready",
  "backoff",
  "stopping",
  "stopped",
  "failed",
  "completed",
];
const events: readonly ReplicaEvent[] = [
  "dependenciesReady",
  "spawned",
  "spawnFailed",
  "started",
  "readinessPassed",
  "readinessFailed",
  "condemned",
  "exitedWell",
  "exitedBadly",
  "backoffElapsed",
  "provenStable",
  "stopAsked",
  "drained",
  "graceElapsed",
];

/** For a serving replica: where each event leads; `.` is "stays, and nothing is done". */
const expected: Readonly<Record<ReplicaState, string>> = {
  waiting: "starting . . . . . . . . . . stopped . .",
  starting: ". starting+ backoff running . . stopping backoff backoff . . stopping . .",
  running: ". . . . ready . stopping backoff backoff . . stopping . .",
  ready: ". . . . . unready stopping backoff backoff . . stopping . .",
  unready: ". . . . ready . stopping backoff backoff . . stopping . .",
  backoff: ". . . . . . . . . waiting . stopped . .",
  stopping: ". stopping+ stopped . . . . stopped stopped . . . stopping+ stopping+",
  stopped: ". . . . . . . . . . . . . .",
  failed: ". . . . . . . . . . . . . .",
  completed: ". . . . . . . . . . . . . .",
};

test.for(states)("every event has its outcome in %s", (state) => {
  const model: ReplicaModel = { ...freshReplica, state };
  const row = events.map((event) => {
    const step = stepReplica(model, event, serving);
    if (step.model.state !== state) return step.model.state;
    return step.effects.length === 0 ? "." : `${state}+`;
  });
  expect(row.join(" ")).toBe(expected[state]);
});

test("a stop drains what is in balancing, and only that, before SIGTERM", () => {
  const effectsIn = (state: ReplicaState): readonly ReplicaEffect[] =>
    stepReplica({ ...freshReplica, state }, "stopAsked", serving).effects;
  expect(effectsIn("ready")).toEqual([
    "leaveBalancing",
    "stopProbes",
    "cancelTimers",
    "startDrain",
  ]);
  expect(effectsIn("running")).toEqual(["stopProbes", "cancelTimers", "sendTerm", "startGrace"]);
  expect(effectsIn("waiting")).toEqual(["stopProbes", "cancelTimers", "finish"]);
});

test("a job ends well at its first success, and fails when its retries are used up", () => {
  const running: ReplicaModel = { ...freshReplica, state: "running" };
  expect(stepReplica(running, "exitedWell", job).model.state).toBe("completed");
  const once = stepReplica(running, "exitedBadly", job).model;
  expect(once).toMatchObject({ state: "backoff", crashes: 1 });
  const twice = stepReplica({ ...once, state: "running" }, "exitedBadly", job);
  expect(twice.model.state).toBe("failed");
  expect(twice.effects).toContain("finish");
});

test("a condemned process starts again, unless a stop was asked for in the meantime", () => {
  const condemned = stepReplica({ ...freshReplica, state: "ready" }, "condemned", serving);
  expect(condemned.effects).toContain("sendTerm");
  expect(stepReplica(condemned.model, "exitedBadly", serving).model.state).toBe("backoff");
  const stopped = stepReplica(condemned.model, "stopAsked", serving).model;
  expect(stepReplica(stopped, "exitedBadly", serving).model.state).toBe("stopped");
});

test("good life wipes out the memory of crashes", () => {
  const crashed: ReplicaModel = { ...freshReplica, state: "ready", crashes: 4 };
  expect(stepReplica(crashed, "provenStable", serving).model.crashes).toBe(0);
});

test("LRM1: a job that was ready leaves balancing when it is done", () => {
  const { model, effects } = stepReplica({ ...freshReplica, state: "ready" }, "exitedWell", job);
  expect(model.state).toBe("completed");
  expect(effects).toContain("leaveBalancing");
});

test("LRM1, LRM2, LRM3, LRM4, LRM5: hold in every history", () => {
  const history = fc.array(fc.constantFrom(...events), { maxLength: 60 });
  fc.assert(
    fc.property(history, fc.constantFrom(serving, job), (steps, rules) => {
      let model = freshReplica;
      let balanced = false;
      let stopAsked = false;
      let final: ReplicaState | undefined;
      let terms = 0;
      for (const event of steps) {
        const before = model;
        const { model: next, effects } = stepReplica(model, event, rules);
        model = next;
        for (const effect of effects) {
          if (effect === "enterBalancing") balanced = true;
          if (effect === "leaveBalancing") balanced = false;
          if (effect === "spawn") {
            expect(before.state).toBe("waiting"); // LRM2
            expect(event).toBe("dependenciesReady");
            expect(stopAsked).toBe(false); // LRM3
            terms = 0;
          }
          if (effect === "sendTerm") terms += 1;
          if (effect === "sendKill") expect(before.state).toBe("stopping"); // LRM4
          if (effect === "startGrace") expect(terms).toBeGreaterThan(0); // LRM4
        }
        if (event === "stopAsked") stopAsked = true;
        expect(balanced).toBe(model.state === "ready"); // LRM1
        if (final !== undefined) expect(model.state).toBe(final); // LRM5
        if (["stopped", "failed", "completed"].includes(model.state)) final = model.state;
      }
    }),
    { numRuns: 2_000 },
  );
});
