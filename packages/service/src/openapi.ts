/**
 * The service's OpenAPI 3.1 document at `/openapi.json`, made from its routes' zod schemas.
 *
 * It is made at the first request: until then neither @fastify/swagger nor the document costs
 * memory or start-up time. The routes are noted as they are registered and, when asked for,
 * registered once more on a server that never listens, where the plugin sees them.
 *
 * - SK16 The document lists every route but the ones that say `hide`, with its params, query, body,
 *        answers and refusals, and its objects refuse unknown fields as the routes do.
 *
 * @module
 */
import { type FastifyInstance, type FastifySchema, fastify, type RouteOptions } from "fastify";
import { createJsonSchemaTransform } from "fastify-type-provider-zod";
import type { ServiceHttp } from "./http-server.ts";

export interface OpenApiOptions {
  readonly part: string;
  readonly title?: string;
  readonly version?: string;
}

const openApiPath = "/openapi.json";

/** Serves the document. Must be called before the routes are registered. */
export function serveOpenApi(server: ServiceHttp, options: OpenApiOptions): void {
  const routes: NotedRoute[] = [];
  server.addHook("onRoute", ({ method, url, schema }) => {
    const methods = [method].flat().filter((each) => each !== "HEAD" && each !== "OPTIONS");
    if (methods.length > 0) routes.push({ method: methods, url, schema: schema ?? {} });
  });
  let text: Promise<string> | undefined;
  server.get(openApiPath, { schema: { hide: true } }, async (_request, reply) => {
    text ??= documentOf(routes, options);
    return reply
      .type("application/json; charset=utf-8")
      .serializer(asIs)
      .send(await text);
  });
}

const asIs = (body: unknown): string => body as string;

interface NotedRoute extends Pick<RouteOptions, "url"> {
  readonly method: string[];
  readonly schema: FastifySchema;
}

const transform = createJsonSchemaTransform({
  zodToJsonConfig: {
    // What JSON Schema cannot say (a transform, a Date) is left open rather than refused.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type === "object" && def.catchall === undefined) {
        jsonSchema.additionalProperties = false;
      }
    },
  },
});

async function documentOf(routes: readonly NotedRoute[], options: OpenApiOptions): Promise<string> {
  const { fastifySwagger } = await import("@fastify/swagger");
  const scratch = fastify({ exposeHeadRoutes: false });
  scratch.setValidatorCompiler(() => () => true);
  scratch.setSerializerCompiler(() => asIs);
  await scratch.register(fastifySwagger, {
    openapi: {
      openapi: "3.1.1",
      info: { title: options.title ?? options.part, version: options.version ?? "1.0.0" },
      components: {
        schemas: { Problem: problemSchema },
        securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      },
    },
    transform,
  });
  for (const route of routes) register(scratch, route);
  await scratch.ready();
  const document = withProblems(scratch.swagger() as OpenApiDocument);
  await scratch.close();
  return JSON.stringify(document);
}

function register(scratch: FastifyInstance, route: NotedRoute): void {
  scratch.route({ ...route, handler: () => undefined });
}

interface OpenApiDocument {
  readonly paths?: Record<string, Record<string, { responses?: Record<string, unknown> }>>;
}

/** Adds to each operation how it refuses: the same document everywhere. */
function withProblems(document: OpenApiDocument): OpenApiDocument {
  const refusal = {
    description: "A problem document; `code` says which.",
    content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
  };
  for (const operations of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(operations)) {
      operation.responses = { ...operation.responses, "4XX": refusal, "5XX": refusal };
    }
  }
  return document;
}

const problemSchema = {
  type: "object" as const,
  required: ["type", "title", "status", "code", "detail", "correlationId"],
  properties: {
    type: { type: "string" as const },
    title: { type: "string" as const },
    status: { type: "integer" as const },
    code: { type: "string" as const },
    detail: { type: "string" as const },
    correlationId: { type: "string" as const },
    data: { type: "object" as const },
    errors: {
      type: "array" as const,
      items: {
        type: "object" as const,
        required: ["path", "message"],
        properties: { path: { type: "string" as const }, message: { type: "string" as const } },
      },
    },
  },
};
