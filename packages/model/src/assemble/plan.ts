/**
 * Puts a Plan together from a definition that has been read.
 *
 * It never refuses: what is wrong is judged by the rules, over the Plans that come out of here.
 *
 * @module
 */
import { invariant } from "@ashlar/foundation";
import { coerceConfigValue, configEnv } from "../config.ts";
import { probeDefaults, routeDefaults } from "../defaults.ts";
import type { CorsPlan, GatewayPlan, RoutePlan } from "../plan/gateway.ts";
import type { AlertPlan, DashboardPlan, LoadProfilePlan, ObjectivePlan } from "../plan/observe.ts";
import type {
  ConfigPlan,
  PartPlan,
  ProbePlan,
  ProbesPlan,
  ProgramPlan,
  UsePlan,
} from "../plan/part.ts";
import type { EdgePlan, NamespacePlan, Plan } from "../plan/plan.ts";
import type { SecretPlan } from "../plan/secret.ts";
import { scanPromql } from "../promql-scan.ts";
import type {
  CorsDraft,
  EnvironmentDraft,
  GatewayDraft,
  PartDraft,
  Placed,
  RouteDraft,
  SystemDraft,
} from "../read/draft.ts";
import type { Directory } from "./directory.ts";
import { type KnownMetrics, metricPlans, metricsOf } from "./metrics.ts";
import { compareRoutes } from "./routes.ts";
import { type Choice, ownOr, rolloutOf, type Sizing, usualNamespace } from "./sizing.ts";
import { startOrder } from "./start-order.ts";
import { mainPort, type ResolvedPart } from "./uses.ts";

/** A definition with its references resolved: the same in every environment. */
export interface Resolved {
  readonly draft: SystemDraft;
  readonly directory: Directory;
  readonly parts: readonly ResolvedPart[];
  readonly metrics: KnownMetrics;
}

/** The Plan of a system of these sizes. */
export function assemblePlan(resolved: Resolved, choice: Choice, sizing: Sizing): Plan {
  const { draft, directory } = resolved;
  const usual = usualNamespace(draft);
  const order = startOrder(needsOf(resolved));
  const objectives = objectivesByPart(draft);
  const parts = resolved.parts.map((part) => {
    const built = partPlan(part, { resolved, choice, sizing, usual });
    const uses = built.uses.map((use) => relaxed(use, built.name, order));
    const named = objectives.get(built.name) ?? [];
    return { ...built, uses, rollout: rolloutOf(part.draft, built.scale.min, named) };
  });
  const alerts = draft.alerts.map((each) => alertPlan(each, resolved.metrics));
  const named = new Set(alerts.flatMap((each) => each.metrics));
  for (const name of dashboardMetrics(draft, resolved.metrics)) named.add(name);
  return {
    format: "ashlar.plan/1",
    system: draft.name,
    summary: draft.summary,
    environment: choice.environmentName,
    owner: draft.owner,
    namespaces: keyed(namespacePlans(draft, parts, usual)),
    parts: keyed(parts),
    stores: keyed([...sizing.stores.values()]),
    streams: keyed(
      draft.streams.map((each) => ({ ...each.plan, namespace: each.namespace ?? usual })),
    ),
    externals: keyed(draft.externals.map(withoutPath)),
    secrets: keyed(secretPlans(draft, parts, usual)),
    metrics: metricPlans(resolved.metrics, named),
    objectives: keyed(draft.objectives.map(objectivePlan)),
    alerts: keyed(alerts),
    dashboards: keyed(draft.dashboards.map(dashboardPlan)),
    loads: keyed(draft.loads.map((each) => loadPlan(each, objectives, directory))),
    pools: keyed(draft.pools.map(withoutPath)),
    edges: edgesOf(parts),
    startOrder: order.waves,
  };
}

/** An element that has the Plan's form but for the place where it was read. */
function withoutPath<Element extends Placed>(element: Element): Omit<Element, "path"> {
  return Object.fromEntries(Object.entries(element).filter(([name]) => name !== "path")) as Omit<
    Element,
    "path"
  >;
}

function keyed<Element extends { readonly name: string }>(
  elements: readonly Element[],
): Readonly<Record<string, Element>> {
  return Object.fromEntries(elements.map((each) => [each.name, each]));
}

