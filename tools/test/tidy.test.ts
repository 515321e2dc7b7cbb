/**
 * The house rules that no compiler knows.
 *
 * @module
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readErrorCodes } from "../src/error-codes.ts";
import { readInvariants } from "../src/invariants.ts";
import { importsOf, listFiles, packageOf, readRooms, readSources, root } from "../src/workspace.ts";

const rooms = readRooms();
const layerOf = new Map(rooms.map((room) => [room.name, room.layer]));
const sources = rooms.flatMap((room) => readSources(room).map((file) => ({ ...file, room })));

test("every room states its layer", () => {
  expect(rooms.filter((room) => !Number.isInteger(room.layer))).toEqual([]);
});

test("a room depends only on rooms of a smaller layer", () => {
  const upward = rooms.flatMap((room) =>
    room.dependencies
      .filter((name) => (layerOf.get(name) ?? -1) >= room.layer)
      .map((name) => `${room.name} (${room.layer}) may not import ${name} (${layerOf.get(name)})`),
  );
  expect(upward).toEqual([]);
});

test("a room imports only what its manifest declares", () => {
  const undeclared = sources.flatMap(({ room, path, text, isTest }) =>
    importsOf(text)
      .filter((each) => !each.startsWith(".") && !each.startsWith("node:"))
      .map(packageOf)
      .filter((name) => name !== room.name && !room.dependencies.includes(name))
      .filter((name) => !(isTest && isTestDependency(name, room.devDependencies)))
      .map((name) => `${path} imports ${name}`),
  );
  expect([...new Set(undeclared)]).toEqual([]);
});

function isTestDependency(name: string, own: readonly string[]): boolean {
  return (
    own.includes(name) ||
    ["vitest", "fast-check", "@ashlar/program", "@ashlar/testkit"].includes(name)
  );
}

test("no import leaves its room by a relative path", () => {
  const leaving = sources.flatMap(({ room, path, text }) =>
    importsOf(text)
      .filter((each) => each.startsWith("."))
      .filter((each) => !join(path, "..", each).startsWith(room.folder))
      .map((each) => `${path} imports ${each}`),
  );
  expect(leaving).toEqual([]);
});

test("a pure room touches neither process, disk, network nor clock", () => {
  const impure = sources
    .filter(({ room, isTest }) => room.pure && !isTest)
    .flatMap(({ path, text }) =>
      importsOf(text)
        .filter((each) => each.startsWith("node:"))
        .map((each) => `${path} imports ${each}`),
    );
  expect(impure).toEqual([]);
});

test("no source file is longer than 600 lines", () => {
  const long = sources
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > 600);
  expect(long).toEqual([]);
});

test("every room has a README that says what it owns and what it does not", () => {
  const missing = rooms
    .filter((room) => room.folder.startsWith("packages/"))
    .filter((room) => {
      const path = join(root, room.folder, "README.md");
      if (!existsSync(path)) return true;
      const text = readFileSync(path, "utf8").toLowerCase();
      return !text.includes("owns") || !text.includes("does not own");
    })
    .map((room) => room.folder);
  expect(missing).toEqual([]);
});

test("every error code says what it means, and is declared once", () => {
  const codes = readErrorCodes();
  expect(codes.filter((each) => each.meaning === "").map((each) => each.code)).toEqual([]);
  const byCode = Map.groupBy(codes, (each) => each.code);
  const twice = [...byCode].filter(([, places]) => places.length > 1);
  expect(twice.map(([code, places]) => [code, places.map((each) => each.path)])).toEqual([]);
});

test("every documented error code exists in the sources", () => {
  const declared = new Set(readErrorCodes().map((each) => each.code));
  const text = readFileSync(join(root, "docs/reference/errors.md"), "utf8");
  const documented = [...text.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map((match) => match[1] ?? "");
  expect(documented.length).toBeGreaterThan(0);
  expect(documented.filter((code) => !declared.has(code))).toEqual([]);
  expect([...declared].filter((code) => !documented.includes(code))).toEqual([]);
});

test("every invariant of the specification is unique and cited by a test", () => {
  const invariants = readInvariants();
  const ids = invariants.map((each) => each.id);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  const tests = sources.filter((file) => file.isTest || file.path.endsWith("conformance.ts"));
  const cited = tests.map((file) => file.text).join("\n");
  const uncited = ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(cited));
  expect(uncited).toEqual([]);
});

test("every invariant that a test name cites exists in the specification", () => {
  const known = new Set(readInvariants().map((each) => each.id));
  const unknown = sources
    .filter((file) => file.isTest)
    .flatMap(({ path, text }) =>
      [
        ...text.matchAll(/\b(?:test|it)(?:\.\w+)*\([^"`]*["`]((?:[A-Z]{1,4}\d+(?:, )?)+):/g),
      ].flatMap((match) =>
        (match[1] ?? "")
          .split(", ")
          .filter((id) => !known.has(id))
          .map((id) => `${path} cites ${id}`),
      ),
    );
  expect(unknown).toEqual([]);
});

const allowedExtensions: ReadonlySet<string> = new Set(
  "ts tsx js json md sql svg css html yaml yml toml txt sh png ico template".split(" "),
);

test("the tree holds only kinds of files that belong here, and none is large", () => {
  const odd = listFiles(".").filter((path) => {
    const name = path.split("/").at(-1) ?? "";
    if (name.startsWith(".") || !name.includes(".")) return false;
    return !allowedExtensions.has(name.split(".").at(-1) ?? "");
  });
  expect(odd).toEqual([]);
  const large = listFiles(".").filter(
    (path) => path !== "package-lock.json" && statSync(join(root, path)).size > 512 * 1024,
  );
  expect(large).toEqual([]);
});
