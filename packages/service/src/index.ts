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
export { serviceMetrics } from "./metrics.ts";
export { openService, type RunningService, type ServiceHost } from "./open-service.ts";
export { currentRequest, type RequestContext } from "./request-context.ts";
export { runService } from "./run-service.ts";
export type { ServiceContext, ServiceDefinition } from "./service.ts";
export type { HttpUseOptions, Uses } from "./uses.ts";