interface Context {
  readonly resolved: Resolved;
  readonly choice: Choice;
  readonly sizing: Sizing;
  readonly usual: string;
}

function partPlan({ draft, uses, secrets }: ResolvedPart, context: Context): PartPlan {
  const { resolved, choice, usual } = context;
  const size = context.sizing.parts.get(draft.name);
  invariant(size !== undefined, "every part has been sized");
  const { scale, resources, disruption, quorum } = size;
  const { gateway } = draft;
  return {
    kind: draft.kind,
    name: draft.name,
    summary: draft.summary,
    namespace: draft.namespace ?? usual,
    program: programPlan(draft, resolved.draft),
    ports: draft.ports,
    uses: uses.map(({ use }) => use).toSorted(compareUses),
    config: configPlans(draft, choice.environment),
    secrets: secrets.toSorted((a, b) => compare(a.env, b.env)),
    volumes: volumePlans(draft, choice.environment),
    probes: probesOf(draft),
    resources,
    scale,
    disruption,
    rollout: rolloutOf(draft, scale.min, []),
    placement: { ...draft.placement, spread: draft.placement.spread.toSorted() },
    stop: draft.stop,
    restart: draft.restart,
    metrics: [...new Set(metricsOf(draft).map((metric) => metric.name))].toSorted(),
    waivers: draft.waivers.toSorted((a, b) => compare(a.check, b.check)),
    ...(gateway === null ? {} : { gateway: gatewayPlan(draft, gateway, context) }),
    ...(draft.job === null ? {} : { job: draft.job }),
    ...(draft.stateful === null ? {} : { stateful: { start: draft.stateful.start, quorum } }),
    ...(draft.daemon === null ? {} : { daemon: draft.daemon }),
  };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareUses(a: UsePlan, b: UsePlan): number {
  return compare(a.env, b.env) || compare(JSON.stringify(a), JSON.stringify(b));
}

function programPlan(part: PartDraft, system: SystemDraft): ProgramPlan {
  const { program } = part;
  if (program.runtime === "image") return program;
  const stem = system.registry === null ? system.name : `${system.registry}/${system.name}`;
  return { ...program, image: program.image ?? `${stem}/${part.name}:${system.version}` };
}

function configPlans(
  part: PartDraft,
  environment: EnvironmentDraft | null,
): Readonly<Record<string, ConfigPlan>> {
  const overrides = environment === null ? {} : (ownOr(environment.config, part.name) ?? {});
  const plans: Record<string, ConfigPlan> = {};
  for (const [name, field] of Object.entries(part.config)) {
    const override = ownOr(overrides, name);
    const wanted = override === undefined ? undefined : coerceConfigValue(field, override);
    const { type, description, values, min, max } = field;
    const value = wanted ?? coerceConfigValue(field, field.default) ?? field.default;
    plans[name] = { name, type, value, env: configEnv(name, field), description, values, min, max };
  }
  return plans;
}

function volumePlans(part: PartDraft, environment: EnvironmentDraft | null): PartPlan["volumes"] {
  const sizes = environment === null ? {} : (ownOr(environment.volumes, part.name) ?? {});
  const plans = part.volumes.map(({ plan, backup }) => ({
    ...plan,
    sizeBytes: ownOr(sizes, plan.name) ?? plan.sizeBytes,
    backup: backup === null ? null : backup.plan,
  }));
  return plans.toSorted((a, b) => compare(a.name, b.name));
}

/** What the part says, and else its `ops` port's paths or a connection to its main port. */
function probesOf(part: PartDraft): ProbesPlan {
  const { startup, readiness, liveness } = part.probes;
  const usual = part.job === null ? usualProbes(part) : noProbes;
  return {
    startup: startup === undefined ? usual.startup : startup,
    readiness: readiness === undefined ? usual.readiness : readiness,
    liveness: liveness === undefined ? usual.liveness : liveness,
  };
}

const noProbes: ProbesPlan = { startup: null, readiness: null, liveness: null };

function usualProbes(part: PartDraft): ProbesPlan {
  const ops = Object.values(part.ports).find((port) => port.exposure === "ops");
  if (ops !== undefined) {
    const ask = (path: string) => ({ kind: "http", port: ops.name, path }) as const;
    return {
      startup: usualProbe("startup", ask("/healthz")),
      readiness: usualProbe("readiness", ask("/readyz")),
      liveness: usualProbe("liveness", ask("/healthz")),
    };
  }
  const main = mainPort(part);
  if (main === undefined || main.protocol === "udp") return noProbes;
  const check = { kind: "tcp", port: main.name } as const;
  return {
    startup: usualProbe("startup", check),
    readiness: usualProbe("readiness", check),
    liveness: null,
  };
}

function usualProbe(name: keyof ProbesPlan, check: ProbePlan["check"]): ProbePlan {
  return { check, ...probeDefaults[name], successes: 1, initialDelayMs: 0 };
}

function gatewayPlan(part: PartDraft, gateway: GatewayDraft, context: Context): GatewayPlan {
  const { resolved, choice } = context;
  const { environment } = choice;
  const hosts = environment === null ? undefined : ownOr(environment.hosts, part.name);
  const store =
    gateway.sharedState === null ? undefined : resolved.directory.stores.get(gateway.sharedState);
  const engine = store?.plan.engine;
  const shared = engine === "postgres" || engine === "redis";
  return {
    ...gateway.plan,
    openapi: gateway.plan.openapi,
    hosts: (hosts ?? gateway.plan.hosts).toSorted(),
    issuers: gateway.issuers.map(({ plan }) => plan).toSorted((a, b) => compare(a.name, b.name)),
    sharedState: store !== undefined && shared ? { store: store.name, engine } : null,
    routes: gateway.routes
      .flatMap((route) => routePlan(route, gateway, resolved) ?? [])
      .toSorted(compareRoutes),
  };
}

function routePlan(
  route: RouteDraft,
  gateway: GatewayDraft,
  resolved: Resolved,
): RoutePlan | undefined {
  const target = targetOf(route, resolved);
  if (target === undefined) return undefined;
  const { issuers: _, ...access } = route.access;
  const cors = route.cors === undefined ? gateway.cors : route.cors;
  const alone = target.protocol === "websocket" ? "websocket" : "http";
  const attempts = 1 + (route.retry?.attempts ?? 0);
  const perTryTimeoutMs =
    route.retry?.perTryTimeoutMs ?? Math.floor(route.plan.timeoutMs / attempts);
  return {
    ...route.plan,
    protocol: route.protocol ?? alone,
    target: { part: target.part, port: target.port },
    access,
    // Without retries the figures mean nothing, and stand at their defaults.
    retry: { attempts: 0, initialMs: 0, maxMs: 0, ...route.retry, perTryTimeoutMs },
    cors: cors === null ? null : corsPlan(cors, route),
  };
}

function targetOf(
  route: RouteDraft,
  { directory }: Resolved,
): { readonly part: string; readonly port: string; readonly protocol: string } | undefined {
  const { target } = route;
  const [part = "", port = ""] =
    target.to === "port"
      ? [target.part, target.port]
      : target.to === "text"
        ? target.text.split(".")
        : [];
  const found = ownOr(directory.parts.get(part)?.ports ?? {}, port);
  return found === undefined ? undefined : { part, port, protocol: found.protocol };
}

function corsPlan(cors: CorsDraft, route: RouteDraft): CorsPlan {
  const own = route.plan.methods.length > 0 ? route.plan.methods : routeDefaults.corsMethods;
  return { ...cors, methods: cors.methods ?? own };
}

function namespacePlans(
  draft: SystemDraft,
  parts: readonly PartPlan[],
  usual: string,
): readonly NamespacePlan[] {
  const declared =
    draft.namespaces.length > 0 ? draft.namespaces : [{ name: usual, tier: "application" }];
  return declared.map(({ name, tier }) => {
    const onHost = parts.some((part) => part.namespace === name && part.daemon?.hostNetwork);
    return { name, tier, podSecurity: onHost ? "privileged" : "restricted" };
  });
}

function secretPlans(
  draft: SystemDraft,
  parts: readonly PartPlan[],
  usual: string,
): readonly SecretPlan[] {
  return draft.secrets.map(({ name, namespace, plan }) => {
    const users = parts.filter((part) => part.secrets.some((use) => use.secret === name));
    const first = users.toSorted((a, b) => compare(a.name, b.name))[0];
    return { ...plan, namespace: namespace ?? first?.namespace ?? usual };
  });
}

/** Which parts each part waits for: the ports that it uses and cannot start without. */
function needsOf(resolved: Resolved): ReadonlyMap<string, ReadonlySet<string>> {
  const needs = new Map<string, ReadonlySet<string>>();
  for (const { draft, uses } of resolved.parts) {
    const needed = new Set<string>();
    for (const { use } of uses) {
      if (use.to === "port" && !use.optional) needed.add(use.part);
    }
    needs.set(draft.name, needed);
  }
  return needs;
}

/** Within a cycle nobody waits for anybody. */
function relaxed(
  use: UsePlan,
  from: string,
  order: { isCycle(a: string, b: string): boolean },
): UsePlan {
  if (use.to !== "port" || !order.isCycle(from, use.part)) return use;
  return { ...use, optional: true };
}

function edgesOf(parts: readonly PartPlan[]): readonly EdgePlan[] {
  const edges = new Map<string, EdgePlan>();
  for (const part of parts) {
    for (const use of part.uses) {
      const edge = { from: part.name, to: edgeEnd(use) };
      const { kind, name } = edge.to;
      const port = edge.to.kind === "part" ? edge.to.port : "";
      edges.set([edge.from, kind, name, port].join("\0"), edge);
    }
  }
  return [...edges].toSorted(([a], [b]) => compare(a, b)).map(([, edge]) => edge);
}

function edgeEnd(use: UsePlan): EdgePlan["to"] {
  switch (use.to) {
    case "port":
      return { kind: "part", name: use.part, port: use.port };
    case "store":
      return { kind: "store", name: use.store };
    case "stream":
      return { kind: "stream", name: use.stream };
    case "external":
    default:
      return { kind: "external", name: use.external };
  }
}

/** The objectives of each part, by name. */
function objectivesByPart(draft: SystemDraft): ReadonlyMap<string, readonly string[]> {
  const byPart = new Map<string, string[]>();
  for (const { name, part } of draft.objectives) {
    byPart.set(part, [...(byPart.get(part) ?? []), name].toSorted());
  }
  return byPart;
}

function objectivePlan(draft: SystemDraft["objectives"][number]): ObjectivePlan {
  const { name, summary, part, target, windowMs, indicator } = draft;
  const common = { name, summary, part, target, windowMs };
  if (indicator.kind === "latency") {
    const { thresholdSeconds } = indicator;
    return { ...common, indicator: { kind: "latency", metric: indicator.name, thresholdSeconds } };
  }
  const { good, total } = indicator;
  const expressions = { good: good.expression, total: total.expression };
  return { ...common, indicator: { kind: "availability", ...expressions } };
}

function alertPlan({ query, plan }: SystemDraft["alerts"][number], known: KnownMetrics): AlertPlan {
  const { expression } = query;
  return { ...plan, expression, metrics: metricsNamed(expression, known) };
}

/** Metrics that an expression names; a histogram's series count as the histogram. */
function metricsNamed(expression: string, known: KnownMetrics): readonly string[] {
  const scan = scanPromql(expression);
  if (typeof scan === "string") return [];
  return [...new Set(scan.selectors.map(({ metric }) => metricOfSeries(metric, known)))].toSorted();
}

/** `x_seconds` for `x_seconds_bucket`, where that is a histogram. */
export function metricOfSeries(series: string, known: KnownMetrics): string {
  const stem = series.replace(/_(bucket|count|sum)$/, "");
  return known.get(stem)?.metric.kind === "histogram" ? stem : series;
}

function dashboardMetrics(draft: SystemDraft, known: KnownMetrics): readonly string[] {
  return draft.dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ queries }) =>
      queries.flatMap(({ query }) => metricsNamed(query.expression, known)),
    ),
  );
}

function dashboardPlan(draft: SystemDraft["dashboards"][number]): DashboardPlan {
  const panels = draft.panels.map(({ title, unit, queries }) => ({
    title,
    unit,
    queries: queries.map(({ legend, query }) => ({ legend, expression: query.expression })),
  }));
  return { name: draft.name, title: draft.title, panels };
}

function loadPlan(
  draft: SystemDraft["loads"][number],
  objectives: ReadonlyMap<string, readonly string[]>,
  directory: Directory,
): LoadProfilePlan {
  const usual = directory.parts.has(draft.plan.target) ? objectives.get(draft.plan.target) : [];
  return { ...draft.plan, objectives: (draft.objectives ?? usual ?? []).toSorted() };
}
