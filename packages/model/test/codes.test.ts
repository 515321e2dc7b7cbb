/**
 * Goal: no fault code without a test that brings it about, and none without a line in the spec.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const here = import.meta.dirname;
const sources = readdirSync(join(here, "../src"), { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts") && name !== "errors.ts")
  .map((name) => readFileSync(join(here, "../src", name), "utf8"))
  .join("\n");
const tests = ["faults", "faults.sizes", "faults.edge", "plan", "config"]
  .map((name) => readFileSync(join(here, `${name}.test.ts`), "utf8"))
  .join("\n");
const spec = readFileSync(join(here, "../../../docs/spec/model.md"), "utf8");

/** `code: "X"`, `const code = "X"` and the branches of `code: isY ? "X" : "Z"`. */
const statement = /\bcode\b(?:: | = )([^\n,;]*(?:\n\s*[?:][^\n,;]*)*)/g;
const codes = [
  ...new Set(
    [...sources.matchAll(statement)].flatMap(([, text]) =>
      [...(text ?? "").matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, code]) => code ?? ""),
    ),
  ),
].toSorted();

test("there are as many codes as rules need", () => {
  expect(codes.length).toBeGreaterThan(75);
});

test.each(codes)("%s is brought about by a test and listed in the spec", (code) => {
  expect(spec).toContain(`\`${code}\``);
  expect(tests.includes(code) || environmentCodes.has(code)).toBe(true);
});

/** Codes that tests bring about through messages rather than by name. */
const environmentCodes: ReadonlySet<string> = new Set([
  "CONFIG_FILE_INVALID",
  "CONFIG_NAME_UNKNOWN",
  "CONFIG_VALUE_INVALID",
  "ENVIRONMENT_UNKNOWN",
]);

test("the spec lists no code that does not exist", () => {
  const table = spec.slice(spec.indexOf("## Faults"));
  const listed = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  expect(new Set(listed)).toEqual(new Set(codes));
});
