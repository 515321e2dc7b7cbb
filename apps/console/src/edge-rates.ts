/**
 * How many calls a second go along each edge of the Plan.
 *
 * Metrics know exactly how many requests a part answers, but not from whom; traces know from whom,
 * but may be sampled. Together: the measured rate, split as the traces split it.
 *
 * - CN15  The rates of the edges into a part never exceed what the part itself measured, where it
 *         measures at all; an edge of which nothing is known has the rate null, not zero.
 *
 * @module
 */
import type { EdgePlan, Plan } from "@ashlar/model";
import type { Span } from "./traces/span.ts";

export interface EdgeRate {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgePlan["to"]["kind"];
  /** The port's name, where the target is a part. */
  readonly port: string | null;
  readonly perSecond: number | null;
  /** Share of the calls that failed, 0..1; null where unknown. */
  readonly errorRatio: number | null;
}

export interface EdgeInput {
  readonly plan: Plan;
  readonly traces: Iterable<ReadonlyMap<string, Span>>;
  /** The time that the traces span. */
  readonly windowMs: number;
  /** What a part itself measured; null where it did not. */
  readonly measured: (part: string) => number | null;
}

interface Count {
  calls: number;
  errors: number;
}

export function edgeRates(input: EdgeInput): EdgeRate[] {
  const counts = countCalls(input.plan, input.traces);
  const inbound = new Map<string, number>();
  for (const [pair, count] of counts) {
    const to = pair.split(" ")[1] ?? "";
    inbound.set(to, (inbound.get(to) ?? 0) + count.calls);
  }
  const callers = new Map<string, Set<string>>();
  for (const { from, to } of input.plan.edges) {
    const known = callers.get(to.name) ?? new Set();
    callers.set(to.name, known.add(from));
  }
  return dedupe(input.plan.edges).map((edge) => {
    const count = counts.get(`${edge.from} ${edge.to.name}`);
    const traced = count === undefined ? null : (count.calls * 1000) / input.windowMs;
    const measured = edge.to.kind === "part" ? input.measured(edge.to.name) : null;
    return {
      from: edge.from,
      to: edge.to.name,
      kind: edge.to.kind,
      port: edge.to.kind === "part" ? edge.to.port : null,
      perSecond: combine({
        traced,
        measured,
        share: (count?.calls ?? 0) / Math.max(1, inbound.get(edge.to.name) ?? 0),
        onlyCaller: callers.get(edge.to.name)?.size === 1,
        tracesKnown: counts.size > 0,
      }),
      errorRatio: count === undefined ? null : count.errors / Math.max(1, count.calls),
    };
  });
}

function combine(input: {
  readonly traced: number | null;
  readonly measured: number | null;
  readonly share: number;
  readonly onlyCaller: boolean;
  readonly tracesKnown: boolean;
}): number | null {
  const { traced, measured, share, onlyCaller, tracesKnown } = input;
  if (measured === null) return traced ?? (tracesKnown ? 0 : null);
  if (traced !== null) return measured * share; // CN15
  if (onlyCaller) return measured;
  return tracesKnown ? 0 : null;
}

/** One edge a pair: two ports of one part are drawn as one line. */
function dedupe(edges: readonly EdgePlan[]): EdgePlan[] {
  const seen = new Map<string, EdgePlan>();
  for (const edge of edges) {
    const pair = `${edge.from} ${edge.to.name}`;
    if (!seen.has(pair)) seen.set(pair, edge);
  }
  return [...seen.values()];
}

function countCalls(
  plan: Plan,
  traces: Iterable<ReadonlyMap<string, Span>>,
): ReadonlyMap<string, Count> {
  const counts = new Map<string, Count>();
  const count = (from: string, to: string, failed: boolean): void => {
    const pair = `${from} ${to}`;
    const known = counts.get(pair) ?? { calls: 0, errors: 0 };
    known.calls++;
    if (failed) known.errors++;
    counts.set(pair, known);
  };
  const targets = dataTargets(plan);
  for (const spans of traces) {
    for (const span of spans.values()) {
      const failed = span.status === "error";
      const parent = span.parentSpanId === null ? undefined : spans.get(span.parentSpanId);
      if (span.kind === "server" && parent !== undefined && parent.service !== span.service) {
        count(parent.service, span.service, failed);
      } else if (span.kind !== "server" && span.kind !== "internal") {
        const target = targetOf(span, targets);
        if (target !== undefined) count(span.service, target, failed);
      }
    }
  }
  return counts;
}

/** Per part, the stores, streams and externals that it uses, by every name a span may give them. */
type DataTargets = ReadonlyMap<string, readonly { readonly name: string; readonly kind: string }[]>;

function dataTargets(plan: Plan): DataTargets {
  const targets = new Map<string, { name: string; kind: string }[]>();
  for (const { from, to } of plan.edges) {
    if (to.kind === "part") continue;
    const known = targets.get(from) ?? [];
    known.push({ name: to.name, kind: to.kind });
    targets.set(from, known);
  }
  return targets;
}

const nameAttributes = [
  "peer.service",
  "db.namespace",
  "db.name",
  "messaging.destination.name",
  "server.address",
];

function targetOf(span: Span, targets: DataTargets): string | undefined {
  const used = targets.get(span.service);
  if (used === undefined) return undefined;
  const kind = kindOf(span);
  const ofKind = used.filter((each) => each.kind === kind);
  for (const attribute of nameAttributes) {
    const value = span.attributes[attribute];
    if (typeof value !== "string") continue;
    const name = value.toLowerCase().replaceAll("_", "-");
    const named = ofKind.find((each) => each.name === name);
    if (named !== undefined) return named.name;
  }
  // A client span that names something else is a call to a part, which its server span tells of.
  return kind !== "external" && ofKind.length === 1 ? ofKind[0]?.name : undefined;
}

function kindOf(span: Span): string | undefined {
  const { attributes } = span;
  if ("db.system" in attributes || "db.system.name" in attributes) return "store";
  if (span.kind === "producer" || span.kind === "consumer") return "stream";
  if ("messaging.system" in attributes) return "stream";
  return "peer.service" in attributes || "server.address" in attributes ? "external" : undefined;
}
