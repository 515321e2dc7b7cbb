export * from "./errors.ts";
export * from "./health.ts";
export type { LogLevel, ProgramLog } from "./json-log.ts";
export * from "./metric-registry.ts";
export { nodeHttp } from "./node-http.ts";
export * from "./ops-server.ts";
export { looksSecret, safeFields, safeText } from "./safe-fields.ts";
export * from "./telemetry.ts";
export * from "./trace-context.ts";
export type {
  OpenSpan,
  Span,
  SpanAttributes,
  SpanKind,
  SpanOptions,
  Tracer,
} from "./tracer.ts";
