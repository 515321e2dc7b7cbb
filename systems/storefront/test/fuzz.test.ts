/**
 * Goal: no request whatever makes a service fail, and every answer is one that its OpenAPI document
 * promises.
 * Method: for every operation of every service's own document, requests generated from its schemas
 * (fitting, nearly fitting, and not at all), as nobody, as a customer and as an admin. Never a 5xx;
 * every 4xx is a problem document with a code; every 2xx fits its schema.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as z from "zod";
import { type ApiAnswer, type ApiCall, call } from "./harness/api-client.ts";
import {
  type InProcessStorefront,
  openStorefront,
  type PartName,
} from "./harness/in-process-storefront.ts";
import { type JsonSchema, knownIds, valueFor } from "./harness/schema-arbitrary.ts";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: JsonSchema;
}

interface Operation {
  readonly part: PartName;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: JsonSchema | undefined;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonSchema>> };
}

interface RawOperation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly responses: Operation["responses"];
}

const parts: readonly PartName[] = ["users", "orders", "notifications"];
const runs = Number(process.env["FUZZ_RUNS"] ?? 25);

let shop: InProcessStorefront;
const documents = new Map<PartName, Document>();
const tokens: { admin: string; customer: string } = { admin: "", customer: "" };

beforeAll(async () => {
  shop = await openStorefront({
    LOGIN_FAILURES_PER_ADDRESS: "10000",
    LOGIN_FAILURES_PER_ACCOUNT: "10000",
    LOGIN_FAILURES_PER_ACCOUNT_AND_ADDRESS: "100",
  });
  for (const part of parts) {
    documents.set(part, (await call("GET", `${shop.urls[part]}/openapi.json`)).body as Document);
  }
  tokens.admin = await register("admin@storefront.example.com");
  tokens.customer = await register("customer@example.com");
});
afterAll(() => shop[Symbol.asyncDispose]());

async function register(email: string): Promise<string> {
  const body = { email, password: "correct horse battery", name: "Fuzz" };
  const answer = await call("POST", `${shop.urls.users}/api/auth/register`, { body });
  return answer.body.accessToken;
}

function operationsOf(part: PartName): readonly Operation[] {
  const { paths } = documents.get(part) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      part,
      path,
      method: method.toUpperCase(),
      parameters: raw.parameters ?? [],
      body: raw.requestBody?.content["application/json"]?.schema,
      responses: raw.responses,
    })),
  );
}

function resolver(part: PartName): (ref: string) => JsonSchema {
  const schemas = documents.get(part)?.components?.schemas ?? {};
  return (ref) => schemas[ref.split("/").at(-1) ?? ""] ?? {};
}

interface Shot {
  readonly url: string;
  readonly sent: ApiCall;
}

function shots(operation: Operation): fc.Arbitrary<Shot> {
  const resolve = resolver(operation.part);
  const values = fc.record(
    Object.fromEntries(
      operation.parameters.map(({ in: place, name, required = false, schema }) => {
        const value = valueFor(schema, resolve);
        const absent = { weight: required ? 0 : 2, arbitrary: fc.constant("") };
        return [`${place}:${name}`, fc.oneof({ weight: 1, arbitrary: value }, absent)];
      }),
    ),
  );
  const body =
    operation.body === undefined ? fc.constant(undefined) : valueFor(operation.body, resolve);
  const token = fc.constantFrom(undefined, tokens.customer, tokens.admin, tokens.admin);
  return fc.tuple(values, body, token).map(([given, content, as]) => {
    const text = (key: string): string => {
      const value = given[key] ?? "";
      return (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed();
    };
    let path = operation.path;
    const query = new URLSearchParams();
    for (const { name, in: place } of operation.parameters) {
      const value = text(`${place}:${name}`);
      if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value) || "-");
      if (place === "query" && value !== "") query.set(name, value);
    }
    const url = `${shop.urls[operation.part]}${path}${query.size > 0 ? `?${query}` : ""}`;
    return { url, sent: { token: as, body: content } };
  });
}

function check(operation: Operation, answer: ApiAnswer): void {
  expect(answer.status, answer.text).toBeLessThan(500);
  if (answer.status >= 400) {
    expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
    expect(answer.body).toMatchObject({
      status: answer.status,
      code: expect.stringMatching(/^[A-Z_]+$/),
    });
    return;
  }
  const promised = operation.responses[String(answer.status)];
  expect(promised, `an undocumented ${answer.status}`).toBeDefined();
  const schema = promised?.content?.["application/json"]?.schema;
  if (schema === undefined) return;
  const components = documents.get(operation.part)?.components?.schemas ?? {};
  const whole = JSON.parse(
    JSON.stringify({ ...schema, $defs: components }).replaceAll(
      "#/components/schemas/",
      "#/$defs/",
    ),
  );
  const parsed = z.fromJSONSchema(whole).safeParse(answer.body);
  expect(parsed.success, `${parsed.error?.message} in ${answer.text}`).toBe(true);
}

/** What the checks before a handler answer with. */
const early: ReadonlySet<string> = new Set([
  "VALIDATION_FAILED",
  "JSON_MALFORMED",
  "BODY_TOO_LARGE",
  "MEDIA_TYPE_UNSUPPORTED",
  "PATH_UNKNOWN",
  "URL_MALFORMED",
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "ROLE_MISSING",
]);

/** Would end the accounts that the fuzz itself needs. */
const selfDestructive = new Set(["DELETE /api/users/me"]);

beforeAll(async () => {
  const { body } = await call("GET", `${shop.urls.orders}/api/products`);
  for (const each of body.items) knownIds.push(each.id);
});

test.for(parts)("every operation of %s keeps to its document", async (part) => {
  const operations = operationsOf(part).filter(
    (each) => !selfDestructive.has(`${each.method} ${each.path}`),
  );
  expect(operations.length).toBeGreaterThan(5);
  const statuses = new Map<string, Set<string>>();
  for (const operation of operations) {
    const name = `${operation.method} ${operation.path}`;
    const seen = new Set<string>();
    statuses.set(name, seen);
    const property = fc.asyncProperty(shots(operation), async ({ url, sent }) => {
      const answer = await call(operation.method, url, sent);
      seen.add(answer.status < 400 ? "done" : String(answer.body?.code));
      if (typeof answer.body?.id === "string") knownIds.push(answer.body.id);
      check(operation, answer);
    });
    try {
      await fc.assert(property, { numRuns: runs });
    } catch (error) {
      throw new TypeError(`${part}: ${name}: ${String(error)}`, { cause: error });
    }
  }
  // The fuzz reaches into the handlers, not only into the checks before them.
  const unreached = [...statuses].filter(([, seen]) => [...seen].every((each) => early.has(each)));
  expect(unreached.map(([name]) => name)).toEqual([]);
});

test("no fault of a service was logged", () => {
  const faults = shop.logs.filter((line) => /"level":"(error|fatal)"/.test(line));
  expect(faults).toEqual([]);
});
