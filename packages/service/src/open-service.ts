/**
 * Opens a service inside the present process: for `runService`, and for tests, which need no
 * process.
 *
 * The order is the same everywhere: telemetry and the ops port first, so that probes are answered
 * while databases are waited for; then the service's own `open`; then its port; then ready.
 *
 * - SK13 A service is ready only after its `open` has settled and its port listens. A failed start
 *        says why in one log line with its code, and leaves nothing open.
 * - SK14 Stopping: unready first, then the drain window, then no new connections, then the requests
 *        in flight are finished, then everything is released in reverse order.
 *
 * @module
 */
import type { AddressInfo } from "node:net";
import { CodedError, describeError, type Environment, Scope } from "@ashlar/foundation";
import {
  type ConfigDeclaration,
  type ConfigFields,
  type ConfigValues,
  parseConfig,
} from "@ashlar/model";
import { type OpsServer, openTelemetry, serveOps, type Telemetry } from "@ashlar/telemetry";
import { HttpPortError, StartTimeoutError } from "./errors.ts";
import { createHttpServer, type HttpServer } from "./http-server.ts";
import { serveOpenApi } from "./openapi.ts";
import { currentRequest } from "./request-context.ts";
import type { ServiceContext, ServiceDefinition } from "./service.ts";
import { readSettings, type ServiceSettings, type Variables } from "./settings.ts";
import { createUses } from "./uses.ts";

export interface ServiceHost {
  /** The process environment. */
  readonly variables: Variables;
  /** What relative paths of the Plan are relative to: the directory of the definition. */
  readonly directory: string;
  readonly environment: Environment;
  /** Takes log lines in place of standard output. */
  readonly write?: (line: string) => void;
}

export interface RunningService {
  readonly telemetry: Telemetry;
  readonly settings: ServiceSettings;
  /** For example `http://127.0.0.1:3001`. */
  readonly url: string;
  readonly opsUrl: string;
  /** Stops in order (SK14); settles when all is released. Idempotent. */
  stop(): Promise<void>;
}

/** @throws coded errors of this room and of what `open` opens, after they have been logged. */
export async function openService<Fields extends ConfigFields>(
  definition: ServiceDefinition<Fields>,
  host: ServiceHost,
): Promise<RunningService> {
  const startedAtMs = host.environment.clock.monotonicMs();
  let settings: ServiceSettings;
  try {
    settings = readSettings(host.variables);
  } catch (error) {
    await using telemetry = telemetryOf(minimalIdentity(host.variables), host);
    logFailedStart(telemetry, error);
    throw error;
  }
  const telemetry = telemetryOf(settings, host);
  const resources = new AsyncDisposableStack();
  resources.use(telemetry);
  try {
    const started = await start(definition, { host, settings, telemetry, resources });
    const startedInMs = Math.round(host.environment.clock.monotonicMs() - startedAtMs);
    telemetry.log.info("service ready", { ...started.addresses, startedInMs });
    return running({ ...started, host, settings, telemetry, resources });
  } catch (error) {
    logFailedStart(telemetry, error);
    await resources.disposeAsync().catch(() => undefined); // The first failure is the one to tell.
    throw error;
  }
}

function minimalIdentity(variables: Variables): Identity {
  const part = variables["ASHLAR_PART"] ?? "service";
  return { part, instance: variables["ASHLAR_INSTANCE"] ?? part, system: "", logLevel: "info" };
}

type Identity = Pick<ServiceSettings, "part" | "instance" | "system" | "logLevel"> &
  Partial<ServiceSettings>;

function telemetryOf(identity: Identity, host: ServiceHost): Telemetry {
  const { part, instance, system, logLevel, otlpEndpoint, sampleRatio } = identity;
  return openTelemetry({
    part,
    instance,
    system,
    logLevel,
    environment: host.environment,
    logContext: () => currentRequest()?.logFields ?? {},
    ...(otlpEndpoint === undefined ? {} : { otlpEndpoint }),
    ...(sampleRatio === undefined ? {} : { sampleRatio }),
    ...(host.write === undefined ? {} : { write: host.write }),
  });
}

function logFailedStart(telemetry: Telemetry, error: unknown): void {
  const known = error instanceof CodedError;
  telemetry.log.fatal("service could not start", {
    code: known ? error.code : "START_FAILED",
    reason: describeError(error),
    ...(known ? {} : { error }),
  });
}

interface Ground {
  readonly host: ServiceHost;
  readonly settings: ServiceSettings;
  readonly telemetry: Telemetry;
  /** Released last opened first, when the service stops or its start fails. */
  readonly resources: AsyncDisposableStack;
}

