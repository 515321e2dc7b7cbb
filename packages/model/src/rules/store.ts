/**
 * Stores, streams and volumes: members that form one store, and backups of all that must not be lost.
 *
 * @module
 */
import type { Resolved } from "../assemble/plan.ts";
import { cronIntervalMs } from "../cron.ts";
import { storeDefaults } from "../defaults.ts";
import type { BackupPlan } from "../plan/part.ts";
import type { StorePlan } from "../plan/store.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";
import { localForms } from "../read/store.ts";

const howToBackUp = 'daily(), or none("why it needs none")';

export function checkStores({ draft }: Resolved, faults: Faults): void {
  for (const store of draft.stores) {
    const { engine, local } = store.plan;
    if (storeDefaults[engine].durable && store.backup === null) {
      faults.report({
        code: "BACKUP_MISSING",
        path: `${store.path}.backup`,
        value: undefined,
        expected: howToBackUp,
        problem: "is missing",
      });
    }
    if (!localForms[engine].includes(local)) {
      faults.report({
        code: "STORE_LOCAL_UNFIT",
        path: `${store.path}.local`,
        value: local,
        expected: `one of ${localForms[engine].join(", ")}`,
        problem: `${engine} cannot be realised as ${local} on one machine`,
      });
    }
  }
}

/** Members and backups of a store as an environment sizes it. */
export function checkStorePlan(path: string, store: StorePlan, faults: Faults): void {
  const { engine, replicas, realization, backup } = store;
  if (engine === "etcd" && replicas % 2 === 0) {
    faults.report({
      code: "STORE_REPLICAS_EVEN",
      path: `${path}.replicas`,
      value: replicas,
      expected: `an odd number: ${replicas - 1} bear as many losses as ${replicas}`,
      problem: `${replicas} members bear no more losses than ${replicas - 1}`,
    });
  }
  const alone = engine === "postgres" || engine === "redis";
  if (alone && realization === "statefulSet" && replicas > 1) {
    faults.report({
      code: "STORE_REPLICAS_UNFIT",
      path: `${path}.replicas`,
      value: replicas,
      expected: '1, or realization: "operator", which replicates',
      problem: `a StatefulSet of ${replicas} would be ${replicas} different ${engine} stores`,
    });
  }
  // An operator and a managed service also archive the log between two backups.
  if (backup !== null && realization === "statefulSet") checkPoint(path, backup, faults);
}

function checkPoint(path: string, backup: BackupPlan, faults: Faults): void {
  const intervalMs = cronIntervalMs(backup.schedule);
  if (backup.recoveryPointMs >= intervalMs) return;
  faults.report({
    code: "BACKUP_POINT_UNREACHABLE",
    path: `${path}.backup.recoveryPoint`,
    value: backup.recoveryPointMs,
    expected: `at least the time between two backups, ${intervalMs} ms`,
    problem: `${backup.recoveryPointMs} ms is less than the ${intervalMs} ms between two backups`,
  });
}

export function checkStreams({ draft, parts }: Resolved, faults: Faults): void {
  for (const stream of draft.streams) {
    const uses = parts.flatMap(({ uses }) =>
      uses.flatMap(({ use }) => (use.to === "stream" && use.stream === stream.name ? [use] : [])),
    );
    const groups = new Set(uses.filter((use) => use.role === "consume").map((use) => use.group));
    if (groups.size > 0 && !uses.some((use) => use.role === "publish")) {
      faults.report({
        code: "STREAM_UNPUBLISHED",
        path: stream.path,
        value: stream.name,
        expected: `a part that uses ${stream.name}.publish`,
        problem: `is consumed by ${[...groups].join(", ")}, and nobody publishes to it`,
      });
    }
    if (stream.plan.kind === "queue" && groups.size > 1) {
      faults.report({
        code: "QUEUE_GROUPS",
        path: stream.path,
        value: [...groups].join(", "),
        expected: "one group; a log is for several",
        problem: `each item of a queue is taken once, but ${[...groups].join(" and ")} want it`,
      });
    }
  }
}

export function checkVolumes(part: PartDraft, faults: Faults): void {
  const taken = new Set<string>();
  for (const { name, path, plan, backup } of part.volumes) {
    for (const claim of [`name ${name}`, `path ${plan.mountPath}`]) {
      if (taken.has(claim)) {
        faults.report({
          code: "VOLUME_DUPLICATE",
          path,
          value: name,
          expected: "a name and a path of its own",
          problem: `the ${claim} is taken by another volume of this part`,
        });
      }
      taken.add(claim);
    }
    if (plan.scope === "replica" && part.kind !== "stateful") {
      faults.report({
        code: "VOLUME_NEEDS_STATEFUL",
        path: `${path}.scope`,
        value: plan.scope,
        expected: "shared or scratch, or a stateful part",
        problem: `a ${part.kind}'s replicas have no names to keep a disk by`,
      });
    }
    if (plan.retain && plan.scope !== "scratch" && backup === null) {
      faults.report({
        code: "VOLUME_BACKUP_MISSING",
        path: `${path}.backup`,
        value: undefined,
        expected: `${howToBackUp}, or retain: false`,
        problem: "is missing for a disk that is retained",
      });
    }
    if (backup !== null && backup.plan !== null) checkPoint(path, backup.plan, faults);
  }
}
