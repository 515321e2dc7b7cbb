/**
 * The shape of a service: what it declares, and what it is given.
 *
 * @module
 */
import type { Environment, Log, Metric, Scope } from "@ashlar/foundation";
import type { ConfigDeclaration, ConfigFields, ConfigValues } from "@ashlar/model";
import type { Health, MetricRegistry, Tracer } from "@ashlar/telemetry";
import type { HttpLimits, ServiceHttp } from "./http-server.ts";
import type { Uses } from "./uses.ts";

export interface ServiceDefinition<Fields extends ConfigFields = ConfigFields> {
  /** What an operator may set. The same value that the system definition names. */
  readonly config?: ConfigDeclaration<Fields>;
  /** Shown from the start, at zero. The same value that the system definition names. */
  readonly metrics?: Readonly<Record<string, Metric>>;
  readonly limits?: HttpLimits;
  /** Name of the port that serves requests. Default `http`. */
  readonly port?: string;
  /** Shown in /openapi.json. */
  readonly openapi?: { readonly title?: string; readonly version?: string };
  /**
   * Opens what the service needs and registers its routes. The port listens, and the service
   * becomes ready, when this settles. What it throws ends the start.
   */
  readonly open: (context: ServiceContext<Fields>) => Promise<void> | void;
}

export interface ServiceContext<Fields extends ConfigFields = ConfigFields> {
  readonly config: ConfigValues<ConfigDeclaration<Fields>>;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly tracer: Tracer;
  readonly health: Health;
  readonly environment: Environment;
  /** Owns what lives as long as the service; released last opened first when it stops. */
  readonly scope: Scope;
  /**
   * Aborted when the requests in flight are done and the service closes. For loops and consumers.
   */
  readonly signal: AbortSignal;
  readonly uses: Uses;
  readonly http: ServiceHttp;
  /** Who this process is. */
  readonly identity: {
    readonly system: string;
    readonly part: string;
    readonly instance: string;
  };
}
