import * as fc from "fast-check";
import { expect, test } from "vitest";
import * as z from "zod";
import { currentRequest, HttpError, type ServiceDefinition } from "../src/index.ts";
import { sendRaw, startService } from "./harness.ts";

const item = z.object({ sku: z.string().min(1), quantity: z.int().min(1) });
type Category = { readonly name: string; readonly parent?: Category | undefined };
const category: z.ZodType<Category> = z.object({
  name: z.string(),
  get parent() {
    return category.optional();
  },
});

class ShelfEmptyError extends HttpError<"SHELF_EMPTY", { readonly shelf: string }> {
  constructor() {
    super("SHELF_EMPTY", {
      status: 409,
      message: "the shelf A is empty",
      detail: { shelf: "A" },
      headers: { "retry-after": "3" },
    });
  }
}

const demo: ServiceDefinition = {
  limits: { bodyBytes: 4_096, requestTimeoutMs: 1_000 },
  open: ({ http, log }) => {
    const order = {
      params: z.object({ id: z.coerce.number().int() }),
      querystring: z.object({ limit: z.coerce.number().int().max(10).optional() }),
      body: z.object({
        items: z.array(item).min(1),
        note: z.string().optional(),
        pay: z
          .discriminatedUnion("by", [
            z.object({ by: z.literal("card"), number: z.string() }),
            z.object({ by: z.literal("invoice") }),
          ])
          .optional(),
        category: category.optional(),
        extra: z.looseObject({ a: z.string() }).optional(),
      }),
      response: { 200: z.object({ id: z.number(), count: z.number() }) },
    };
    http.post("/orders/:id", { schema: order }, (request) => {
      log.info("order seen", { at: currentRequest()?.correlationId });
      const answer = { id: request.params.id, count: request.body.items.length };
      return Promise.resolve({ ...answer, secret: "never sent" });
    });
    http.get("/context", async () => {
      await new Promise((resolve) => setImmediate(resolve));
      log.info("inside");
      return { left: currentRequest()?.deadlineAtMs, id: currentRequest()?.correlationId };
    });
    http.post("/plain", () => "ok");
    http.get("/files/*", () => "file");
    http.get("/empty", () => {
      throw new ShelfEmptyError();
    });
    http.get("/fault", () => {
      throw new TypeError("password=hunter2 in SELECT * FROM users");
    });
  },
};

const good = { items: [{ sku: "a", quantity: 1 }] };

test("a good request is answered by its schema, which keeps what it does not name", async () => {
  await using service = await startService(demo);
  const answer = await service.call("POST", "/orders/7?limit=3", good);
  expect([answer.status, answer.body]).toEqual([200, { id: 7, count: 1 }]);
});

test("SK6: every fault of params, query and body is named with its path", async () => {
  await using service = await startService(demo);
  const answer = await service.call("POST", "/orders/x?limit=99", {
    items: [
      { sku: "", quantity: 1 },
      { sku: "b", quantity: "2" },
    ],
    pay: { by: "cash" },
  });
  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(answer.body).toMatchObject({
    type: "about:blank",
    code: "VALIDATION_FAILED",
    status: 400,
  });
  expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual([
    "params.id",
    "query.limit",
    "body.items[0].sku",
    "body.items[1].quantity",
    "body.pay.by",
  ]);
});

test("SK5: unknown fields are refused at every level; only a loose object takes them", async () => {
  await using service = await startService(demo);
  const answer = await service.call("POST", "/orders/7?page=2", {
    ...good,
    items: [{ sku: "a", quantity: 1, colour: "red" }],
    discount: 100,
    pay: { by: "invoice", number: "1" },
    category: { name: "a", parent: { name: "b", rank: 1 } },
    extra: { a: "1", b: 2 },
  });
  expect(answer.body.errors.map((each: { path: string }) => each.path).toSorted()).toEqual([
    "body.category.parent.rank",
    "body.discount",
    "body.items[0].colour",
    "body.pay.number",
    "query.page",
  ]);
});

test("SK7: a route that declares no query and no body takes none", async () => {
  await using service = await startService(demo);
  expect((await service.call("POST", "/plain", {})).status).toBe(200);
  expect((await service.call("POST", "/plain")).status).toBe(200);
  const answer = await service.call("POST", "/plain?x=1", { y: 1 });
  expect(answer.body.errors.map((each: { path: string }) => each.path)).toEqual([
    "query.x",
    "body.y",
  ]);
});

