/**
 * Plans, engines and supervisors for tests.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLog } from "@ashlar/foundation";
import type { PartPlan, Plan, PortPlan, StorePlan, UsePlan } from "@ashlar/model";
import { realEnvironment } from "@ashlar/program";
import {
  type ReplicaStatus,
  type StoreEngines,
  Supervisor,
  type SupervisorOptions,
} from "../src/index.ts";

export const programsDir: string = fileURLToPath(new URL("./programs/", import.meta.url));

export function port(name: string, changes: Partial<PortPlan> = {}): PortPlan {
  return { name, protocol: "http", number: 8080, exposure: "part", ...changes };
}

export function use(part: string, changes: Partial<UsePlan> = {}): UsePlan {
  return {
    to: "port",
    part,
    port: "http",
    env: `${part.toUpperCase()}_URL`,
    perReplica: false,
    optional: false,
    ...changes,
  } as UsePlan;
}

const none = { min: 1, max: 1, signals: [], vertical: "off", perReplicaRate: null } as const;
const policy = { stabilizationMs: 0, select: "max", steps: [] } as const;

/** A part that runs `programs/server.ts`, with probes that notice quickly. */
export function part(name: string, changes: Partial<PartPlan> = {}): PartPlan {
  const probe = { periodMs: 100, timeoutMs: 1_000, failures: 2, successes: 1, initialDelayMs: 0 };
  return {
    kind: "service",
    name,
    summary: "",
    namespace: "default",
    program: { runtime: "node", entry: "./server.ts", args: [], image: "" },
    ports: { http: port("http") },
    uses: [],
    config: {},
    secrets: [],
    volumes: [],
    probes: {
      startup: { ...probe, failures: 100, check: { kind: "tcp", port: "http" } },
      readiness: { ...probe, check: { kind: "http", port: "http", path: "/readyz" } },
      liveness: { ...probe, check: { kind: "http", port: "http", path: "/healthz" } },
    },
    resources: {
      cpuMillicores: 100,
      cpuLimitMillicores: null,
      memoryBytes: 2 ** 27,
      memoryLimitBytes: 2 ** 28,
      ephemeralBytes: 0,
      ephemeralLimitBytes: 0,
      qos: "burstable",
    },
    scale: { ...none, up: policy, down: policy },
    disruption: { maxUnavailable: 1 },
    rollout: { strategy: "rolling", surgePercent: 25, unavailablePercent: 0, minReadyMs: 0 },
    placement: { priority: "normal", pool: null, spread: [], antiAffinity: "none" },
    stop: { graceMs: 5_000, drainMs: 0 },
    restart: { initialMs: 50, maxMs: 500, resetMs: 60_000 },
    metrics: [],
    waivers: [],
    ...changes,
  };
}

export function store(name: string, changes: Partial<StorePlan> = {}): StorePlan {
  return {
    name,
    summary: "",
    engine: "postgres",
    namespace: "default",
    version: "18",
    realization: "statefulSet",
    local: "embedded",
    port: 5432,
    replicas: 1,
    storageBytes: 2 ** 30,
    storageClass: "standard",
    resources: part("x").resources,
    migrations: null,
    maxConnections: 20,
    backup: null,
    ...changes,
  };
}

export function plan(parts: readonly PartPlan[], changes: Partial<Plan> = {}): Plan {
  return {
    format: "ashlar.plan/1",
    system: "trial",
    summary: "",
    environment: "dev",
    owner: { team: "t", email: "t@example.org" },
    namespaces: {},
    parts: Object.fromEntries(parts.map((each) => [each.name, each])),
    stores: {},
    streams: {},
    externals: {},
    secrets: {},
    metrics: {},
    objectives: {},
    alerts: {},
    dashboards: {},
    loads: {},
    pools: {},
    edges: [],
    startOrder: parts.map((each) => [each.name]),
    ...changes,
  };
}

const noEngines: StoreEngines = {
  openPostgres: () => Promise.reject(new Error("this test has no PostgreSQL")),
  prepareExternal: () => Promise.resolve(),
};

export interface TemporaryDirectory extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryDirectory(): Promise<TemporaryDirectory> {
  const path = await mkdtemp(join(tmpdir(), "ashlar-local-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export function optionsFor(
  given: Plan,
  stateDir: string,
  changes: Partial<SupervisorOptions> = {},
): SupervisorOptions {
  return {
    plan: given,
    projectDir: programsDir,
    stateDir,
    environment: realEnvironment(),
    variables: process.env,
    engines: noEngines,
    log: silentLog,
    signal: new AbortController().signal,
    ...changes,
  };
}

/** A running system that is brought down, and its state removed, when it is disposed of. */
export async function up(
  given: Plan,
  changes: Partial<SupervisorOptions> = {},
): Promise<{ readonly supervisor: Supervisor; readonly stateDir: string } & AsyncDisposable> {
  const directory = await temporaryDirectory();
  const stateDir = join(directory.path, "state");
  const supervisor = await Supervisor.open(optionsFor(given, stateDir, changes));
  return {
    supervisor,
    stateDir,
    [Symbol.asyncDispose]: async () => {
      await supervisor[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** The service address of a part's port as a URL. */
export function addressOf(supervisor: Supervisor, name: string, portName = "http"): string {
  const found = supervisor.currentStatus().parts.find((each) => each.name === name);
  return `http://${found?.addresses[portName]}`;
}

export function replicasOf(supervisor: Supervisor, name: string): readonly ReplicaStatus[] {
  return supervisor.currentStatus().parts.find((each) => each.name === name)?.replicas ?? [];
}

/** One request over a connection of its own. */
export async function ask(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { connection: "close" } });
  return (await response.json()) as Record<string, unknown>;
}

/** Settles when the status satisfies `holds`; looks again after every event. */
export async function untilStatus(
  supervisor: Supervisor,
  holds: (status: ReturnType<Supervisor["currentStatus"]>) => boolean,
): Promise<void> {
  const done = new AbortController();
  const events = supervisor.events(done.signal);
  if (holds(supervisor.currentStatus())) return done.abort();
  for await (const _ of events) if (holds(supervisor.currentStatus())) break;
  done.abort();
}
