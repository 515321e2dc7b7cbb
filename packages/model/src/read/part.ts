/**
 * Reads parts of every kind.
 *
 * @module
 */
import type { Metric } from "@ashlar/foundation";
import type { ConfigField } from "../config.ts";
import {
  jobDefaults,
  probeDefaults,
  restartDefaults,
  rolloutDefaults,
  stopDefaults,
} from "../defaults.ts";
import type {
  JobPlan,
  PartKind,
  PlacementPlan,
  PortPlan,
  ProbePlan,
  RestartPlan,
  RolloutPlan,
  StopPlan,
  WaiverPlan,
} from "../plan/part.ts";
import type { PartDraft, ProbesDraft, ProgramDraft, ScaleDraft } from "./draft.ts";
import { emptyGateway, readGateway } from "./gateway.ts";
import { readMetrics } from "./metric.ts";
import {
  count,
  type Faults,
  filled,
  flag,
  isRecord,
  label,
  listOf,
  mapOf,
  may,
  milliseconds,
  need,
  orNull,
  type Read,
  shape,
  text,
  turned,
  wholeSeconds,
  word,
  wrongType,
} from "./reader.ts";
import { named, readSecretUse, readUse } from "./reference.ts";
import {
  emptyResources,
  emptyScale,
  readCron,
  readResources,
  readScale,
  readVolume,
} from "./sizing.ts";

const textList = listOf(text());

const readProgram: Read<ProgramDraft> = (value, path, faults) => {
  const runtime = isRecord(value) ? value["runtime"] : undefined;
  switch (runtime) {
    case "node":
      return nodeProgram(value, path, faults);
    case "command":
      return commandProgram(value, path, faults);
    case "image":
      return imageProgram(value, path, faults);
    default:
      return wrongType(value, path, "a program made by node, command or image", faults);
  }
};
const nodeProgram = shape("a program", {
  runtime: need(word("node"), "node"),
  entry: need(filled, ""),
  args: may(textList, []),
  image: may(filled, null),
});
const commandProgram = shape("a program", {
  runtime: need(word("command"), "command"),
  command: need(listOf(filled, { min: 1 }), []),
  image: may(filled, null),
});
const imageProgram = shape("a program", {
  runtime: need(word("image"), "image"),
  image: need(filled, ""),
  args: may(textList, []),
});
const noProgram: ProgramDraft = { runtime: "node", entry: "", args: [], image: null };

const portFields = shape(
  "a port made by http, grpc, tcp, udp, websocket or ops",
  {
    protocol: need(word("http", "grpc", "tcp", "udp", "websocket"), "tcp"),
    // Below 1024 a process needs a right that no restricted namespace gives.
    number: need(count(1024, 65_535), 0),
    exposure: may(word("part", "public", "ops"), "part"),
  },
  ["type", "part", "port", "path"],
);

const readPorts: Read<Readonly<Record<string, PortPlan>>> = turned(
  mapOf(portFields, label(15)),
  (ports) =>
    Object.fromEntries(Object.entries(ports).map(([name, fields]) => [name, { name, ...fields }])),
);

const readConfig: Read<Readonly<Record<string, ConfigField>>> = turned(
  shape("configuration made by config", { fields: need((value) => value, {}) }, ["type"]),
  ({ fields }, path, faults) => readConfigFields(fields, `${path}.fields`, faults),
);

const configFields = shape("a value made by integer, string and the like", {
  type: need(
    word("string", "integer", "number", "boolean", "duration", "size", "enum", "list"),
    "string",
  ),
  default: need((value) => value as ConfigField["default"], ""),
  env: may(text("a variable name", /^[A-Z][A-Z0-9_]*$/), null),
  description: may(text(), ""),
  values: may(listOf(filled), []),
  min: may(orNull(anyNumber), null),
  max: may(orNull(anyNumber), null),
});

/** NaN is a bound that did not parse; the rule on configuration reports it with its default. */
function anyNumber(value: unknown, path: string, faults: Faults): number | undefined {
  return typeof value === "number" ? value : wrongType(value, path, "a number", faults);
}

function readConfigFields(
  value: unknown,
  path: string,
  faults: Faults,
): Readonly<Record<string, ConfigField>> | undefined {
  const name = text("a name in camelCase", /^[a-z][a-zA-Z0-9]*$/);
  const fields = mapOf(configFields, name)(value, path, faults);
  if (fields === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(fields).map(([name, { env, ...rest }]) => [
      name,
      env === null ? rest : { ...rest, env },
    ]),
  );
}

