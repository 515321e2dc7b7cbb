/**
 * Asks one process how it is, in the declared rhythm, and reports what changes.
 *
 * Until a probe has passed for the first time it asks every 25 ms rather than at the declared period
 * (LPB2): a part is found ready when it is, not up to a period later. From then on the declared
 * figures hold exactly.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import type { ProbeCheck, ProbePlan, ProbesPlan } from "@ashlar/model";
import { freshTally, startBudgetMs, tallyAnswer } from "./probe-tally.ts";

/** Between two questions to a process that is starting. */
const startPeriodMs = 25;

/** Settles when the process answers well; rejects, with the reason, when it does not. */
export type AskProcess = (check: ProbeCheck, signal: AbortSignal) => Promise<void>;

export interface ProbesOptions {
  readonly plan: ProbesPlan;
  readonly ask: AskProcess;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean, reason: string) => void;
  /** The process must be ended: its startup or liveness probe has failed for good. */
  readonly onCondemned: (reason: string) => void;
}

/** Runs all three probes until the signal is aborted. Never rejects. */
export async function runProbes(options: ProbesOptions): Promise<void> {
  const { plan, signal } = options;
  try {
    if (plan.startup !== null && !(await watchStart(plan.startup, "startup", options))) return;
    options.onStarted();
    await Promise.all([watchReadiness(options), watchLiveness(options)]);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** False when the process was condemned. */
async function watchStart(plan: ProbePlan, name: string, options: ProbesOptions): Promise<boolean> {
  const { clock, signal } = options;
  const beganMs = clock.monotonicMs();
  let tally = freshTally;
  for (;;) {
    const answer = await askInTime(plan, options);
    tally = tallyAnswer(tally, answer.ok, { ...plan, failures: Number.POSITIVE_INFINITY });
    if (tally.verdict === "passed") return true;
    if (clock.monotonicMs() - beganMs >= startBudgetMs(plan)) {
      const budget = `${startBudgetMs(plan)} ms`;
      options.onCondemned(`${name} probe did not pass within ${budget}: ${answer.reason}`);
      return false;
    }
    await clock.sleep(Math.min(startPeriodMs, plan.periodMs), signal);
  }
}

async function watchReadiness(options: ProbesOptions): Promise<void> {
  const { plan, clock, signal, onReady } = options;
  const probe = plan.readiness;
  if (probe === null) {
    onReady(true, "");
    return;
  }
  let tally = freshTally;
  for (;;) {
    const before = tally.verdict;
    const answer = await askInTime(probe, options);
    tally = tallyAnswer(tally, answer.ok, probe);
    if (tally.verdict !== before && tally.verdict !== undefined) {
      onReady(tally.verdict === "passed", answer.reason);
    }
    const starting = tally.verdict !== "passed" && before !== "passed";
    await clock.sleep(starting ? Math.min(startPeriodMs, probe.periodMs) : probe.periodMs, signal);
  }
}

async function watchLiveness(options: ProbesOptions): Promise<void> {
  const { plan, clock, signal } = options;
  const probe = plan.liveness;
  if (probe === null) return;
  await clock.sleep(Math.max(probe.initialDelayMs, probe.periodMs), signal);
  let tally = freshTally;
  for (;;) {
    const answer = await askInTime(probe, options);
    tally = tallyAnswer(tally, answer.ok, probe);
    if (tally.verdict === "failed") {
      options.onCondemned(`liveness probe failed ${probe.failures} times: ${answer.reason}`);
      return;
    }
    await clock.sleep(probe.periodMs, signal);
  }
}

interface Answer {
  readonly ok: boolean;
  /** Why not; empty when ok. */
  readonly reason: string;
}

async function askInTime(probe: ProbePlan, options: ProbesOptions): Promise<Answer> {
  const { ask, clock, signal } = options;
  const done = new AbortController();
  const either = AbortSignal.any([done.signal, signal]);
  const late = clock.sleep(probe.timeoutMs, either).then(
    (): Answer => ({ ok: false, reason: `no answer within ${probe.timeoutMs} ms` }),
    (): Answer => ({ ok: false, reason: "the probe was given up" }),
  );
  const asked = ask(probe.check, either).then(
    (): Answer => ({ ok: true, reason: "" }),
    (error: unknown): Answer => ({
      ok: false,
      reason: error instanceof Error ? error.message : String(error),
    }),
  );
  const answer = await Promise.race([asked, late]);
  done.abort();
  signal.throwIfAborted();
  return answer;
}
