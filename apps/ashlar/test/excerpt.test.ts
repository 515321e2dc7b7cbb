import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { excerptAt, placeOf } from "../src/project/excerpt.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const text = 'const a = 1;\nimport b from "./missing.ts";\nconst c = {;\nexport default c;\n';

function errorWith(fields: { readonly message?: string; readonly stack?: string }): Error {
  return Object.assign(new Error(fields.message ?? ""), fields);
}

test("CEX1: the head of a syntax error's stack names line and column", async () => {
  await using directory = temporaryDirectory({ "system.ts": text });
  const file = join(directory.path, "system.ts");
  const stack = `${pathToFileURL(file).href}:3\nconst c = {;\n           ^\n\nSyntaxError: no`;
  const place = placeOf(errorWith({ stack }), file);
  expect(place).toEqual({ file, line: 3, column: 12 });
});

test("CEX1: an import that fails is found by what it names", async () => {
  await using directory = temporaryDirectory({ "system.ts": text });
  const file = join(directory.path, "system.ts");
  const missing = join(directory.path, "missing.ts");
  const message = `Cannot find module '${missing}' imported from ${file}`;
  expect(placeOf(errorWith({ message, stack: "" }), file)).toEqual({ file, line: 2, column: 18 });
});

test("CEX1: of a thrown error's frames the definition's own counts", async () => {
  await using directory = temporaryDirectory({ "system.ts": text });
  const file = join(directory.path, "system.ts");
  const own = pathToFileURL(file).href;
  const stack = `Error: x\n    at f (file:///elsewhere/m.ts:1:1)\n    at ${own}:4:16\n    at node:internal`;
  expect(placeOf(errorWith({ stack }), file)).toEqual({ file, line: 4, column: 16 });
});

test("CEX1: a place that the file does not have is no place", async () => {
  await using directory = temporaryDirectory({ "system.ts": text });
  const file = join(directory.path, "system.ts");
  const stack = `Error: x\n    at ${pathToFileURL(file).href}:99:1`;
  expect(placeOf(errorWith({ stack }), file)).toBeNull();
  expect(placeOf("not an error", file)).toBeNull();
});

test("an excerpt shows two lines before, a caret, and one line after", async () => {
  await using directory = temporaryDirectory({ "system.ts": text });
  const file = join(directory.path, "system.ts");
  expect(excerptAt({ file, line: 3, column: 12 })).toBe(
    [
      "  1 | const a = 1;",
      '  2 | import b from "./missing.ts";',
      "> 3 | const c = {;",
      "    |            ^",
      "  4 | export default c;",
    ].join("\n"),
  );
});
