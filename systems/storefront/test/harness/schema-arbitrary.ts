/**
 * Values that fit a JSON Schema, values that nearly fit, and values that do not: for the fuzz of the
 * API from its own OpenAPI documents.
 *
 * @module
 */
import * as fc from "fast-check";

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Texts that have broken programs before. */
const nasty = [
  "",
  " ",
  "'; drop table users; --",
  "\u0000",
  "\ud800",
  "\u202e",
  "../../etc/passwd",
  "%00",
  "${7*7}",
  "<script>",
  "null",
  "-1",
  "1e309",
  "9".repeat(400),
  "é".repeat(300),
  "__proto__",
];

const anything: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(...nasty),
  fc.jsonValue(),
  fc.constantFrom(null, true, -1, 0, 1.5, 2 ** 53, -(2 ** 31), 1e308, [], {}),
);

/** Ids that name something; tests put in what they meet. */
export const knownIds: string[] = [];

const ids: fc.Arbitrary<string> = fc
  .tuple(fc.uuid({ version: 4 }), fc.nat(), fc.nat(3))
  .map(([fresh, at, chance]) => (chance === 0 ? fresh : (knownIds[at % knownIds.length] ?? fresh)));

/** Mostly fitting values of `schema`; here and there something else. */
export function valueFor(
  schema: JsonSchema,
  resolve: (ref: string) => JsonSchema,
): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 12, arbitrary: fitting(schema, resolve) },
    { weight: 1, arbitrary: anything },
  );
}

function fitting(schema: JsonSchema, resolve: (ref: string) => JsonSchema): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return fitting(resolve(schema.$ref), resolve);
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return fc.oneof(...options.map((each) => valueFor(each, resolve)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const [type = "any"] = [schema.type ?? "any"].flat();
  switch (type) {
    case "object":
      return objectFor(schema, resolve);
    case "array": {
      const { minItems = 0, maxItems = 4, items = {} } = schema;
      return fc.array(valueFor(items, resolve), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, minItems + 3)),
      });
    }
    case "integer":
      return integerFor(schema);
    case "number":
      return fc.oneof(integerFor(schema), fc.double());
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return stringFor(schema);
    default:
      return anything;
  }
}

function objectFor(
  schema: JsonSchema,
  resolve: (ref: string) => JsonSchema,
): fc.Arbitrary<unknown> {
  const properties = Object.entries(schema.properties ?? {});
  const model = Object.fromEntries(
    properties.map(([name, each]) => [name, valueFor(each, resolve)]),
  );
  const known = fc.record(model, {
    requiredKeys: [...(schema.required ?? [])].filter((name) => name in model),
  });
  const odd = fc.tuple(known, fc.string({ maxLength: 10 }), anything);
  return fc.oneof(
    { weight: 9, arbitrary: known },
    { weight: 1, arbitrary: odd.map(([value, name, extra]) => ({ ...value, [name]: extra })) },
  );
}

function integerFor({ minimum = -1_000, maximum = 1_000 }: JsonSchema): fc.Arbitrary<number> {
  const min = Math.max(minimum, Number.MIN_SAFE_INTEGER);
  const max = Math.min(maximum, Number.MAX_SAFE_INTEGER);
  return fc.oneof(
    fc.integer({ min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) }),
    fc.constantFrom(min, max),
  );
}

function stringFor(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.format === "uuid") return ids;
  if (schema.format === "email") return fc.uuid().map((each) => `${each}@example.com`);
  if (schema.format === "date-time")
    return fc.date({ noInvalidDate: true }).map((each) => each.toISOString());
  if (schema.pattern !== undefined && !schema.pattern.includes("\\p{")) {
    return fc.stringMatching(new RegExp(schema.pattern, "u"));
  }
  const { minLength = 0, maxLength = 40 } = schema;
  return fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 40), unit: "grapheme" });
}
