/**
 * The system at one glance: what the first page shows, and what every page hears every two seconds.
 *
 * @module
 */
import type { PartStatus, ReplicaStatus, StoreStatus } from "@ashlar/local";
import type { PartKind } from "@ashlar/model";
import type { Connection, SystemWatch } from "./control.ts";
import type { Collector } from "./metrics/collector.ts";
import type { PartField, PartMeter } from "./metrics/part-meter.ts";

/** The points of a sparkline: the last two minutes. */
const sparkPoints = 60;

export interface PartOverview {
  readonly name: string;
  readonly kind: PartKind;
  readonly builtin: boolean;
  readonly summary: string;
  readonly state: PartStatus["state"];
  readonly message: string;
  readonly wanted: number;
  readonly ready: number;
  /** What the Plan allows; `null` for a built-in program, which is not scaled. */
  readonly scale: { readonly min: number; readonly max: number } | null;
  readonly restarts: number;
  /** Unix milliseconds since which its oldest ready replica is ready; null when none is. */
  readonly readySinceMs: number | null;
  readonly denials: number;
  readonly replicas: readonly ReplicaStatus[];
  readonly now: Readonly<Record<PartField, number | null>> | null;
  readonly spark: {
    readonly requestsPerSecond: readonly (number | null)[];
    readonly memoryBytes: readonly (number | null)[];
  };
}

export interface Totals {
  readonly partsReady: number;
  readonly parts: number;
  readonly replicasReady: number;
  readonly replicas: number;
  /** Requests that came in through the gateways; where there is none, those of all parts. */
  readonly requestsPerSecond: number | null;
  readonly p95Ms: number | null;
  readonly errorRatio: number | null;
  readonly memoryBytes: number | null;
  readonly cpu: number | null;
  readonly spark: {
    readonly requestsPerSecond: readonly (number | null)[];
    readonly p95Ms: readonly (number | null)[];
    readonly errorRatio: readonly (number | null)[];
    readonly memoryBytes: readonly (number | null)[];
  };
}

export interface Overview {
  readonly nowMs: number;
  readonly connection: Connection;
  readonly system: string;
  readonly summary: string;
  readonly environment: string;
  readonly state: string;
  readonly sinceMs: number;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly totals: Totals;
  readonly parts: readonly PartOverview[];
  readonly stores: readonly StoreStatus[];
  readonly mails: { readonly count: number; readonly received: number };
  readonly spansReceived: number;
  /** Number of the newest event. */
  readonly lastEvent: number;
}

export interface OverviewInput {
  readonly nowMs: number;
  readonly system: string;
  readonly watch: SystemWatch;
  readonly collector: Collector;
  readonly mails: Overview["mails"];
  readonly spansReceived: number;
}

export function overviewOf(input: OverviewInput): Overview {
  const { watch, collector } = input;
  const status = watch.status;
  const parts = (status?.parts ?? []).map((part) => partOverview(part, input));
  return {
    nowMs: input.nowMs,
    connection: watch.connection,
    system: status?.system ?? input.system,
    summary: watch.plan?.summary ?? "",
    environment: status?.environment ?? "",
    state: status?.state ?? "starting",
    sinceMs: status === undefined ? input.nowMs : parseTime(status.since),
    endpoints: status?.endpoints ?? {},
    totals: totalsOf(parts, collector),
    parts,
    stores: status?.stores ?? [],
    mails: input.mails,
    spansReceived: input.spansReceived,
    lastEvent: watch.events.at(-1)?.id ?? 0,
  };
}

function partOverview(part: PartStatus, { watch, collector }: OverviewInput): PartOverview {
  const planned = watch.plan?.parts[part.name];
  const meter = collector.part(part.name);
  const readySince = part.replicas
    .filter((each) => each.state === "ready" || each.state === "running")
    .map((each) => parseTime(each.since));
  return {
    name: part.name,
    kind: part.kind,
    builtin: part.builtin,
    summary: planned?.summary ?? (part.builtin ? "Built into the platform." : ""),
    state: part.state,
    message: part.message ?? "",
    wanted: part.wanted,
    ready: part.ready,
    scale: planned === undefined ? null : { min: planned.scale.min, max: planned.scale.max },
    restarts: part.replicas.reduce((sum, each) => sum + each.restarts, 0),
    readySinceMs: readySince.length === 0 ? null : Math.min(...readySince),
    denials: part.denials,
    replicas: part.replicas,
    now: meter === undefined ? null : nowOf(meter),
    spark: {
      requestsPerSecond: meter?.series.tail("requestsPerSecond", sparkPoints) ?? [],
      memoryBytes: meter?.series.tail("memoryBytes", sparkPoints) ?? [],
    },
  };
}

function nowOf(meter: PartMeter): Record<PartField, number | null> {
  const { series } = meter;
  return Object.fromEntries(series.fields.map((field) => [field, series.last(field)])) as Record<
    PartField,
    number | null
  >;
}

function totalsOf(parts: readonly PartOverview[], collector: Collector): Totals {
  const own = parts.filter((each) => !each.builtin);
  const gateways = own.filter((each) => each.kind === "gateway");
  const edge = gateways.length > 0 ? gateways : own;
  const meters = edge.map((each) => collector.part(each.name)).filter((each) => each !== undefined);
  const all = own.map((each) => collector.part(each.name)).filter((each) => each !== undefined);
  return {
    partsReady: own.filter((each) => ["ready", "idle", "completed"].includes(each.state)).length,
    parts: own.length,
    replicasReady: own.reduce((sum, each) => sum + each.ready, 0),
    replicas: own.reduce((sum, each) => sum + each.wanted, 0),
    requestsPerSecond: fold(
      meters.map((each) => each.series.last("requestsPerSecond")),
      add,
    ),
    p95Ms: fold(
      meters.map((each) => each.series.last("p95Ms")),
      Math.max,
    ),
    errorRatio: fold(
      meters.map((each) => each.series.last("errorRatio")),
      Math.max,
    ),
    memoryBytes: fold(
      all.map((each) => each.series.last("memoryBytes")),
      add,
    ),
    cpu: fold(
      all.map((each) => each.series.last("cpu")),
      add,
    ),
    spark: {
      requestsPerSecond: foldTails(meters, "requestsPerSecond", add),
      p95Ms: foldTails(meters, "p95Ms", Math.max),
      errorRatio: foldTails(meters, "errorRatio", Math.max),
      memoryBytes: foldTails(all, "memoryBytes", add),
    },
  };
}

type Merge = (a: number, b: number) => number;
const add: Merge = (a, b) => a + b;

function fold(values: readonly (number | null)[], merge: Merge): number | null {
  const known = values.filter((each) => each !== null);
  const [first, ...others] = known;
  return first === undefined ? null : others.reduce(merge, first);
}

/** All parts are scraped in the same rounds, so equal positions are equal moments. */
function foldTails(
  meters: readonly PartMeter[],
  field: PartField,
  merge: Merge,
): (number | null)[] {
  const tails = meters.map((each) => each.series.tail(field, sparkPoints));
  return Array.from({ length: sparkPoints }, (_, at) =>
    fold(
      tails.map((tail) => tail[at] ?? null),
      merge,
    ),
  );
}

/** Unix milliseconds of an ISO 8601 time; zero for what is none. */
function parseTime(text: string): number {
  // oxlint-disable-next-line no-restricted-globals -- parses a text; reads no clock.
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? 0 : parsed;
}
