/**
 * Reads resources, scaling, backups and volumes: what environments size.
 *
 * @module
 */
import type { Metric } from "@ashlar/foundation";
import { cronIntervalMs, parseCron } from "../cron.ts";
import { backupDefaults, storageClass } from "../defaults.ts";
import type { BackupPlan, ScalePolicyPlan } from "../plan/part.ts";
import type { BackupDraft, ResourcesDraft, ScaleDraft, SignalDraft, VolumeDraft } from "./draft.ts";
import { readMetricValue } from "./metric.ts";
import {
  above,
  byteSize,
  count,
  filled,
  flag,
  invalid,
  isRecord,
  label,
  listOf,
  may,
  millicores,
  milliseconds,
  need,
  type Read,
  shape,
  text,
  turned,
  word,
  wrongType,
} from "./reader.ts";

const cpuLimit: Read<number | "none"> = (value, path, faults) =>
  value === "none" ? "none" : millicores(value, path, faults);

export const emptyResources: ResourcesDraft = {
  cpu: null,
  cpuLimit: null,
  memory: null,
  memoryLimit: null,
  ephemeral: null,
  ephemeralLimit: null,
  qos: null,
};

export const readResources: Read<ResourcesDraft> = shape("resources", {
  cpu: may(millicores, null),
  cpuLimit: may(cpuLimit, null),
  memory: may(byteSize, null),
  memoryLimit: may(byteSize, null),
  ephemeral: may(byteSize, null),
  ephemeralLimit: may(byteSize, null),
  qos: may(word("guaranteed", "burstable"), null),
});

const percent = count(1, 100);
const utilization = shape("a scale signal", {
  kind: need(word("cpu", "memory"), "cpu"),
  utilizationPercent: need(percent, 100),
});
const metricSignal = shape("a scale signal", {
  kind: need(word("metric"), "metric"),
  metric: need(readMetricValue, { name: "", metric: null }),
  perReplica: need(above(0), 1),
});

const readSignal: Read<SignalDraft> = (value, path, faults) => {
  if (isRecord(value) && value["kind"] === "metric") {
    const read = metricSignal(value, path, faults);
    if (read === undefined || read.metric.name === "") return undefined;
    const signal = {
      kind: "metric",
      metric: read.metric.name,
      perReplica: read.perReplica,
    } as const;
    return { path, signal, metricKind: kindOf(read.metric.metric) };
  }
  const signal = utilization(value, path, faults);
  return signal === undefined ? undefined : { path, signal, metricKind: null };
};

function kindOf(metric: Metric | null): Metric["kind"] | null {
  return metric === null ? null : metric.kind;
}

const stepFields = shape("a step of percent or replicas", {
  percent: may(count(1), null),
  replicas: may(count(1), null),
  period: need(milliseconds(1000), 15_000),
});
const readStep: Read<ScalePolicyPlan["steps"][number]> = turned(
  stepFields,
  ({ percent, replicas, period }, path, faults) => {
    if ((percent === null) === (replicas === null)) {
      return invalid(undefined, path, "either percent or replicas", faults);
    }
    return percent === null
      ? { unit: "replicas", value: replicas ?? 1, periodMs: period }
      : { unit: "percent", value: percent, periodMs: period };
  },
);

export const readScalePolicy: Read<ScalePolicyPlan> = turned(
  shape("a scale policy", {
    stabilization: need(milliseconds(0, 3_600_000), 0),
    select: may(word("max", "min"), "max"),
    steps: need(listOf(readStep, { min: 1 }), []),
  }),
  ({ stabilization, select, steps }) => ({ stabilizationMs: stabilization, select, steps }),
);

export const emptyScale: ScaleDraft = {
  min: null,
  max: null,
  on: null,
  up: null,
  down: null,
  vertical: null,
  perReplicaRate: null,
};

const scaleFields: Read<ScaleDraft> = shape("a scale or a number of replicas", {
  min: may(count(1, 10_000), null),
  max: may(count(1, 10_000), null),
  on: may(listOf(readSignal), null),
  up: may(readScalePolicy, null),
  down: may(readScalePolicy, null),
  vertical: may(word("off", "recommend", "memory"), null),
  perReplicaRate: may(above(0), null),
});

export const readScale: Read<ScaleDraft> = (value, path, faults) => {
  if (typeof value !== "number") return scaleFields(value, path, faults);
  const fixed = count(1, 10_000)(value, path, faults);
  return fixed === undefined ? undefined : { ...emptyScale, min: fixed, max: fixed };
};

/** A cron expression that can come true. */
export const readCron: Read<string> = (value, path, faults) => {
  if (typeof value !== "string") return wrongType(value, path, "a cron expression", faults);
  const problem = parseCron(value);
  if (typeof problem !== "string") return value;
  const expected = `five cron fields such as "0 3 * * *" (${problem})`;
  return faults.report({ code: "CRON_INVALID", path, value, expected });
};

const backupFields = shape(
  "a backup such as daily(), or none(reason)",
  {
    schedule: need(readCron, ""),
    keepDays: may(count(1, 3650), backupDefaults.keepDays),
    keepWeeks: may(count(0, 520), backupDefaults.keepWeeks),
    keepMonths: may(count(0, 120), backupDefaults.keepMonths),
    recoveryPoint: may(milliseconds(1), null),
    recoveryTime: may(milliseconds(1), backupDefaults.recoveryTimeMs),
  },
  ["type"],
);
const noBackup = shape("none(reason)", { reason: need(filled, "") }, ["type"]);

export const readBackup: Read<BackupDraft> = (value, path, faults) => {
  if (isRecord(value) && value["type"] === "noBackup") {
    return noBackup(value, path, faults) === undefined ? undefined : { plan: null };
  }
  const fields = backupFields(value, path, faults);
  if (fields === undefined) return undefined;
  const { schedule, keepDays, keepWeeks, keepMonths, recoveryTime } = fields;
  const intervalMs = schedule === "" ? 0 : cronIntervalMs(schedule);
  const plan: BackupPlan = {
    schedule,
    keepDays,
    keepWeeks,
    keepMonths,
    recoveryPointMs: fields.recoveryPoint ?? intervalMs,
    recoveryTimeMs: recoveryTime,
  };
  return { plan };
};

const volumeFields = shape(
  "a volume",
  {
    name: need(label(40), ""),
    path: need(text("an absolute path", /^\/[^\0]*[^/\0]$/), ""),
    size: need(byteSize, 1),
    scope: may(word("replica", "shared", "scratch"), "replica"),
    storageClass: may(filled, storageClass),
    retain: may(flag, null),
    backup: may(readBackup, null),
  },
  ["type"],
);

export const readVolume: Read<VolumeDraft> = turned(volumeFields, (fields, path) => ({
  name: fields.name,
  path,
  plan: {
    name: fields.name,
    mountPath: fields.path,
    sizeBytes: fields.size,
    scope: fields.scope,
    storageClass: fields.storageClass,
    retain: fields.retain ?? fields.scope !== "scratch",
  },
  backup: fields.backup,
}));