interface Started {
  readonly server: HttpServer;
  readonly addresses: { readonly url: string; readonly opsUrl: string };
}

async function start<Fields extends ConfigFields>(
  definition: ServiceDefinition<Fields>,
  ground: Ground,
): Promise<Started> {
  const { host, settings, telemetry, resources } = ground;
  const starting = telemetry.health.addCheck("start", () => {
    throw new StartTimeoutError(settings.startupMs);
  });
  const ops = resources.use(
    await serveOps({ host: settings.host, port: settings.portOf("ops"), telemetry }),
  );
  const server = createHttpServer({
    telemetry,
    environment: host.environment,
    ...(definition.limits === undefined ? {} : { limits: definition.limits }),
  });
  serveOpenApi(server.fastify, { part: settings.part, ...definition.openapi });
  const scope = resources.use(new Scope());
  resources.use(server);
  for (const metric of Object.values(definition.metrics ?? {})) showAtZero(telemetry, metric);
  await withinStartup(ground, async (startSignal) => {
    await definition.open(contextOf(definition, ground, { scope, server, startSignal }));
    await server.fastify.ready();
  });
  await listen(server, settings.host, settings.portOf(definition.port ?? "http"));
  await telemetry.tracing;
  starting[Symbol.dispose]();
  return { server, addresses: addressesOf(server, ops, settings) };
}

function showAtZero(
  { metrics }: Telemetry,
  metric: NonNullable<ServiceDefinition["metrics"]>[string],
): void {
  if (metric.kind === "counter") metrics.counter({ ...metric, kind: metric.kind });
  else if (metric.kind === "gauge") metrics.gauge({ ...metric, kind: metric.kind });
  else metrics.histogram({ ...metric, kind: metric.kind });
}

function contextOf<Fields extends ConfigFields>(
  definition: ServiceDefinition<Fields>,
  ground: Ground,
  made: { readonly scope: Scope; readonly server: HttpServer; readonly startSignal: AbortSignal },
): ServiceContext<Fields> {
  const { host, settings, telemetry } = ground;
  const { scope, server, startSignal } = made;
  const { log, metrics, tracer, health } = telemetry;
  const { environment, variables, directory } = host;
  return {
    config: configOf(definition, settings, variables),
    log,
    metrics,
    tracer,
    health,
    environment,
    scope,
    signal: scope.signal,
    uses: createUses({
      variables,
      directory,
      settings,
      environment,
      telemetry,
      log,
      scope,
      startSignal,
    }),
    http: server.fastify,
    identity: { system: settings.system, part: settings.part, instance: settings.instance },
  };
}

function configOf<Fields extends ConfigFields>(
  definition: ServiceDefinition<Fields>,
  settings: ServiceSettings,
  env: Variables,
): ConfigValues<ConfigDeclaration<Fields>> {
  if (definition.config === undefined) return {} as ConfigValues<ConfigDeclaration<Fields>>;
  return parseConfig(definition.config, { file: settings.configFile, env });
}

/** Runs `work` with a signal that is aborted when the time to start is over. */
async function withinStartup(
  { host, settings }: Ground,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const limit = new AbortController();
  const done = new AbortController();
  const late = new Promise<never>((_resolve, reject) => {
    host.environment.clock.sleep(settings.startupMs, done.signal).then(
      () => {
        const error = new StartTimeoutError(settings.startupMs);
        reject(error); // Before the abort, whose consequences would be told in its place.
        limit.abort(error);
      },
      () => undefined,
    );
  });
  try {
    await Promise.race([work(limit.signal), late]);
  } finally {
    done.abort();
  }
}

async function listen(server: HttpServer, host: string, port: number): Promise<void> {
  try {
    await server.fastify.listen({ host, port });
  } catch (cause) {
    throw new HttpPortError(host, port, { cause });
  }
}

function addressesOf(
  server: HttpServer,
  ops: OpsServer,
  settings: ServiceSettings,
): Started["addresses"] {
  const { port } = server.fastify.server.address() as AddressInfo;
  const host = settings.host.includes(":") ? `[${settings.host}]` : settings.host;
  return { url: `http://${host}:${port}`, opsUrl: `http://${host}:${ops.port}` };
}

function running(opened: Started & Ground): RunningService {
  const { addresses, host, settings, telemetry, resources } = opened;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    telemetry.health.setStopping();
    telemetry.log.info("service stopping", { drainMs: settings.drainMs });
    if (settings.drainMs > 0) {
      await host.environment.clock.sleep(settings.drainMs, new AbortController().signal);
    }
    await resources.disposeAsync(); // The server first, then what the service owns, then telemetry.
  };
  return {
    telemetry,
    settings,
    ...addresses,
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}
