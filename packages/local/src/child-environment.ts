/**
 * The environment variables of one process: exactly these, and nothing of the caller's own. Pure.
 *
 * - LCE1  Beside what this module writes, a process gets `PATH HOME TMPDIR LANG TZ` and nothing else,
 *        but for the variables that the part's own configuration declares.
 *
 * @module
 */
import type { UsePlan } from "@ashlar/model";
import type { RunnablePart } from "./runnable-part.ts";
import { upperSnake } from "./secret-values.ts";

/** What is the same for every process of a system. */
export interface SystemVariables {
  readonly system: string;
  readonly environment: string;
  readonly planPath: string;
  readonly host: string;
  /** Undefined when no console runs. */
  readonly otlpEndpoint: string | undefined;
  /** Built-in programs get it as `ASHLAR_CONTROL`. */
  readonly controlSocket: string;
  readonly compileCache: string;
  /** The caller's. */
  readonly inherited: Readonly<Record<string, string | undefined>>;
}

export interface ReplicaVariables {
  readonly part: RunnablePart;
  readonly ordinal: number;
  readonly instance: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly configPath: string;
  /** What a use's variable holds; undefined: it is left out (a stand-in that needs no address). */
  readonly addressOf: (use: UsePlan) => string | undefined;
  /** By variable: a path or a value. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Directories by the volume's name. */
  readonly volumes: Readonly<Record<string, string>>;
  /** For Node programs: file URL of the guard. */
  readonly guardUrl: string;
  /** The guard's policy file. */
  readonly policyPath: string;
  readonly nodeArguments: readonly string[];
  /** Started ahead of its turn: see LGD5. */
  readonly held: boolean;
}

const inheritedNames = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"] as const;

/** Which descriptor the lifeline is, and how long the guard waits before it kills: see guard.ts. */
const lifelineDescriptor = "3";

export function childEnvironment(
  system: SystemVariables,
  replica: ReplicaVariables,
): Readonly<Record<string, string>> {
  const { part } = replica;
  const variables: Record<string, string | undefined> = {
    ...Object.fromEntries(inheritedNames.map((name) => [name, system.inherited[name]])),
    ...declaredConfig(part, system.inherited),
    NODE_COMPILE_CACHE: system.compileCache,
    OTEL_EXPORTER_OTLP_ENDPOINT: part.builtin ? undefined : system.otlpEndpoint,
    ASHLAR_SYSTEM: system.system,
    ASHLAR_PART: part.name,
    ASHLAR_REPLICA: String(replica.ordinal),
    ASHLAR_INSTANCE: replica.instance,
    ASHLAR_ENVIRONMENT: system.environment,
    ASHLAR_PLAN: system.planPath,
    ASHLAR_HOST: system.host,
    ASHLAR_CONFIG: replica.configPath,
    ASHLAR_SUPERVISED: "1",
    ASHLAR_CONTROL: part.builtin ? system.controlSocket : undefined,
  };
  for (const [port, number] of Object.entries(replica.ports)) {
    variables[`ASHLAR_PORT_${upperSnake(port)}`] = String(number);
  }
  for (const use of part.uses) variables[use.env] = replica.addressOf(use);
  for (const [volume, path] of Object.entries(replica.volumes)) {
    variables[`ASHLAR_VOLUME_${upperSnake(volume)}`] = path;
  }
  if (part.job !== undefined) {
    variables["ASHLAR_WORKER_ID"] = String(replica.ordinal);
    variables["ASHLAR_WORKERS"] = String(part.job.completions);
  }
  Object.assign(variables, replica.secrets, part.env);
  if (part.program.runtime === "node") {
    const options = [...replica.nodeArguments, `--import=${replica.guardUrl}`];
    variables["NODE_OPTIONS"] = options.join(" ");
    variables["ASHLAR_POLICY"] = replica.policyPath;
    if (replica.held) variables["ASHLAR_HOLD"] = "1";
    variables["ASHLAR_LIFELINE_FD"] = lifelineDescriptor;
    variables["ASHLAR_GRACE_MS"] = String(part.stop.graceMs);
  }
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** `SESSION_MINUTES=5 ashlar up` reaches the part that declares the variable, and no other. */
function declaredConfig(
  part: RunnablePart,
  inherited: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.values(part.config).map((config) => [config.env, inherited[config.env]]),
  );
}
