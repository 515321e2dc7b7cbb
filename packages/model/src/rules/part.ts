/**
 * Parts by themselves: ports, images, secrets, waivers, placement.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { ResolvedPart } from "../assemble/uses.ts";
import type { PortPlan } from "../plan/part.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";
import type { DefinitionCheck } from "./rules.ts";

export function checkPart(resolved: ResolvedPart, check: DefinitionCheck): void {
  const { draft } = resolved;
  const { faults } = check;
  checkPorts(draft, faults);
  checkImage(draft, faults);
  checkWaivers(draft, check);
  checkPerReplica(resolved, check);
  const { pool } = draft.placement;
  const { pools } = check.resolved.directory;
  const path = `${draft.path}.placement.pool`;
  if (pool !== null) find(pools, pool, { path, what: "pool", faults });
  if (draft.job !== null && draft.job.parallelism > draft.job.completions) {
    faults.report({
      code: "JOB_PARALLELISM",
      path: `${draft.path}.parallelism`,
      value: draft.job.parallelism,
      expected: `at most completions, which is ${draft.job.completions}`,
    });
  }
}

function checkPorts(part: PartDraft, faults: Faults): void {
  const ports = Object.values(part.ports);
  const taken = new Map<string, string>();
  for (const port of ports) {
    const path = `${part.path}.ports.${port.name}`;
    checkExposure(part, port, faults);
    if (port.number === 0) continue; // Its number has been refused already.
    const socket = `${port.protocol === "udp" ? "udp" : "tcp"} ${port.number}`;
    const other = taken.get(socket);
    if (other !== undefined) {
      faults.report({
        code: "PORT_NUMBER_DUPLICATE",
        path: `${path}.number`,
        value: port.number,
        expected: "a number of its own",
        problem: `${port.number} is already the number of port "${other}"`,
      });
    }
    taken.set(socket, other ?? port.name);
  }
  const opsPorts = ports.filter((port) => port.exposure === "ops" && port.protocol === "http");
  if (opsPorts.length > 1) {
    faults.report({
      code: "OPS_PORT_SEVERAL",
      path: `${part.path}.ports`,
      value: opsPorts.map((port) => port.name).join(", "),
      expected: "one ops port at most",
    });
  }
  if (part.metrics.length > 0 && opsPorts.length === 0) {
    faults.report({
      code: "METRICS_WITHOUT_OPS",
      path: `${part.path}.metrics`,
      value: part.metrics.map((metric) => metric.name).join(", "),
      expected: "an ops port, such as ops: ops(9090)",
      problem: "there is no ops port to export metrics on",
    });
  }
  const needsHttp = part.kind === "gateway" || part.kind === "site";
  if (needsHttp && !ports.some((port) => port.protocol === "http" && port.exposure !== "ops")) {
    faults.report({
      code: "PORT_HTTP_MISSING",
      path: `${part.path}.ports`,
      value: ports.map((port) => port.name).join(", "),
      expected: "an http port",
      problem: `a ${part.kind} needs an http port`,
    });
  }
}

function checkExposure(part: PartDraft, port: PortPlan, faults: Faults): void {
  const path = `${part.path}.ports.${port.name}.exposure`;
  const value = port.exposure;
  if (value === "ops" && port.protocol !== "http") {
    const expected = "part or public: health and metrics are HTTP";
    faults.report({ code: "EXPOSURE_INVALID", path, value, expected });
  }
  if (value === "public" && part.job !== null) {
    const expected = "part or ops: a job comes and goes";
    faults.report({ code: "EXPOSURE_INVALID", path, value, expected });
  }
}

/** A digest, or a tag that says which version it is. */
function isPinned(image: string): boolean {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = /:([\w][\w.-]{0,127})$/.exec(image)?.[1];
  return tag !== undefined && tag !== "latest";
}

function checkImage(part: PartDraft, faults: Faults): void {
  const { image } = part.program;
  if (image === null || isPinned(image)) return;
  faults.report({
    code: "IMAGE_UNPINNED",
    path: `${part.path}.program.image`,
    value: image,
    expected: "an image with a digest, or with a tag other than latest",
  });
}

function checkWaivers(part: PartDraft, { today, faults }: DefinitionCheck): void {
  for (const waiver of part.waivers) {
    if (today === null || waiver.until === "" || waiver.until >= today) continue;
    faults.report({
      code: "WAIVER_EXPIRED",
      path: `${part.path}.waivers.${waiver.check}`,
      value: waiver.until,
      expected: `a day from ${today} on, or the check kept`,
      problem: `the waiver of "${waiver.check}" ended on ${waiver.until}`,
    });
  }
}

/** Only replicas that have names can each have a secret of their own. */
function checkPerReplica({ draft, secrets }: ResolvedPart, check: DefinitionCheck): void {
  if (draft.kind === "stateful") return;
  for (const use of secrets) {
    const owner = check.resolved.directory.secrets.get(use.secret);
    if (owner === undefined || !owner.plan.perReplica || use.half === "public") continue;
    check.faults.report({
      code: "SECRET_PER_REPLICA_UNFIT",
      path: `${draft.path}.secrets`,
      value: use.secret,
      expected: "a stateful part, whose replicas have names",
      problem: `a ${draft.kind}'s replicas cannot each have their own "${use.secret}"`,
    });
  }
}
