/**
 * Judges a definition: every fault at once, from its shape to its arithmetic.
 *
 * - CK1  `check` never throws, whatever it is given, and reports all faults, each once.
 * - CK2  A definition without faults can be planned in every environment that it names.
 * - CK3  A fault that only one environment brings about names that environment.
 *
 * @module
 */
import { directoryOf } from "./assemble/directory.ts";
import { knownMetrics } from "./assemble/metrics.ts";
import type { Resolved } from "./assemble/plan.ts";
import { type Choice, type Sizing, sizeSystem } from "./assemble/sizing.ts";
import { resolvePart } from "./assemble/uses.ts";
import type { Fault } from "./fault.ts";
import type { EnvironmentDraft, SystemDraft } from "./read/draft.ts";
import { Faults } from "./read/reader.ts";
import { readSystem } from "./read/system.ts";
import { definitionRules, sizeRules } from "./rules/rules.ts";

export interface CheckOptions {
  /** Today as `YYYY-MM-DD`, to find expired waivers. Default: waivers do not expire. */
  readonly today?: string;
}

/**
 * All faults of a definition, in the order of reading; none if it can be planned.
 *
 * The definition may be a value of `defineSystem` or plain data of the same form, in which
 * references are names: `"ledger"`, `"users.http"`, `"events.consume(mail)"`, `"tokens.signing"`.
 */
export function check(definition: unknown, options: CheckOptions = {}): Fault[] {
  return [...judge(definition, options).faults];
}

/** A definition that has been read and judged. */
export interface Judged {
  readonly faults: readonly Fault[];
  readonly name: string;
  readonly resolved: Resolved | undefined;
}

export function judge(definition: unknown, options: CheckOptions): Judged {
  const faults = new Faults();
  const draft = readSystem(definition, faults);
  if (draft === undefined) return { faults: faults.list, name: "", resolved: undefined };
  const resolved = resolve(draft, faults);
  definitionRules({ resolved, today: options.today ?? null, faults });
  const base: Choice = { environment: null, environmentName: "", replicas: {} };
  judgeSizes(resolved, base, faults);
  for (const environment of draft.environments) {
    judgeEnvironment(resolved, environment, faults);
  }
  return { faults: unique(faults.list), name: draft.name, resolved };
}

function resolve(draft: SystemDraft, faults: Faults): Resolved {
  const directory = directoryOf(draft, faults);
  // A part whose name another has is judged by itself, but cannot be told apart in a plan.
  const listed = draft.parts.filter((part) => directory.parts.get(part.name) === part);
  const parts = listed.map((part) => resolvePart(part, { system: draft, directory, faults }));
  return { draft, directory, parts, metrics: knownMetrics(listed, faults) };
}

/** What is wrong with the sizes of a system in one environment. */
export function judgeSizes(resolved: Resolved, choice: Choice, faults: Faults): Sizing {
  const sizing = sizeSystem(resolved.draft, choice);
  sizeRules({ resolved, choice, sizing, faults });
  return sizing;
}

/** CK3: what the definition itself already shows is not repeated for an environment. */
function judgeEnvironment(resolved: Resolved, environment: EnvironmentDraft, faults: Faults): void {
  const own = new Faults();
  judgeSizes(resolved, { environment, environmentName: environment.name, replicas: {} }, own);
  const known = new Set(faults.list.map(identity));
  for (const fault of own.list) {
    if (known.has(identity(fault))) continue;
    const place = ` (in environment "${environment.name}")`;
    faults.list.push({ ...fault, message: `${fault.message}${place}` });
  }
}

function identity(fault: Fault): string {
  return `${fault.code} ${fault.path}`;
}

function unique(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Set<string>();
  return faults.filter((fault) => !seen.has(fault.message) && seen.add(fault.message));
}
