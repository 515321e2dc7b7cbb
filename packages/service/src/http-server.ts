/**
 * The server of a service: Fastify, with the kit's limits, errors, context and measures.
 *
 * - SK8  A request that does not arrive whole in time, or is not HTTP/1.1 as the standard has it,
 *        is refused and its connection closed, whatever the other connections do.
 * - SK9  Every answered or broken-off request is counted once under its route's pattern, never its
 *        path.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import {
  type Environment,
  httpRequestDurationSeconds,
  httpRequestsInFlight,
  httpRequestsTotal,
} from "@ashlar/foundation";
import type { OpenSpan, Telemetry } from "@ashlar/telemetry";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  type RawServerDefault,
} from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { InFlight } from "./in-flight.ts";
import { parseJsonBody } from "./json-body.ts";
import {
  frameworkProblem,
  type Problem,
  problemBody,
  problemContentType,
  problemFrom,
  serviceProblem,
} from "./problem.ts";
import {
  correlationHeader,
  correlationIdOf,
  openRequestContext,
  type RequestContext,
  runInRequest,
} from "./request-context.ts";
import { checkRequest, type RequestChecks, requestChecks } from "./request-validation.ts";
import { RouteTable } from "./route-table.ts";

/**
 * Fastify with zod schemas: `schema: { params, querystring, body, response }` give the handler its
 * types.
 */
export type ServiceHttp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface HttpLimits {
  /** Of a request's body. Default 256 KiB; a route may say otherwise by `bodyLimit`. */
  readonly bodyBytes?: number;
  /** From a request's first byte to its last. Default 15 s. */
  readonly requestTimeoutMs?: number;
  /**
   * From a request's arrival to its answer. Default 30 s; a route may say otherwise by
   * `config.timeoutMs`.
   */
  readonly handlerTimeoutMs?: number;
}

export interface HttpServerOptions {
  readonly telemetry: Pick<Telemetry, "log" | "metrics" | "tracer" | "health">;
  readonly environment: Environment;
  readonly limits?: HttpLimits;
}

/** What the kit keeps with a request. */
interface Serving {
  readonly context: RequestContext;
  readonly span: OpenSpan;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set by the kit before any hook of the service runs. */
    serving: Serving | null;
  }
  interface FastifyContextConfig {
    /** Made by the kit from the route's schema. */
    checks?: RequestChecks;
    /** How long this route may take to answer. `Infinity` for streams. */
    timeoutMs?: number;
  }
}

const headerBytesMax = 16 * 1024;

export interface HttpServer extends AsyncDisposable {
  readonly fastify: ServiceHttp;
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const { bodyBytes = 256 * 1024, requestTimeoutMs = 15_000 } = options.limits ?? {};
  const handlerTimeoutMs = options.limits?.handlerTimeoutMs ?? 30_000;
  const server = fastify({
    bodyLimit: bodyBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: 65_000,
    forceCloseConnections: "idle",
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 256 },
    http: {
      insecureHTTPParser: false,
      headersTimeout: Math.min(10_000, requestTimeoutMs),
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: headerBytesMax,
    },
    genReqId: (request) => correlationIdOf(request.headers, options.environment.entropy),
    frameworkErrors: (error, request, reply) => {
      const problem = frameworkProblem(error) ?? problemFrom(error);
      void sendProblem(request, reply, problem);
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, options.environment),
  }).withTypeProvider<ZodTypeProvider>();
  server.decorateRequest("serving", null);
  server.decorateRequest("principal", null);
  useZod(server);
  useJsonBodies(server);
  const inFlight = new InFlight(options.environment.clock);
  observeRequests(server, options, { handlerTimeoutMs, inFlight });
  answerErrors(server, options, new RouteTable());
  return { fastify: server, [Symbol.asyncDispose]: () => closeServer(server, inFlight) };
}

/** No new connections, the requests in flight to their end, then whatever is still connected. */
async function closeServer(server: ServiceHttp, inFlight: InFlight): Promise<void> {
  const closed = server.close();
  await inFlight.untilIdle();
  inFlight.close();
  server.server.closeAllConnections();
  await closed;
}

function useZod(server: ServiceHttp): void {
  // The kit checks every part of a request at once (SK6); Fastify would stop at the first.
  server.setValidatorCompiler(() => () => true);
  server.setSerializerCompiler(serializerCompiler);
  server.addHook("onRoute", (route) => {
    route.config = { ...route.config, checks: requestChecks(route.schema) };
  });
  server.addHook("preHandler", (request, _reply, done) => {
    const { checks } = request.routeOptions.config;
    if (checks !== undefined) checkRequest(request, checks);
    done();
  });
}

