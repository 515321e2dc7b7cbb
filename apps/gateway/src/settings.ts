/**
 * What the environment tells the gateway: who it is, its Plan, where its services are.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";
import { describeError } from "@ashlar/foundation";
import type { Addresses, TlsFiles } from "@ashlar/gateway";
import type { GatewayPlan, PartPlan, Plan } from "@ashlar/model";
import { GatewaySettingsError } from "./errors.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Settings {
  readonly system: string;
  readonly part: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly opsPort: number;
  readonly plan: GatewayPlan;
  readonly addresses: Addresses;
  /** Address of the store of shared limits and credentials; undefined: everything in process. */
  readonly sharedStateUrl: string | undefined;
  readonly tls: TlsFiles | undefined;
  /** Records to begin with; see `parseCredentialsFile`. */
  readonly credentialsFile: string | undefined;
  readonly otlpEndpoint: string | undefined;
  /** Share of the traces begun here that are recorded. */
  readonly sampleRatio: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** Between unready and refusing connections, for routers to notice. */
  readonly drainMs: number;
  /** For requests in flight after that. */
  readonly graceMs: number;
}

const logLevels = ["debug", "info", "warn", "error"] as const;

/** @throws {GatewaySettingsError} naming every fault. */
export function readSettings(variables: Variables): Settings {
  const part = variables["ASHLAR_PART"];
  const planPath = variables["ASHLAR_PLAN"];
  if (part === undefined || planPath === undefined) {
    throw new GatewaySettingsError(["ASHLAR_PART and ASHLAR_PLAN must be set"]);
  }
  const plan = readPlan(planPath);
  const own = plan.parts[part];
  if (own?.gateway === undefined) {
    throw new GatewaySettingsError([`part "${part}" of the Plan is not a gateway`]);
  }
  const violations: string[] = [];
  const integer = (name: string, otherwise: number): number => {
    const value = variables[name] ?? String(otherwise);
    if (!/^\d{1,9}$/.test(value)) violations.push(`${name} is "${value}", expected a number`);
    return Number(value);
  };
  const logLevel = logLevels.find((each) => each === (variables["ASHLAR_LOG_LEVEL"] ?? "info"));
  if (logLevel === undefined) violations.push(`ASHLAR_LOG_LEVEL must be ${logLevels.join(", ")}`);
  const sampleRatio = Number(variables["ASHLAR_TRACE_RATIO"] ?? "1");
  if (!(sampleRatio >= 0 && sampleRatio <= 1)) violations.push("ASHLAR_TRACE_RATIO must be 0..1");
  const drainMs = integer("ASHLAR_DRAIN_MS", 0);
  const settings: Settings = {
    system: plan.system,
    part,
    instance: variables["ASHLAR_INSTANCE"] ?? `${part}-${variables["ASHLAR_REPLICA"] ?? "0"}`,
    host: variables["ASHLAR_HOST"] ?? "127.0.0.1",
    port: integer(`ASHLAR_PORT_${publicPortName(own)}`, 0),
    opsPort: integer("ASHLAR_PORT_OPS", 0),
    plan: own.gateway,
    addresses: addressesFrom(own, variables),
    sharedStateUrl: sharedStateUrl(own, variables),
    tls: tlsFiles(own, variables, violations),
    credentialsFile: variables["GATEWAY_CREDENTIALS_FILE"],
    otlpEndpoint: variables["OTEL_EXPORTER_OTLP_ENDPOINT"],
    sampleRatio,
    logLevel: logLevel ?? "info",
    drainMs,
    graceMs: Math.max(0, own.stop.graceMs * 0.9 - drainMs),
  };
  if (violations.length > 0) throw new GatewaySettingsError(violations);
  return settings;
}

function readPlan(path: string): Plan {
  let plan: Plan;
  try {
    plan = JSON.parse(readFileSync(path, "utf8")) as Plan;
  } catch (error) {
    throw new GatewaySettingsError([`ASHLAR_PLAN: ${describeError(error)}`]);
  }
  // The Plan was checked when it was made; here only its version is, for the schema is heavy.
  const format: string = plan.format;
  if (format !== "ashlar.plan/1") {
    throw new GatewaySettingsError([`ASHLAR_PLAN: format "${format}" is not ashlar.plan/1`]);
  }
  return plan;
}

/** The port that clients use: the first that is not for operations. */
function publicPortName({ ports }: PartPlan): string {
  const open = Object.values(ports).filter((each) => each.exposure !== "ops");
  const port = open.find((each) => each.exposure === "public") ?? open[0];
  return upperSnake(port?.name ?? "http");
}

function upperSnake(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
}

function addressesFrom({ uses }: PartPlan, variables: Variables): Addresses {
  return (part, port) => {
    const use = uses.find((each) => each.to === "port" && each.part === part && each.port === port);
    const value = use === undefined ? undefined : variables[use.env];
    return (value ?? "")
      .split(",")
      .map((each) => each.trim())
      .filter((each) => each !== "");
  };
}

function sharedStateUrl({ uses, gateway }: PartPlan, variables: Variables): string | undefined {
  const store = gateway?.sharedState?.store;
  const use = uses.find((each) => each.to === "store" && each.store === store);
  return use === undefined ? undefined : variables[use.env];
}

/**
 * A secret with a certificate is either one file with both halves, beside which they may also stand
 * alone (`.crt`, `.key`), or two keys of the secret (`tls.crt`, `tls.key`).
 */
function tlsFiles(
  { gateway, secrets }: PartPlan,
  variables: Variables,
  violations: string[],
): TlsFiles | undefined {
  const secret = gateway?.tls.secret ?? null;
  if (gateway === undefined || gateway.tls.certificate === "none" || secret === null) {
    return undefined;
  }
  const uses = secrets.filter((each) => each.secret === secret);
  const pathOf = (pattern: RegExp): string | undefined => {
    const use = uses.find((each) => pattern.test(each.key)) ?? uses[0];
    return use === undefined ? undefined : variables[use.env];
  };
  const certificate = pathOf(/crt|cert|chain/i);
  const key = pathOf(/key/i);
  if (certificate === undefined || key === undefined) {
    violations.push(`secret "${secret}" with the TLS certificate is not among the part's secrets`);
    return undefined;
  }
  const half = (path: string, suffix: string): string =>
    existsSync(`${path}${suffix}`) ? `${path}${suffix}` : path;
  return { certificateFile: half(certificate, ".crt"), keyFile: half(key, ".key") };
}
