/**
 * Environment variables: within one part, one name means one thing.
 *
 * @module
 */
import { describeUse, type ResolvedPart } from "../assemble/uses.ts";
import { configEnv } from "../config.ts";
import type { UsePlan } from "../plan/part.ts";
import type { Faults } from "../read/reader.ts";

interface Variable {
  readonly env: string;
  /** What it holds. The same thing may be named twice. */
  readonly meaning: string;
  readonly path: string;
}

/** Names that the runner itself gives to every process. */
const reserved: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "TMPDIR",
  "LANG",
  "TZ",
  "NODE_OPTIONS",
  "NODE_COMPILE_CACHE",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
]);

export function checkEnvNames(part: ResolvedPart, faults: Faults): void {
  const meanings = new Map<string, string>();
  for (const { env, meaning, path } of variablesOf(part)) {
    if (env.startsWith("ASHLAR_") || reserved.has(env)) {
      faults.report({
        code: "ENV_RESERVED",
        path,
        value: env,
        expected: "a variable name that the runner does not use itself",
        problem: `the variable ${env} is the runner's own`,
      });
    }
    const other = meanings.get(env);
    if (other !== undefined && other !== meaning) {
      faults.report({
        code: "ENV_COLLISION",
        path,
        value: env,
        expected: "a variable name of its own; choose one with env",
        problem: `the variable ${env} already holds ${other}`,
      });
    }
    meanings.set(env, other ?? meaning);
  }
}

function variablesOf({ draft, uses, secrets }: ResolvedPart): readonly Variable[] {
  return [
    ...uses.map(({ path, use }) => ({ env: use.env, meaning: addressOf(use), path })),
    ...secrets.map((use) => ({
      env: use.env,
      meaning: `${use.half} secret ${use.secret}.${use.key} as ${use.as}`,
      path: `${draft.path}.secrets`,
    })),
    ...Object.entries(draft.config).map(([name, field]) => ({
      env: configEnv(name, field),
      meaning: `configuration ${name}`,
      path: `${draft.path}.config.${name}`,
    })),
  ];
}

/** Publisher and consumer of one stream have the same address. */
function addressOf(use: UsePlan): string {
  if (use.to === "stream") return `the address of ${use.stream}`;
  const each = use.to === "port" && use.perReplica ? "each replica's address" : "the address";
  return `${each} of ${describeUse(use)}`;
}
