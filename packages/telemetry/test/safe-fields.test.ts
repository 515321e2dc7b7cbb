import * as fc from "fast-check";
import { expect, test } from "vitest";
import { looksSecret, safeFields, safeText } from "../src/index.ts";

test.for([
  "password",
  "newPassword",
  "PASSWORD_HASH",
  "token",
  "refreshToken",
  "access_token",
  "clientSecret",
  "Authorization",
  "set-cookie",
  "x-api-key",
  "apiKey",
  "privateKey",
  "passphrase",
  "otp",
  "jwt",
])("TEL1: a field named %s is secret", (name) => {
  expect(looksSecret(name)).toBe(true);
});

test.for([
  "passwordMs",
  "tokenCount",
  "tokenType",
  "user",
  "keyboard",
  "secretName",
  "monkey",
  "text",
])("TEL1: a field named %s is not secret", (name) => {
  expect(looksSecret(name)).toBe(false);
});

test("TEL1: no secret survives, however deep it lies and whatever surrounds it", () => {
  const secret = "hunter2-hunter2";
  const wrap = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      fc.constant({ password: secret }),
      fc.record({ user: fc.string(), nested: tie("node") }),
      fc.array(tie("node"), { minLength: 1, maxLength: 3 }),
      tie("node").map((inner) => new Map([["inner", inner]])),
      tie("node").map((inner) => Object.assign(new Error("failed"), { detail: inner })),
    ),
  })).node;
  fc.assert(
    fc.property(wrap, (value) => {
      expect(JSON.stringify(safeFields({ value }))).not.toContain(secret);
    }),
  );
});

test("TEL1: passwords in URLs, bearer tokens and JWTs are taken out of any text", () => {
  const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  expect(safeText("at postgres://app:s3cret@db:5432/x now")).toBe(
    "at postgres://app:[redacted]@db:5432/x now",
  );
  expect(safeText(`got ${jwt}!`)).toBe("got [redacted]!");
  expect(safeText("authorization: Bearer abcdefgh12345678")).not.toContain("abcdefgh");
  expect(safeText("plain text stays")).toBe("plain text stays");
});

test("TEL2: anything at all becomes bounded JSON, without a throw", () => {
  fc.assert(
    fc.property(
      fc.anything({
        withBigInt: true,
        withMap: true,
        withSet: true,
        withDate: true,
        withNullPrototype: true,
        withObjectString: true,
        withTypedArray: true,
      }),
      (value) => {
        const text = JSON.stringify(safeFields({ value }));
        expect(text.length).toBeLessThan(400_000);
        expect(JSON.parse(text)).toBeTypeOf("object");
      },
    ),
  );
});

test("TEL2: cycles, throwing getters, deep and wide values end", () => {
  const cycle: Record<string, unknown> = { name: "a" };
  cycle["self"] = cycle;
  expect(safeFields({ cycle })).toEqual({ cycle: { name: "a", self: "[circular]" } });

  const hostile = {
    get value(): string {
      throw new Error("no");
    },
  };
  expect(safeFields({ hostile })).toEqual({ hostile: { value: "[unreadable]" } });

  let deep: unknown = "end";
  for (let level = 0; level < 10_000; level++) deep = { deep };
  expect(JSON.stringify(safeFields({ deep })).length).toBeLessThan(200);

  const wide = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, at) => [`f${at}`, "x".repeat(100)]),
  );
  expect(JSON.stringify(safeFields({ wide, text: "y".repeat(1e6) })).length).toBeLessThan(40_000);
});

test("an error keeps its name, code, message, stack, cause and detail", () => {
  const cause = new TypeError("inner");
  const error = Object.assign(new Error("outer", { cause }), { code: "OUTER", detail: { id: 7 } });
  const [line] = [safeFields({ error })["error"] as Record<string, unknown>];
  expect(line).toMatchObject({
    name: "Error",
    code: "OUTER",
    message: "outer",
    detail: { id: 7 },
    cause: { name: "TypeError", message: "inner" },
  });
  expect(line?.["stack"]).toContain("safe-fields.test.ts");
});

test("values that JSON cannot hold are written as text", () => {
  expect(
    safeFields({
      big: 10n,
      not: Number.NaN,
      bytes: new Uint8Array(3),
      at: new Date(0),
      none: null,
    }),
  ).toEqual({
    big: "10",
    not: "NaN",
    bytes: "[3 bytes]",
    at: "1970-01-01T00:00:00.000Z",
    none: null,
  });
});
