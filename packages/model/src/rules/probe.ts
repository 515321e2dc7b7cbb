/**
 * Probes: they ask a port that exists, in its own language, and not the same twice.
 *
 * @module
 */
import { find } from "../assemble/directory.ts";
import type { ProbePlan } from "../plan/part.ts";
import type { PartDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";

export function checkProbes(part: PartDraft, faults: Faults): void {
  for (const name of ["startup", "readiness", "liveness"] as const) {
    const probe = part.probes[name];
    if (probe !== null && probe !== undefined) {
      checkProbe(probe, `${part.path}.probes.${name}`, part, faults);
    }
  }
  const { readiness, liveness } = part.probes;
  if (!readiness || !liveness || !sameCheck(readiness, liveness)) return;
  faults.report({
    code: "PROBES_IDENTICAL",
    path: `${part.path}.probes.liveness`,
    value: JSON.stringify(liveness.check),
    expected: "another question than readiness, or null",
    problem: "asks the same as readiness, so a busy replica would be restarted",
  });
}

function sameCheck(a: ProbePlan, b: ProbePlan): boolean {
  const fields = (probe: ProbePlan): string =>
    JSON.stringify(Object.entries(probe.check).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return fields(a) === fields(b);
}

function checkProbe(probe: ProbePlan, path: string, part: PartDraft, faults: Faults): void {
  const { check, timeoutMs, periodMs } = probe;
  if (timeoutMs > periodMs) {
    faults.report({
      code: "PROBE_TIMEOUT",
      path: `${path}.timeout`,
      value: timeoutMs,
      expected: `at most the period, which is ${periodMs} ms`,
      problem: `${timeoutMs} ms is longer than the period of ${periodMs} ms`,
    });
  }
  const ports = new Map(Object.entries(part.ports));
  const what = `port of ${part.name}`;
  const port = find(ports, check.port, { path: `${path}.port`, what, faults });
  if (port === undefined) return;
  const speaks = check.kind === "tcp" ? port.protocol !== "udp" : port.protocol === check.kind;
  if (speaks) return;
  faults.report({
    code: "PROBE_PROTOCOL",
    path: `${path}.port`,
    value: check.port,
    expected: `a port that speaks ${check.kind}`,
    problem: `port "${check.port}" speaks ${port.protocol}, not ${check.kind}`,
  });
}