function useJsonBodies(server: ServiceHttp): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    ["application/json", "application/merge-patch+json"],
    { parseAs: "buffer" },
    (request, body, done) => {
      const coding = request.headers["content-encoding"];
      if (coding !== undefined && coding !== "identity") {
        return done(new MediaTypeError());
      }
      try {
        done(null, parseJsonBody(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

class MediaTypeError extends Error {
  readonly code = "FST_ERR_CTP_INVALID_MEDIA_TYPE";
}

function observeRequests(
  server: ServiceHttp,
  options: HttpServerOptions,
  {
    handlerTimeoutMs,
    inFlight,
  }: { readonly handlerTimeoutMs: number; readonly inFlight: InFlight },
): void {
  const { telemetry, environment } = options;
  const { tracer, health, metrics } = telemetry;
  const gauge = metrics.gauge(httpRequestsInFlight);
  metrics.onExpose(() => gauge.set({}, inFlight.count));
  const finished = requestMeasures(options);
  server.addHook("onRequest", (request, reply, done) => {
    const limitMs = request.routeOptions.config.timeoutMs ?? handlerTimeoutMs;
    const context = openRequestContext(request.headers, request.id, {
      clock: environment.clock,
      limitMs,
    });
    const parent = tracer.extract(request.headers) ?? null;
    const span = tracer.start(request.method, { kind: "server", parent });
    request.serving = { context, span };
    const { deadlineAtMs } = context;
    const served = { deadlineAtMs, giveUp: () => giveUp(request, reply) };
    inFlight.enter(served);
    reply.header(correlationHeader, request.id);
    const startedAtMs = environment.clock.monotonicMs();
    // `close` comes after every answer and every broken connection, once.
    reply.raw.once("close", () => {
      inFlight.leave(served);
      finished(request, reply, startedAtMs);
    });
    span.run(() => runInRequest(context, done));
  });
  // Reading the body leaves the context: its events come from the connection.
  server.addHook("preValidation", (request, _reply, done) => {
    if (request.serving === null) return done();
    const { span, context } = request.serving;
    span.run(() => runInRequest(context, done));
  });
  server.addHook("onSend", (_request, reply, payload, done) => {
    if (health.isStopping) reply.header("connection", "close");
    done(null, payload);
  });
}

/**
 * The handler was not done in time: the client is told, and what the handler says later is dropped.
 */
function giveUp(request: FastifyRequest, reply: FastifyReply): void {
  if (reply.sent) return;
  if (reply.raw.headersSent) {
    reply.raw.destroy();
    return;
  }
  const detail = "the service was not done within the route's time";
  void sendProblem(request, reply, serviceProblem("HANDLER_TIMED_OUT", detail));
}

/** Counts, times, traces and logs a request that has come to its end (SK9). */
function requestMeasures(
  options: HttpServerOptions,
): (request: FastifyRequest, reply: FastifyReply, startedAtMs: number) => void {
  const { log, metrics } = options.telemetry;
  const total = metrics.counter(httpRequestsTotal);
  const duration = metrics.histogram(httpRequestDurationSeconds);
  return (request, reply, startedAtMs) => {
    const route = request.is404 ? "unmatched" : (request.routeOptions.url ?? "unmatched");
    const status = reply.raw.writableFinished ? reply.raw.statusCode : clientClosed;
    const seconds = (options.environment.clock.monotonicMs() - startedAtMs) / 1000;
    const method = request.method as "GET";
    total.add({ method, route, status: String(status) });
    duration.observe({ method, route }, seconds);
    const { span, context } = request.serving ?? {};
    const durationMs = Math.round(seconds * 1e5) / 100;
    const line = { ...context?.logFields, ...span?.context, method, route, status, durationMs };
    if (status >= 500) log.warn("request failed", line);
    else log.debug("request answered", line);
    if (span === undefined) return;
    span.setName(`${method} ${route}`);
    span.set({
      "http.request.method": method,
      "http.route": route,
      "http.response.status_code": status,
      "url.path": request.url.split("?", 1)[0],
      "ashlar.correlation_id": context?.correlationId,
    });
    if (status >= 500) span.fail(`status ${status}`);
    span.end();
  };
}

/** As nginx has it: the client left before the answer. */
const clientClosed = 499;

function answerErrors(server: ServiceHttp, options: HttpServerOptions, routes: RouteTable): void {
  const { log } = options.telemetry;
  server.addHook("onRoute", (route) => routes.add(route.method, route.url));
  // Before the body is read: nobody asks for it.
  server.addHook("onRequest", (request, reply, done) => {
    if (!request.is404) return done();
    void sendProblem(request, reply, unmatched(routes, request));
  });
  server.setErrorHandler((error, request, reply) => {
    const problem = frameworkProblem(error) ?? problemFrom(error);
    if (problem.status >= 500) {
      const route = request.routeOptions.url ?? "unmatched";
      log.error("request handler failed", { code: problem.code, route, error });
      request.serving?.span.fail(error);
    }
    return sendProblem(request, reply, problem);
  });
}

function unmatched(routes: RouteTable, request: FastifyRequest): Problem {
  const path = (request.raw.url ?? "/").split("?", 1)[0] ?? "/";
  const methods = routes.methodsOf(path);
  if (methods.length === 0) {
    return serviceProblem("PATH_UNKNOWN", `this service has no path ${path.slice(0, 200)}`);
  }
  const allow = methods.join(", ");
  return serviceProblem("METHOD_NOT_ALLOWED", `${path.slice(0, 200)} takes ${allow}`, {
    headers: { allow },
  });
}

function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.headers !== undefined) reply.headers(problem.headers);
  // The rest of a body that is too large is not read.
  if (problem.status === 413) reply.header("connection", "close");
  return reply
    .code(problem.status)
    .header(correlationHeader, request.id)
    .type(problemContentType)
    .serializer(asIs)
    .send(problemBody(problem, request.id));
}

const asIs = (body: unknown): string => body as string;

/** SK8: what is not even a request is answered on the bare socket. */
function answerClientError(
  error: Error & { readonly code?: string },
  socket: Socket,
  environment: Environment,
): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = clientProblem(error.code);
  const body = problemBody(problem, environment.entropy.uuid());
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      `content-type: ${problemContentType}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  );
}

function clientProblem(code: string | undefined): Problem {
  if (code === "HPE_HEADER_OVERFLOW") {
    return serviceProblem("HEADER_SECTION_TOO_LARGE", `headers may have ${headerBytesMax} bytes`);
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return serviceProblem("REQUEST_INCOMPLETE", "the request did not arrive whole in time");
  }
  return serviceProblem("HTTP_MALFORMED", "the bytes are not a valid HTTP/1.1 request");
}
