export {
  type BearerAuth,
  type BearerAuthOptions,
  bearerAuth,
  mayAccess,
  type Principal,
  principalOf,
  requireOwner,
  requireRole,
  type TokenAlgorithm,
} from "./bearer-auth.ts";
export type { DatabaseOptions } from "./database.ts";
export * from "./errors.ts";
export {
  type CallOptions,
  createHttpClient,
  type HttpAnswer,
  type HttpClient,
  type HttpClientOptions,
  type HttpMethod,
  type HttpRequest,
  path,
} from "./http-client.ts";
export type { HttpLimits, ServiceHttp } from "./http-server.ts";
export {
  type Idempotency,
  type IdempotencyOptions,
  type IdempotentRequest,
  idempotencyKeyOf,
  openIdempotency,
  type RecordAnswer,
  type RecordedAnswer,
} from "./idempotency.ts";
export { serviceMetrics } from "./metrics.ts";
export { openService, type RunningService, type ServiceHost } from "./open-service.ts";
export { currentRequest, type RequestContext } from "./request-context.ts";
export { runService } from "./run-service.ts";
export type { ServiceContext, ServiceDefinition } from "./service.ts";
export type { StreamUse } from "./stream-use.ts";
export type { HttpUseOptions, Uses } from "./uses.ts";