type ProbeName = keyof ProbesDraft;

function probe(name: ProbeName): Read<ProbePlan> {
  const { periodMs, timeoutMs, failures } = probeDefaults[name];
  const timing = {
    period: may(wholeSeconds(1000), periodMs),
    timeout: may(wholeSeconds(1000), timeoutMs),
    failures: may(count(1, 1000), failures),
    successes: may(name === "readiness" ? count(1, 100) : count(1, 1), 1),
    initialDelay: may(wholeSeconds(), 0),
  };
  const fields = {
    http: shape("a probe", {
      kind: need(word("http"), "http"),
      port: need(filled, ""),
      path: need(text("a path such as /healthz", /^\/[^\s?#]*$/), "/"),
      ...timing,
    }),
    tcp: shape("a probe", { kind: need(word("tcp"), "tcp"), port: need(filled, ""), ...timing }),
    grpc: shape("a probe", {
      kind: need(word("grpc"), "grpc"),
      port: need(filled, ""),
      service: may(text(), ""),
      ...timing,
    }),
  };
  return (value, path, faults) => {
    const kind = isRecord(value) ? value["kind"] : undefined;
    if (kind !== "http" && kind !== "tcp" && kind !== "grpc") {
      return wrongType(value, path, "a probe made by httpProbe, tcpProbe or grpcProbe", faults);
    }
    const read = fields[kind](value, path, faults);
    if (read === undefined) return undefined;
    const { period, timeout, failures, successes, initialDelay, ...check } = read;
    return {
      check,
      periodMs: period,
      timeoutMs: timeout,
      failures,
      successes,
      initialDelayMs: initialDelay,
    };
  };
}

const noProbes: ProbesDraft = { startup: undefined, readiness: undefined, liveness: undefined };
const readProbes: Read<ProbesDraft> = shape("probes", {
  startup: may(orNull(probe("startup")), undefined),
  readiness: may(orNull(probe("readiness")), undefined),
  liveness: may(orNull(probe("liveness")), undefined),
});

const minReady = may(wholeSeconds(), rolloutDefaults.minReadyMs);
const objectiveNames = may(listOf(named("an objective")), []);
const rolling = shape("a rollout", {
  strategy: need(word("rolling"), "rolling"),
  surgePercent: may(count(0, 100), rolloutDefaults.surgePercent),
  unavailablePercent: may(count(0, 100), rolloutDefaults.unavailablePercent),
  minReady,
});
const partitioned = shape("a rollout", {
  strategy: need(word("partitioned"), "partitioned"),
  waves: may(listOf(count(0), { min: 1 }), []),
  minReady,
});
const blueGreen = shape("a rollout", {
  strategy: need(word("blueGreen"), "blueGreen"),
  autoPromote: may(flag, false),
  scaleDownDelay: may(wholeSeconds(), rolloutDefaults.scaleDownDelayMs),
  objectives: objectiveNames,
  minReady,
});
const canaryStep = turned(
  shape("a step", { weightPercent: need(count(1, 100), 100), pause: need(wholeSeconds(), 0) }),
  ({ weightPercent, pause }) => ({ weightPercent, pauseMs: pause }),
);
const canary = shape("a rollout", {
  strategy: need(word("canary"), "canary"),
  steps: need(listOf(canaryStep, { min: 1 }), []),
  objectives: objectiveNames,
  minReady,
});

const readRollout: Read<RolloutPlan> = (value, path, faults) => {
  const strategy = isRecord(value) ? value["strategy"] : undefined;
  switch (strategy) {
    case "rolling":
      return inPlanForm(rolling(value, path, faults));
    case "partitioned":
      return inPlanForm(partitioned(value, path, faults));
    case "canary":
      return inPlanForm(canary(value, path, faults));
    case "blueGreen": {
      const fields = blueGreen(value, path, faults);
      if (fields === undefined) return undefined;
      const { scaleDownDelay, ...rest } = fields;
      return inPlanForm({ ...rest, scaleDownDelayMs: scaleDownDelay });
    }
    default:
      return wrongType(value, path, "rolling, partitioned, blueGreen or canary", faults);
  }
};

function inPlanForm<Fields extends { readonly minReady: number }>(
  fields: Fields | undefined,
): (Omit<Fields, "minReady"> & { readonly minReadyMs: number }) | undefined {
  if (fields === undefined) return undefined;
  const { minReady, ...rest } = fields;
  return { ...rest, minReadyMs: minReady };
}

const placementDefault: PlacementPlan = {
  priority: "normal",
  pool: null,
  spread: ["host", "zone"],
  antiAffinity: "preferred",
};
const readPlacement: Read<PlacementPlan> = shape("a placement", {
  priority: may(word("critical", "high", "normal"), placementDefault.priority),
  pool: may(named("a pool"), null),
  spread: may(listOf(word("host", "zone")), placementDefault.spread),
  antiAffinity: may(word("required", "preferred", "none"), placementDefault.antiAffinity),
});

const readStop: Read<StopPlan> = turned(
  shape("a stop", {
    grace: may(wholeSeconds(1000), stopDefaults.graceMs),
    drain: may(wholeSeconds(), stopDefaults.drainMs),
  }),
  ({ grace, drain }) => ({ graceMs: grace, drainMs: drain }),
);

const readRestart: Read<RestartPlan> = turned(
  shape("a restart", {
    initial: may(milliseconds(1), restartDefaults.initialMs),
    max: may(milliseconds(1), restartDefaults.maxMs),
    reset: may(milliseconds(1), restartDefaults.resetMs),
  }),
  ({ initial, max, reset }) => ({ initialMs: initial, maxMs: max, resetMs: reset }),
);

const readWaiver: Read<WaiverPlan> = shape("a waiver", {
  check: need(text("a check such as kube-score/container-resources", /^[\w-]+\/[\w.-]+$/), ""),
  reason: need(filled, ""),
  until: need(text("a day as YYYY-MM-DD", /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/), ""),
});

const disruption = shape("a disruption", { maxUnavailable: need(count(1), 1) });

const common = {
  kind: need(filled, ""),
  name: need(label(40), ""),
  summary: may(text(), ""),
  namespace: may(named("a namespace"), null),
  ports: may(readPorts, {}),
  uses: may(listOf(readUse), []),
  config: may(readConfig, {}),
  secrets: may(listOf(readSecretUse), []),
  metrics: may(readMetrics, [] as readonly Metric[]),
  volumes: may(listOf(readVolume), []),
  probes: may(readProbes, noProbes),
  resources: may(readResources, emptyResources),
  placement: may(readPlacement, placementDefault),
  stop: may(readStop, {
    graceMs: stopDefaults.graceMs,
    drainMs: stopDefaults.drainMs,
  }),
  restart: may(readRestart, restartDefaults),
  waivers: may(listOf(readWaiver), []),
};
const programmed = { program: need(readProgram, noProgram) };
const scaled = {
  scale: may(readScale, emptyScale),
  disruption: may(disruption, null),
  rollout: may(readRollout, null),
};
const jobFields = {
  parallelism: may(count(1, 10_000), 1),
  completions: may(count(1, 1_000_000), 1),
  retries: may(count(0, 100), jobDefaults.retries),
  deadline: may(wholeSeconds(1000), jobDefaults.deadlineMs),
  keepFinished: may(wholeSeconds(), jobDefaults.keepFinishedMs),
};
const quorum: Read<number | "majority"> = (value, path, faults) =>
  value === "majority" ? value : count(1, 1000)(value, path, faults);

/** Fields of a gateway that {@link readGateway} reads from the same object. */
const gatewayNames = Object.keys(emptyGateway.names);

const readers = {
  service: shape("a service", { ...common, ...programmed, ...scaled }),
  site: shape("a site", { ...common, ...programmed, ...scaled }),
  stateful: shape("a stateful part", {
    ...common,
    ...programmed,
    ...scaled,
    start: may(word("ordered", "parallel"), "parallel"),
    quorum: may(quorum, null),
  }),
  daemon: shape("a daemon", {
    ...common,
    ...programmed,
    rollout: may(readRollout, null),
    hostNetwork: may(flag, false),
  }),
  job: shape("a job", { ...common, ...programmed, ...jobFields }),
  cronJob: shape("a cron job", {
    ...common,
    ...programmed,
    ...jobFields,
    schedule: need(readCron, ""),
    concurrency: may(word("allow", "forbid", "replace"), "forbid"),
    startingDeadline: may(wholeSeconds(1000), jobDefaults.startingDeadlineMs),
  }),
  gateway: shape(
    "a gateway",
    { ...common, program: may(readProgram, emptyGateway.program), ...scaled },
    gatewayNames,
  ),
} as const;

const kinds = Object.keys(readers) as readonly PartKind[];

const folderByKind: Readonly<Record<PartKind, string>> = {
  service: "services",
  site: "sites",
  stateful: "stateful",
  daemon: "daemons",
  job: "jobs",
  cronJob: "cronJobs",
  gateway: "gateways",
};

/** Where a part stands, in words of its kind: `services.web`. */
function partPath(kind: PartKind, name: string): string {
  return `${folderByKind[kind]}.${name}`;
}

/** A part; its faults stand under its kind and name, or under its index where it has none. */
export const readPart: Read<PartDraft> = (value, indexPath, faults) => {
  if (!isRecord(value)) return wrongType(value, indexPath, "a part", faults);
  const kind = word(...kinds)(value["kind"], `${indexPath}.kind`, faults);
  if (kind === undefined) return undefined;
  const name = value["name"];
  const path = typeof name === "string" && name !== "" ? partPath(kind, name) : indexPath;
  return readKind(kind, value, path, faults);
};

type CommonFields = Omit<
  PartDraft,
  | "kind"
  | "path"
  | "program"
  | "scale"
  | "rollout"
  | "maxUnavailable"
  | "gateway"
  | "job"
  | "stateful"
  | "daemon"
>;

function readKind(
  kind: PartKind,
  value: Readonly<Record<string, unknown>>,
  path: string,
  faults: Faults,
): PartDraft | undefined {
  const fields = readers[kind](value, path, faults);
  if (fields === undefined) return undefined;
  const own: OwnFields = fields;
  const { disruption: allowed = null, start = "parallel", quorum = null } = own;
  const { scale = emptyScale, rollout = null } = own;
  return {
    ...commonDraft(fields),
    kind,
    path,
    scale,
    rollout,
    maxUnavailable: allowed === null ? null : allowed.maxUnavailable,
    gateway: kind === "gateway" ? (readGateway(value, path, faults) ?? null) : null,
    job: own.parallelism === undefined ? null : jobOf(own),
    stateful: kind === "stateful" ? { start, quorum } : null,
    daemon: kind === "daemon" ? { hostNetwork: own.hostNetwork ?? false } : null,
  };
}

/** What the kinds have beyond {@link common}; each kind's reader has read its own. */
interface OwnFields {
  readonly scale?: ScaleDraft;
  readonly disruption?: { readonly maxUnavailable: number } | null;
  readonly rollout?: RolloutPlan | null;
  readonly start?: "ordered" | "parallel";
  readonly quorum?: number | "majority" | null;
  readonly hostNetwork?: boolean;
  readonly parallelism?: number;
  readonly completions?: number;
  readonly retries?: number;
  readonly deadline?: number;
  readonly keepFinished?: number;
  readonly schedule?: string;
  readonly concurrency?: JobPlan["concurrency"];
  readonly startingDeadline?: number;
}

function commonDraft(
  fields: CommonFields & { readonly program: ProgramDraft },
): CommonFields & { readonly program: ProgramDraft } {
  const { name, summary, namespace, program, ports, uses, config, secrets, metrics } = fields;
  const { volumes, probes, resources, placement, stop, restart, waivers } = fields;
  const first = { name, summary, namespace, program, ports, uses, config, secrets, metrics };
  return { ...first, volumes, probes, resources, placement, stop, restart, waivers };
}

function jobOf(own: OwnFields): JobPlan {
  return {
    schedule: own.schedule ?? null,
    concurrency: own.concurrency ?? "forbid",
    startingDeadlineMs: own.startingDeadline ?? jobDefaults.startingDeadlineMs,
    parallelism: own.parallelism ?? 1,
    completions: own.completions ?? 1,
    retries: own.retries ?? jobDefaults.retries,
    deadlineMs: own.deadline ?? jobDefaults.deadlineMs,
    keepFinishedMs: own.keepFinished ?? jobDefaults.keepFinishedMs,
  };
}
