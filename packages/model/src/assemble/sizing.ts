/**
 * How big everything is in one environment.
 *
 * - SZ1  What an environment says wins over the definition, field by field; what the caller of
 *        `plan` says about replicas wins over both.
 * - SZ2  A fixed number of replicas drops the signals, for nothing is left for them to change.
 *
 * @module
 */
import { replicaDefault, resourceDefaults, rolloutDefaults, storeDefaults } from "../defaults.ts";
import type { DisruptionPlan, ResourcesPlan, RolloutPlan, ScalePlan } from "../plan/part.ts";
import type { StorePlan } from "../plan/store.ts";
import type {
  EnvironmentDraft,
  PartDraft,
  ResourcesDraft,
  ScaleDraft,
  StoreDraft,
  SystemDraft,
} from "../read/draft.ts";
import { Faults } from "../read/reader.ts";
import { emptyResources, readScalePolicy } from "../read/sizing.ts";
import { aggressive, conservative, type ScalePolicy } from "../scale.ts";

/** Replicas that the caller of `plan` asks for, by part. */
type ReplicaWish = Readonly<Record<string, number>>;

/** Kinds whose number of replicas can be chosen. */
function isScaled(part: PartDraft): boolean {
  return part.kind !== "daemon" && part.kind !== "job" && part.kind !== "cronJob";
}

/** What environments change of a part. */
export interface PartSizing {
  readonly scale: ScalePlan;
  readonly resources: ResourcesPlan;
  readonly disruption: DisruptionPlan;
  /** Replicas that must live; null where any one suffices. */
  readonly quorum: number | null;
}

export interface Sizing {
  readonly parts: ReadonlyMap<string, PartSizing>;
  readonly stores: ReadonlyMap<string, StorePlan>;
}

export interface Choice {
  /** Null: as defined, in no environment. */
  readonly environment: EnvironmentDraft | null;
  readonly environmentName: string;
  readonly replicas: ReplicaWish;
}

/** All sizes of a system in one environment. */
export function sizeSystem(system: SystemDraft, choice: Choice): Sizing {
  const { environment, replicas } = choice;
  const parts = new Map<string, PartSizing>();
  for (const part of system.parts) {
    const scale = scaleOf(part, environment, replicas);
    parts.set(part.name, {
      scale,
      resources: partResources(part, environment),
      disruption: disruptionOf(part, scale.min),
      quorum: quorumOf(part, scale.min),
    });
  }
  const usual = usualNamespace(system);
  const stores = system.stores.map((store) =>
    storePlan(store, store.namespace ?? usual, environment),
  );
  return { parts, stores: new Map(stores.map((each) => [each.name, each])) };
}

/** Where an element lives that does not say so. */
export function usualNamespace(system: SystemDraft): string {
  return system.namespaces.map((each) => each.name).toSorted()[0] ?? system.name;
}

function scaleOf(
  part: PartDraft,
  environment: EnvironmentDraft | null,
  wish: ReplicaWish,
): ScalePlan {
  const draft = wishedScale(part, environment, wish);
  const usual = part.job === null ? replicaDefault[part.kind] : part.job.parallelism;
  const min = draft.min ?? Math.min(usual, draft.max ?? usual);
  const max = draft.max ?? min;
  const signals = max > min ? (draft.on ?? []).map(({ signal }) => signal) : [];
  return {
    min,
    max,
    signals,
    up: draft.up ?? upDefault,
    down: draft.down ?? downDefault,
    vertical: draft.vertical ?? "off",
    perReplicaRate: draft.perReplicaRate,
  };
}

/** SZ1. */
function wishedScale(
  part: PartDraft,
  environment: EnvironmentDraft | null,
  wish: ReplicaWish,
): ScaleDraft {
  let draft = part.scale;
  if (!isScaled(part)) return draft;
  const general = environment?.replicas ?? null;
  const fixed = typeof general === "number" ? general : ownOr(general, part.name);
  if (fixed !== undefined) draft = { ...draft, min: fixed, max: fixed };
  const override = environment === null ? undefined : ownOr(environment.scale, part.name);
  if (override !== undefined) draft = over(override, draft);
  const wished = ownOr(wish, part.name);
  return wished === undefined ? draft : { ...draft, min: wished, max: wished };
}

/** An own property of a map whose keys come from outside. */
export function ownOr<Value>(
  map: Readonly<Record<string, Value>> | null,
  name: string,
): Value | undefined {
  return map !== null && Object.hasOwn(map, name) ? map[name] : undefined;
}

/** `upper`, with what it leaves open from `lower`. */
function over<Draft extends object>(upper: Draft, lower: Draft): Draft {
  const said = Object.entries(upper).filter(([, value]) => value !== null);
  return { ...lower, ...Object.fromEntries(said) };
}

