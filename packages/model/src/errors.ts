/**
 * The errors of this room.
 *
 * @module
 */
import { CodedError } from "@ashlar/foundation";
import type { Fault } from "./fault.ts";

/**
 * Thrown by `plan` for a definition that `check` finds fault with. Carries every fault, each with
 * path, value and suggestion. Not worth a retry: correct the definition.
 */
export class DefinitionError extends CodedError<
  "DEFINITION_INVALID",
  { readonly system: string; readonly faults: readonly Fault[] }
> {
  constructor(system: string, faults: readonly Fault[]) {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    const lines = faults.map((each) => `  ${each.message}`).join("\n");
    super("DEFINITION_INVALID", `system "${system}" has ${count}:\n${lines}`, { system, faults });
  }
}

/**
 * Thrown by `parsePlan` for a document that is not a Plan of this format. Not worth a retry: make
 * the Plan again with the version that reads it.
 */
export class PlanError extends CodedError<
  "PLAN_INVALID",
  { readonly violations: readonly string[] }
> {
  constructor(violations: readonly string[]) {
    super("PLAN_INVALID", `not a Plan: ${violations.join("; ")}`, { violations });
  }
}

/**
 * Thrown at a program's start by `parseConfig`. Names every wrong value with its source. Not worth
 * a retry: correct the file or the environment variable that it names.
 */
export class ConfigError extends CodedError<
  "CONFIG_INVALID",
  { readonly faults: readonly Fault[] }
> {
  constructor(faults: readonly Fault[]) {
    const lines = faults.map((each) => `  ${each.message}`).join("\n");
    super("CONFIG_INVALID", `the configuration is not usable:\n${lines}`, { faults });
  }
}
