/**
 * From a definition to its Plan.
 *
 * @module
 */
import { assemblePlan } from "./assemble/plan.ts";
import type { Choice } from "./assemble/sizing.ts";
import { canonical } from "./canonical.ts";
import { type CheckOptions, judge, judgeSizes } from "./check.ts";
import { DefinitionError } from "./errors.ts";
import { type Fault, fault } from "./fault.ts";
import type { Plan } from "./plan/plan.ts";
import type { EnvironmentDraft, SystemDraft } from "./read/draft.ts";
import { Faults } from "./read/reader.ts";

export interface PlanOptions extends CheckOptions {
  /** One that the definition names. Default: `dev` where there is one, else the first by name. */
  readonly environment?: string;
  /** A fixed number of replicas, by part; wins over the definition. Default: as defined. */
  readonly replicas?: Readonly<Record<string, number>>;
}

/**
 * The Plan of a definition in one environment: every default applied, frozen, keys sorted.
 *
 * @throws {DefinitionError} `DEFINITION_INVALID`, with every fault of the definition and options.
 */
export function plan(definition: unknown, options: PlanOptions = {}): Plan {
  const { faults, name, resolved } = judge(definition, options);
  if (resolved === undefined) throw new DefinitionError(name, faults);
  const all: Fault[] = [...faults];
  const environment = chosenEnvironment(resolved.draft, options.environment, all);
  checkReplicas(resolved.draft, options.replicas ?? {}, all);
  if (all.length > 0) throw new DefinitionError(name, all);
  const choice: Choice = {
    environment,
    environmentName: environment?.name ?? "dev",
    replicas: options.replicas ?? {},
  };
  const own = new Faults();
  const sizing = judgeSizes(resolved, choice, own);
  if (own.list.length > 0) throw new DefinitionError(name, own.list);
  return canonical(assemblePlan(resolved, choice, sizing));
}

function chosenEnvironment(
  draft: SystemDraft,
  wanted: string | undefined,
  faults: Fault[],
): EnvironmentDraft | null {
  const named = new Map(draft.environments.map((each) => [each.name, each]));
  const names = [...named.keys()].toSorted();
  const name = wanted ?? (named.has("dev") ? "dev" : names[0]);
  if (name === undefined) return null;
  const found = named.get(name);
  if (found !== undefined) return found;
  if (names.length > 0 || name !== "dev") {
    faults.push(
      fault({
        code: "ENVIRONMENT_UNKNOWN",
        path: "environment",
        value: name,
        expected: `one of ${names.join(", ") || "dev"}`,
        problem: `unknown environment "${name}"`,
        candidates: names,
      }),
    );
  }
  return null;
}

function checkReplicas(
  draft: SystemDraft,
  replicas: Readonly<Record<string, number>>,
  faults: Fault[],
): void {
  const names = draft.parts.map((part) => part.name);
  for (const [name, count] of Object.entries(replicas)) {
    const path = `replicas.${name}`;
    if (!names.includes(name)) {
      const problem = `unknown part "${name}"`;
      const expected = `one of ${names.join(", ")}`;
      const code = "REFERENCE_UNKNOWN";
      faults.push(fault({ code, path, value: name, expected, problem, candidates: names }));
    } else if (!Number.isInteger(count) || count < 1 || count > 10_000) {
      const expected = "a whole number from 1 to 10000";
      faults.push(fault({ code: "VALUE_INVALID", path, value: count, expected }));
    }
  }
}

/** The Plan as JSON text: two spaces, sorted keys, one newline at the end. Equal for equal Plans. */
export function planJson(plan: Plan): string {
  return `${JSON.stringify(canonical(plan), undefined, 2)}\n`;
}