const upDefault = policyOf(aggressive);
const downDefault = policyOf(conservative);

function policyOf(policy: ScalePolicy): ScalePlan["up"] {
  const read = readScalePolicy(policy, "", new Faults());
  return read ?? { stabilizationMs: 0, select: "max", steps: [] };
}

function partResources(part: PartDraft, environment: EnvironmentDraft | null): ResourcesPlan {
  const override = environment === null ? undefined : ownOr(environment.resources, part.name);
  const draft = override === undefined ? part.resources : over(override, part.resources);
  return finishResources(draft, resourceDefaults);
}

function finishResources(
  draft: ResourcesDraft,
  usual: { readonly cpuMillicores: number; readonly memoryBytes: number },
): ResourcesPlan {
  const { cpuLimitFactor, memoryLimitFactor, ephemeralLimitFactor } = resourceDefaults;
  const qos = draft.qos ?? "burstable";
  const times = (factor: number): number => (qos === "guaranteed" ? 1 : factor);
  const cpu = draft.cpu ?? usual.cpuMillicores;
  const memory = draft.memory ?? usual.memoryBytes;
  const ephemeral = draft.ephemeral ?? resourceDefaults.ephemeralBytes;
  const cpuLimit = draft.cpuLimit ?? Math.round(cpu * times(cpuLimitFactor));
  return {
    cpuMillicores: cpu,
    cpuLimitMillicores: cpuLimit === "none" ? null : cpuLimit,
    memoryBytes: memory,
    memoryLimitBytes: draft.memoryLimit ?? Math.round(memory * times(memoryLimitFactor)),
    ephemeralBytes: ephemeral,
    ephemeralLimitBytes:
      draft.ephemeralLimit ?? Math.round(ephemeral * times(ephemeralLimitFactor)),
    qos,
  };
}

/** Replicas that must live, of `replicas` in all; null where any one suffices. */
function quorumOf(part: PartDraft, replicas: number): number | null {
  const wanted = part.stateful?.quorum ?? null;
  return wanted === "majority" ? Math.floor(replicas / 2) + 1 : wanted;
}

function disruptionOf(part: PartDraft, replicas: number): DisruptionPlan {
  if (part.maxUnavailable !== null) return { maxUnavailable: part.maxUnavailable };
  const quorum = quorumOf(part, replicas);
  // A budget of none would keep every machine under it from ever being emptied.
  return { maxUnavailable: quorum === null ? 1 : Math.max(1, replicas - quorum) };
}

export function rolloutOf(
  part: PartDraft,
  replicas: number,
  objectives: readonly string[],
): RolloutPlan {
  const { minReadyMs, surgePercent, unavailablePercent } = rolloutDefaults;
  if (
    part.kind === "stateful" &&
    (part.rollout === null || part.rollout.strategy === "partitioned")
  ) {
    const waves = partitionsOf(part.rollout?.waves ?? [], replicas);
    return { strategy: "partitioned", waves, minReadyMs: part.rollout?.minReadyMs ?? minReadyMs };
  }
  if (part.rollout === null) {
    // A daemon's replica cannot stand beside another on one machine.
    const surge = part.kind === "daemon" ? 0 : surgePercent;
    return { strategy: "rolling", surgePercent: surge, unavailablePercent, minReadyMs };
  }
  if (part.rollout.strategy !== "canary" && part.rollout.strategy !== "blueGreen") {
    return part.rollout;
  }
  const named = part.rollout.objectives;
  return { ...part.rollout, objectives: named.length > 0 ? named.toSorted() : objectives };
}

/** Partitions below the number of replicas: by default the last replica alone, then all. */
function partitionsOf(waves: readonly number[], replicas: number): readonly number[] {
  const wanted = waves.length > 0 ? waves : [replicas - 1, 0];
  const fitting = wanted.filter((wave) => wave > 0 && wave < replicas);
  return [...fitting, 0];
}

function storePlan(
  store: StoreDraft,
  namespace: string,
  environment: EnvironmentDraft | null,
): StorePlan {
  const general = environment?.replicas ?? null;
  const fixed = typeof general === "number" ? general : ownOr(general, store.name);
  const override = environment === null ? undefined : ownOr(environment.stores, store.name);
  const usual = storeDefaults[store.plan.engine];
  const resources = over(override?.resources ?? emptyResources, store.resources);
  const backup = store.backup === null ? null : store.backup.plan;
  return {
    ...store.plan,
    namespace,
    resources: finishResources(resources, usual),
    backup,
    realization: override?.realization ?? store.plan.realization,
    replicas: override?.replicas ?? fixed ?? store.plan.replicas,
    storageBytes: override?.storage ?? store.plan.storageBytes,
    storageClass: override?.storageClass ?? store.plan.storageClass,
    maxConnections: override?.maxConnections ?? store.plan.maxConnections,
  };
}
