/**
 * What it takes to supervise one system: the same in the foreground and in a detached process.
 *
 * A {@link SupervisionRequest} is plain data, so that it can be handed to another process.
 *
 * @module
 */
import type { Environment, Log } from "@ashlar/foundation";
import { type Builtin, Supervisor } from "@ashlar/local";
import type { Plan } from "@ashlar/model";
import type { Variables } from "./cli.ts";
import { createDatabases } from "./engines/external-server.ts";
import { overridesFrom } from "./engines/overrides.ts";
import { connectionsOf, createStoreEngines } from "./engines/store-engines.ts";
import { openBundles } from "./programs/bundles.ts";
import { ensureConsoleToken } from "./project/console-token.ts";

export interface SupervisionRequest {
  readonly plan: Plan;
  readonly projectDir: string;
  readonly stateDir: string;
  readonly replicas: Readonly<Record<string, number>>;
  readonly console: boolean;
}

export interface SupervisionModules {
  readonly environment: Environment;
  readonly variables: Variables;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Settles as soon as the control socket answers. */
export async function superviseSystem(
  request: SupervisionRequest,
  modules: SupervisionModules,
): Promise<Supervisor> {
  const { plan, projectDir, stateDir, replicas } = request;
  const { environment, variables, log, signal } = modules;
  const { urls, server } = overridesFrom(plan, variables);
  const created =
    server === null
      ? {}
      : await createDatabases(server, { plan, stateDir, environment, log, signal });
  return Supervisor.open({
    plan,
    projectDir,
    stateDir,
    environment,
    variables,
    engines: createStoreEngines({ environment, log, maxConnections: connectionsOf(plan) }),
    builtins: request.console ? [consoleBuiltin(stateDir, environment)] : [],
    overrides: { ...created, ...urls },
    replicas,
    prepareProgramFiles: (entries) =>
      openBundles({ entries, projectDir, fallbackDir: stateDir, clock: environment.clock, log }),
    log,
    signal,
  });
}

function consoleBuiltin(stateDir: string, environment: Environment): Builtin {
  const tokenFile = ensureConsoleToken(stateDir, (count) => environment.entropy.bytes(count));
  return {
    name: "console",
    summary: "Shows this system: parts, logs, metrics, traces, mail.",
    entry: import.meta.resolve("@ashlar/console/main"),
    ports: {
      http: { protocol: "http", preferred: 7070, public: true },
      smtp: { protocol: "tcp", preferred: 2525 },
      ops: { protocol: "http" },
    },
    ready: { port: "ops", path: "/readyz" },
    otlpPort: "http",
    mailboxPort: "smtp",
    env: { ASHLAR_CONSOLE_TOKEN_FILE: tokenFile },
  };
}
