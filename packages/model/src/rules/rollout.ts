/**
 * Rollouts: a strategy that the kind of part can follow, and that comes to an end.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { Resolved } from "../assemble/plan.ts";
import type { RolloutPlan } from "../plan/part.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkRollout(part: PartDraft, resolved: Resolved, faults: Faults): void {
  const { rollout } = part;
  if (rollout === null) return;
  const path = `${part.path}.rollout`;
  const fitting = strategiesOf(part);
  if (!fitting.includes(rollout.strategy)) {
    faults.report({
      code: "ROLLOUT_UNFIT",
      path: `${path}.strategy`,
      value: rollout.strategy,
      expected: `one of ${fitting.join(", ")}`,
      problem: `a ${part.kind} part cannot be rolled out by ${rollout.strategy}`,
    });
    return;
  }
  const problem = problemOf(part, rollout);
  if (problem !== undefined) {
    faults.report({ code: "ROLLOUT_STUCK", path, value: rollout.strategy, ...problem });
  }
  if ("objectives" in rollout) checkJudges(part, rollout, resolved, faults);
}

function strategiesOf(part: PartDraft): readonly RolloutPlan["strategy"][] {
  if (part.kind === "stateful") return ["partitioned"];
  if (part.kind === "daemon") return ["rolling"];
  return ["rolling", "blueGreen", "canary"];
}

function problemOf(
  part: PartDraft,
  rollout: RolloutPlan,
): { readonly expected: string; readonly problem: string } | undefined {
  if (rollout.strategy === "rolling") {
    const { surgePercent, unavailablePercent } = rollout;
    if (surgePercent === 0 && unavailablePercent === 0) {
      const problem = "no replica may come before another goes, nor go before another comes";
      return { expected: "surgePercent or unavailablePercent above 0", problem };
    }
    if (part.kind === "daemon" && surgePercent > 0 && part.daemon?.hostNetwork === true) {
      const problem = "two replicas cannot share a machine's own ports";
      return { expected: "surgePercent: 0", problem };
    }
  }
  if (rollout.strategy === "partitioned" && rollout.waves.length > 0) {
    const { waves } = rollout;
    const falls = waves.every((wave, at) => at === 0 || wave < (waves[at - 1] ?? 0));
    if (!falls || waves.at(-1) !== 0) {
      const problem = `the partitions ${waves.join(", ")} do not fall to 0`;
      return { expected: "falling partitions, the last one 0", problem };
    }
  }
  if (rollout.strategy === "canary") {
    const weights = rollout.steps.map((step) => step.weightPercent);
    if (!weights.every((weight, at) => at === 0 || weight > (weights[at - 1] ?? 0))) {
      const problem = `the weights ${weights.join(", ")} do not rise`;
      return { expected: "rising weights", problem };
    }
  }
  return undefined;
}

function checkJudges(
  part: PartDraft,
  rollout: Extract<RolloutPlan, { readonly objectives: readonly string[] }>,
  { directory, draft }: Resolved,
  faults: Faults,
): void {
  const path = `${part.path}.rollout.objectives`;
  for (const name of rollout.objectives) {
    find(directory.objectives, name, { path, what: "objective", faults });
  }
  const waits = rollout.strategy === "blueGreen" && !rollout.autoPromote;
  const own = draft.objectives.some((objective) => objective.part === part.name);
  if (waits || own || rollout.objectives.length > 0) return;
  faults.report({
    code: "ROLLOUT_UNJUDGED",
    path,
    value: rollout.strategy,
    expected: `an objective of ${part.name}, or one named here`,
    problem: "nothing judges the new version: the part has no objective",
  });
}