test.for([
  ["broken JSON", '{"items":', "the body is not valid JSON"],
  ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22), "the body is not UTF-8"],
  ["deep nesting", "[".repeat(2_000), "the body nests deeper than 64 levels"],
  ["a prototype", '{"__proto__":{"admin":true}}', "the body names a prototype"],
  ["an escaped prototype", '{"\\u005f_proto__":{"admin":true}}', "the body names a prototype"],
  ["a constructor", '{"constructor":{"prototype":{"admin":true}}}', "the body names a prototype"],
  ["a NUL", '{"items":[],"note":"a\\u0000b"}', "the body holds a NUL character"],
] as const)("SK4: %s is refused", async ([, body, detail]) => {
  await using service = await startService(demo);
  const answer = await service.call("POST", "/orders/7", body);
  expect([answer.status, answer.body.code, answer.body.detail]).toEqual([
    400,
    "JSON_MALFORMED",
    detail,
  ]);
});

test("SK4: words and depths that only look bad are taken", async () => {
  await using service = await startService(demo);
  const note = '__proto__ "constructor" \\u0000 [[[[[';
  const answer = await service.call("POST", "/orders/7", { ...good, note });
  expect(answer.status).toBe(200);
});

test("SK3: every refusal is a problem document with the request's correlation id", async () => {
  await using service = await startService(demo);
  const id = { "x-correlation-id": "abc-123" };
  const large = { items: good.items, note: "x".repeat(5_000) };
  const answers = await Promise.all([
    service.call("GET", "/nowhere", undefined, id),
    service.call("DELETE", "/orders/7", undefined, id),
    service.call("PUT", "/files/a/b", undefined, id),
    service.call("POST", "/orders/7", large, id),
    service.call("POST", "/orders/7", "a=1", { ...id, "content-type": "text/plain" }),
    service.call("POST", "/orders/7", good, { ...id, "content-encoding": "gzip" }),
    service.call("GET", "/%ff", undefined, id),
    service.call("GET", "/empty", undefined, id),
    service.call("GET", "/fault", undefined, id),
  ]);
  expect(answers.map(({ body }) => [body.status, body.code, body.correlationId])).toEqual([
    [404, "PATH_UNKNOWN", "abc-123"],
    [405, "METHOD_NOT_ALLOWED", "abc-123"],
    [405, "METHOD_NOT_ALLOWED", "abc-123"],
    [413, "BODY_TOO_LARGE", "abc-123"],
    [415, "MEDIA_TYPE_UNSUPPORTED", "abc-123"],
    [415, "MEDIA_TYPE_UNSUPPORTED", "abc-123"],
    [400, "URL_MALFORMED", "abc-123"],
    [409, "SHELF_EMPTY", "abc-123"],
    [500, "INTERNAL_ERROR", "abc-123"],
  ]);
  expect(answers.every((each) => each.headers.get("x-correlation-id") === "abc-123")).toBe(true);
  expect(answers[1]?.headers.get("allow")).toBe("POST");
  expect(answers[2]?.headers.get("allow")).toBe("GET, HEAD");
});

test("SK3: an error that says how it is answered keeps its headers and data; a fault tells nothing", async () => {
  await using service = await startService(demo);
  const refusal = await service.call("GET", "/empty");
  expect(refusal.headers.get("retry-after")).toBe("3");
  expect(refusal.body).toMatchObject({ detail: "the shelf A is empty", data: { shelf: "A" } });
  const fault = await service.call("GET", "/fault");
  expect(JSON.stringify(fault.body)).not.toMatch(/SELECT|hunter2|TypeError/);
  const logged = service.lines.find((each) => each["text"] === "request handler failed");
  expect(logged).toMatchObject({ level: "error", correlationId: fault.body.correlationId });
  expect(JSON.stringify(logged)).toContain("TypeError");
});

test("SK1: a harmless correlation id is kept, any other is replaced, and logs carry it", async () => {
  await using service = await startService(demo);
  const kept = await service.call("GET", "/context", undefined, { "x-correlation-id": "a.b:c-1" });
  expect(kept.body.id).toBe("a.b:c-1");
  expect(service.lines.find((each) => each["text"] === "inside")).toMatchObject({
    correlationId: "a.b:c-1",
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, maxLength: 20 }), async (text) => {
      const sent = encodeURIComponent(text) + "%";
      const answer = await service.call("GET", "/context", undefined, { "x-correlation-id": sent });
      expect(answer.body.id).toMatch(/^[0-9a-f-]{36}$/);
    }),
    { numRuns: 20 },
  );
});

