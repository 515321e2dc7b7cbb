/**
 * Goal: nothing that anybody writes makes `check` throw or contradict `plan`.
 * Method: the sound system with arbitrary values put at arbitrary places.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { check, DefinitionError, parsePlan, plan, planJson } from "../src/index.ts";
import { sound } from "./fixture.ts";

/** Every place in a value, as a path. */
function placesOf(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([name, each]) => placesOf(each, [...path, name]));
  return path.length === 0 ? inner : [path, ...inner];
}

/** The system with `value` at `path`. */
function put(system: unknown, path: readonly string[], value: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  const owner = system as Record<string, unknown>;
  const inner = put(owner[name], rest, value);
  if (Array.isArray(system)) return system.with(Number(name), inner);
  return { ...owner, [name]: inner };
}

const places = placesOf(sound());
const plausible = fc.oneof(
  fc.constantFrom(
    "",
    "users",
    "users.http",
    "ledger",
    "http",
    "5s",
    "1Gi",
    "__proto__",
    "constructor",
    "toString",
    "events.consume(",
    "rate(x[5m",
    -1,
    0,
    1,
    1.5,
    8080,
    Number.NaN,
    null,
    undefined,
    true,
    [],
    {},
    [[]],
    { type: "use" },
    { type: "port" },
    { type: "noBackup" },
    { kind: "gateway" },
    () => 1,
    Symbol("x"),
    10n,
  ),
  fc.anything(),
);
const spoils = fc.array(fc.tuple(fc.constantFrom(...places), plausible), {
  minLength: 1,
  maxLength: 4,
});

test("CK1, RD1: check never throws, and each fault is complete", () => {
  fc.assert(
    fc.property(spoils, (changes) => {
      let system: unknown = sound();
      for (const [path, value] of changes) {
        try {
          system = put(system, path, value);
        } catch {
          // An earlier change took the place away.
        }
      }
      const faults = check(system);
      for (const fault of faults) {
        expect(fault.message.startsWith(`${fault.path}: `)).toBe(true);
        expect(fault.code).toMatch(/^[A-Z_]+$/);
        expect(fault.expected).not.toBe("");
        expect(fault.message).not.toContain("\n");
      }
    }),
    { numRuns: 2_000 },
  );
});

test("CK2, RD2: what has no fault can be planned and parsed again; what has one cannot", () => {
  fc.assert(
    fc.property(spoils, (changes) => {
      let system: unknown = sound();
      for (const [path, value] of changes) {
        try {
          system = put(system, path, value);
        } catch {
          // An earlier change took the place away.
        }
      }
      if (check(system).length > 0) {
        expect(() => plan(system)).toThrow(DefinitionError);
        return;
      }
      const built = plan(system);
      expect(planJson(parsePlan(JSON.parse(planJson(built))))).toBe(planJson(built));
    }),
    { numRuns: 1_000 },
  );
});

test("CK1: taking any one field away is survived and, if it is needed, named", () => {
  for (const path of places) {
    expect(() => check(put(sound(), path, undefined))).not.toThrow();
  }
});

test("RD1: a value that refers to itself is survived", () => {
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  expect(() => check(loop)).not.toThrow();
  expect(() => check({ ...sound(), owner: loop })).not.toThrow();
});

test("FT2: a value in a message is cut at a bounded length", () => {
  const [fault] = check({ ...sound(), name: "x".repeat(10_000) });
  expect(fault?.message.length).toBeLessThan(300);
});
