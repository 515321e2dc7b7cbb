/**
 * All rules: those of the definition alone, and those of what an environment makes of it.
 *
 * @module
 */
import type { Resolved } from "../assemble/plan.ts";
import type { Choice, Sizing } from "../assemble/sizing.ts";
import type { Faults } from "../read/reader.ts";
import { checkConfig } from "./config.ts";
import { checkEnvNames } from "./env-name.ts";
import { checkEnvironments } from "./environment.ts";
import { checkGateway } from "./gateway.ts";
import { checkNamespaces } from "./namespace.ts";
import { checkObserving } from "./observe.ts";
import { checkPart } from "./part.ts";
import { checkProbes } from "./probe.ts";
import { checkResources } from "./resources.ts";
import { checkRollout } from "./rollout.ts";
import { checkScale } from "./scale.ts";
import { checkStorePlan, checkStores, checkStreams, checkVolumes } from "./store.ts";

export interface DefinitionCheck {
  readonly resolved: Resolved;
  /** `YYYY-MM-DD`; null where it is not known. */
  readonly today: string | null;
  readonly faults: Faults;
}

export interface SizeCheck {
  readonly resolved: Resolved;
  readonly choice: Choice;
  readonly sizing: Sizing;
  readonly faults: Faults;
}

/** Rules that no environment changes. */
export function definitionRules(check: DefinitionCheck): void {
  const { resolved, faults } = check;
  for (const part of resolved.parts) {
    checkPart(part, check);
    checkConfig(part.draft, faults);
    checkEnvNames(part, faults);
    checkProbes(part.draft, faults);
    checkVolumes(part.draft, faults);
    checkRollout(part.draft, resolved, faults);
    checkGateway(part.draft, resolved, faults);
  }
  checkNamespaces(resolved, faults);
  checkStores(resolved, faults);
  checkStreams(resolved, faults);
  checkObserving(resolved, faults);
  checkEnvironments(resolved, faults);
}

/** Rules over the sizes that an environment makes of the definition. */
export function sizeRules(check: SizeCheck): void {
  const { sizing, resolved, faults } = check;
  for (const { draft } of resolved.parts) {
    const size = sizing.parts.get(draft.name);
    if (size === undefined) continue;
    checkScale(draft, size, check);
    checkResources(`${draft.path}.resources`, size.resources, draft.waivers, faults);
  }
  for (const draft of resolved.directory.stores.values()) {
    const store = sizing.stores.get(draft.name);
    if (store === undefined) continue;
    checkStorePlan(draft.path, store, faults);
    checkResources(`${draft.path}.resources`, store.resources, [], faults);
  }
}
