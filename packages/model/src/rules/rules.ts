/**
 * All rules, in one list each: those of the definition alone, and those of a Plan.
 *
 * @module
 */
import type { Choice, Resolved } from "../assemble/plan.ts";
import type { Plan } from "../plan/plan.ts";
import type { Faults } from "../read/reader.ts";

export interface DefinitionCheck {
  /** Null where it is not known. */
  readonly today: string | null;
  readonly faults: Faults;
}

export interface PlanCheck {
  readonly plan: Plan;
  readonly resolved: Resolved;
  readonly choice: Choice;
  readonly faults: Faults;
}

/** Rules that no environment changes. */
export function definitionRules(_resolved: Resolved, _check: DefinitionCheck): void {}

/** Rules over what an environment makes of the definition. */
export function planRules(_check: PlanCheck): void {}