test("SK1: the context holds after the body has been read", async () => {
  await using service = await startService(demo);
  const big = { ...good, note: "x".repeat(3_000) };
  await service.call("POST", "/orders/7", big, { "x-correlation-id": "order-7" });
  expect(service.lines.find((each) => each["text"] === "order seen")).toMatchObject({
    at: "order-7",
    correlationId: "order-7",
  });
});

test("SK2: the caller's remaining time can only shorten the route's", async () => {
  await using service = await startService(demo);
  const leftOf = async (header: string): Promise<number> => {
    const before = performance.now();
    const sent = { "x-request-deadline-ms": header };
    const { body } = await service.call("GET", "/context", undefined, sent);
    return body.left - before;
  };
  expect(await leftOf("250")).toBeLessThan(5_000);
  expect(await leftOf("9999999")).toBeGreaterThan(25_000);
  expect(await leftOf("soon")).toBeGreaterThan(25_000);
});

test("SK8: what is not HTTP is refused and its connection closed", async () => {
  await using service = await startService(demo);
  const malformed = await sendRaw(service.url, "GET / HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n");
  expect(malformed).toMatch(/^HTTP\/1\.1 400 [\s\S]*HTTP_MALFORMED/);
  const doubled = await sendRaw(
    service.url,
    "POST /plain HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
  );
  expect(doubled).toMatch(/^HTTP\/1\.1 400 [\s\S]*HTTP_MALFORMED/);
  const both = await sendRaw(
    service.url,
    "POST /plain HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  );
  expect(both).toMatch(/^HTTP\/1\.1 400 [\s\S]*HTTP_MALFORMED/);
  const wide = await sendRaw(service.url, `GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`);
  expect(wide).toMatch(/^HTTP\/1\.1 431 [\s\S]*HEADER_SECTION_TOO_LARGE/);
});

test("SK8: a request that trickles in is ended while others are served", async () => {
  await using service = await startService(demo);
  const slow = sendRaw(
    service.url,
    "POST /plain HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
  );
  expect((await service.call("POST", "/plain", {})).status).toBe(200);
  expect(await slow).toMatch(/^HTTP\/1\.1 408 [\s\S]*REQUEST_INCOMPLETE/);
});

test("SK9: requests are counted by pattern, method and status, never by path", async () => {
  await using service = await startService(demo);
  await service.call("POST", "/orders/1", good);
  await service.call("POST", "/orders/2", good);
  await service.call("GET", "/made/up/1");
  await service.call("GET", "/made/up/2");
  await service.call("GET", "/fault");
  const text = await service.metrics();
  const counted = text.split("\n").filter((line) => line.startsWith("http_requests_total{"));
  expect(counted.toSorted()).toEqual([
    'http_requests_total{method="GET",route="/fault",status="500",part="demo"} 1',
    'http_requests_total{method="GET",route="unmatched",status="404",part="demo"} 2',
    'http_requests_total{method="POST",route="/orders/:id",status="200",part="demo"} 2',
  ]);
  expect(text).toContain('http_requests_in_flight{part="demo"} 0');
});

test("SK16: the document lists the routes, their shapes and their refusals", async () => {
  await using service = await startService(demo);
  const { body } = await service.call("GET", "/openapi.json");
  expect(body.openapi).toBe("3.1.1");
  expect(Object.keys(body.paths).toSorted()).toEqual([
    "/context",
    "/empty",
    "/fault",
    "/files/{*}",
    "/orders/{id}",
    "/plain",
  ]);
  const order = body.paths["/orders/{id}"].post;
  const shape = order.requestBody.content["application/json"].schema;
  expect(shape.required).toEqual(["items"]);
  expect(shape.additionalProperties).toBe(false);
  expect(shape.properties.items.items.additionalProperties).toBe(false);
  expect(Object.keys(order.responses)).toEqual(["200", "4XX", "5XX"]);
  expect(order.parameters.map((each: { name: string }) => each.name).toSorted()).toEqual([
    "id",
    "limit",
  ]);
});

test("SK2: a handler that is not done in time is answered for, and its late answer is dropped", async () => {
  const gate = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  await using service = await startService({
    limits: { handlerTimeoutMs: 50 },
    open: ({ http }) => {
      http.get("/late", async () => {
        await gate.promise;
        finished.resolve();
        return "too late";
      });
    },
  });
  const answer = await service.call("GET", "/late");
  expect([answer.status, answer.body.code]).toEqual([503, "HANDLER_TIMED_OUT"]);
  gate.resolve();
  await finished.promise;
  expect((await service.call("GET", "/nowhere")).status).toBe(404);
});
