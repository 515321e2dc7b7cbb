/**
 * Counts a probe's answers and says when they amount to a verdict. Pure.
 *
 * - LPB1  A verdict changes only after as many equal answers in a row as are declared.
 * - LPB2  While starting, the probe asks often, so its failures are measured in time instead: they
 *        amount to the verdict `failed` after `initialDelayMs + failures * periodMs`.
 *
 * @module
 */
import type { ProbePlan } from "@ashlar/model";

type ProbeVerdict = "passed" | "failed";

export interface ProbeTally {
  readonly verdict: ProbeVerdict | undefined;
  readonly successes: number;
  readonly failures: number;
}

export const freshTally: ProbeTally = { verdict: undefined, successes: 0, failures: 0 };

export function tallyAnswer(tally: ProbeTally, ok: boolean, plan: ProbePlan): ProbeTally {
  const successes = ok ? tally.successes + 1 : 0;
  const failures = ok ? 0 : tally.failures + 1;
  let verdict = tally.verdict;
  if (successes >= plan.successes) verdict = "passed";
  if (failures >= plan.failures) verdict = "failed";
  return { verdict, successes, failures };
}

/** How long a process may take until the probe first passes (LPB2). */
export function startBudgetMs(plan: ProbePlan): number {
  return plan.initialDelayMs + plan.failures * plan.periodMs;
}
