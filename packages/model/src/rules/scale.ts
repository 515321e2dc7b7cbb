/**
 * Scaling, disruption and quorum: numbers that can hold together.
 *
 * @module
 */
import { metricsOf } from "../assemble/metrics.ts";
import type { PartSizing } from "../assemble/sizing.ts";
import type { PartDraft, SignalDraft } from "../read/draft.ts";
import type { Faults } from "../read/reader.ts";
import type { SizeCheck } from "./rules.ts";

export function checkScale(draft: PartDraft, size: PartSizing, check: SizeCheck): void {
  const { faults, choice } = check;
  const path = `${draft.path}.scale`;
  const { min, max, signals, vertical } = size.scale;
  if (min > max) {
    faults.report({
      code: "SCALE_RANGE",
      path: `${path}.min`,
      value: min,
      expected: `at most max, which is ${max}`,
      problem: `min ${min} is more than max ${max}`,
    });
  }
  if (max > min && signals.length === 0) {
    faults.report({
      code: "SCALE_SIGNAL_MISSING",
      path: `${path}.on`,
      value: [],
      expected: "what makes it grow, such as cpu(70)",
      problem: `nothing makes it grow from ${min} to ${max}`,
    });
  }
  const asDefined = choice.environment === null && Object.keys(choice.replicas).length === 0;
  if (asDefined) checkSignals(draft, size, faults);
  if (vertical === "memory" && signals.some((signal) => signal.kind === "memory")) {
    faults.report({
      code: "SCALE_VERTICAL_CONFLICT",
      path: `${path}.vertical`,
      value: vertical,
      expected: "recommend or off, or no memory signal",
      problem: "replicas and memory would both follow memory, against each other",
    });
  }
  checkDisruption(draft, size, faults);
}

function checkSignals(draft: PartDraft, size: PartSizing, faults: Faults): void {
  const on = draft.scale.on ?? [];
  if (on.length > 0 && size.scale.min === size.scale.max) {
    faults.report({
      code: "SCALE_SIGNAL_IDLE",
      path: `${draft.path}.scale.on`,
      value: on.length,
      expected: "a max above min, or no signal",
      problem: `signals change nothing while min and max are both ${size.scale.max}`,
    });
  }
  const seen = new Set<string>();
  for (const each of on) {
    const { signal } = each;
    const identity = signal.kind === "metric" ? signal.metric : signal.kind;
    if (seen.has(identity)) {
      faults.report({
        code: "SCALE_SIGNAL_DUPLICATE",
        path: each.path,
        value: identity,
        expected: "each signal once",
        problem: `${identity} is a signal twice`,
      });
    }
    seen.add(identity);
    checkMetricSignal(draft, each, faults);
  }
}

/** A counter only rises, and a histogram is no amount: neither falls when replicas rise. */
function checkMetricSignal(draft: PartDraft, each: SignalDraft, faults: Faults): void {
  const { signal, path, metricKind } = each;
  if (signal.kind !== "metric") return;
  const exported = metricsOf(draft);
  const own = exported.find((metric) => metric.name === signal.metric);
  if (own === undefined) {
    faults.report({
      code: "SCALE_METRIC_NOT_EXPORTED",
      path: `${path}.metric`,
      value: signal.metric,
      expected: `a gauge that ${draft.name} exports`,
      problem: `${draft.name} does not export "${signal.metric}"`,
      candidates: exported.filter((metric) => metric.kind === "gauge").map(({ name }) => name),
    });
  }
  const kind = own?.kind ?? metricKind;
  if (kind === null || kind === "gauge") return;
  faults.report({
    code: "SCALE_METRIC_KIND",
    path: `${path}.metric`,
    value: signal.metric,
    expected: "a gauge of waiting or running work, which falls when replicas rise",
    problem: `"${signal.metric}" is a ${kind}`,
  });
}

function checkDisruption(draft: PartDraft, size: PartSizing, faults: Faults): void {
  const { min } = size.scale;
  const { maxUnavailable } = size.disruption;
  const path = `${draft.path}.disruption.maxUnavailable`;
  const { quorum } = size;
  if (quorum !== null) return checkQuorum(draft, { quorum, min, maxUnavailable }, faults);
  if (min < 2 || maxUnavailable < min) return;
  faults.report({
    code: "DISRUPTION_TOTAL",
    path,
    value: maxUnavailable,
    expected: `at most ${min - 1} of ${min} replicas`,
    problem: `all ${min} replicas could be taken away at once`,
  });
}

function checkQuorum(
  draft: PartDraft,
  figures: { readonly quorum: number; readonly min: number; readonly maxUnavailable: number },
  faults: Faults,
): void {
  const { quorum, min, maxUnavailable } = figures;
  if (quorum > min || (quorum === min && min > 1)) {
    faults.report({
      code: "QUORUM_UNSAFE",
      path: `${draft.path}.quorum`,
      value: quorum,
      expected: `fewer than the ${min} replicas; "majority" follows their number`,
      problem:
        quorum > min
          ? `a quorum of ${quorum} can never form of ${min} replicas`
          : `a quorum of ${quorum} of ${min} is lost with any one`,
    });
    return;
  }
  if (min < 2 || maxUnavailable <= min - quorum) return;
  faults.report({
    code: "DISRUPTION_BREAKS_QUORUM",
    path: `${draft.path}.disruption.maxUnavailable`,
    value: maxUnavailable,
    expected: `at most ${min - quorum}: ${quorum} of ${min} replicas must live`,
    problem: `${maxUnavailable} away leaves ${min - maxUnavailable} of ${min}, and ${quorum} must live`,
  });
}
