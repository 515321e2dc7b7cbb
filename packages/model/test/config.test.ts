import fc from "fast-check";
import { expect, test } from "vitest";
import {
  boolean,
  ConfigError,
  config,
  duration,
  integer,
  list,
  number,
  oneOf,
  parseConfig,
  size,
  string,
} from "../src/index.ts";

const declared = config({
  attempts: integer({ default: 3, min: 1, max: 9 }),
  ratio: number({ default: 0.5, min: 0, max: 1 }),
  title: string({ default: "shop", min: 1, max: 20 }),
  on: boolean({ default: false }),
  waitMs: duration({ default: "5s", max: "1m" }),
  bodyBytes: size({ default: "1Mi" }),
  mode: oneOf(["fast", "safe"], { default: "safe" }),
  origins: list({ default: ["a"], max: 3 }),
  renamed: integer({ default: 1, env: "OTHER_NAME" }),
});

test("CF3: without sources every value is its default, in its parsed unit", () => {
  const values = parseConfig(declared, {});
  expect(values).toEqual({
    attempts: 3,
    ratio: 0.5,
    title: "shop",
    on: false,
    waitMs: 5000,
    bodyBytes: 2 ** 20,
    mode: "safe",
    origins: ["a"],
    renamed: 1,
  });
  expect(Object.isFrozen(values)).toBe(true);
});

test("CF1: the environment wins over the file, and the file over the default", () => {
  const file = { attempts: 4, waitMs: 1000, title: "file", origins: ["x"] };
  const env = { ATTEMPTS: "5", WAIT_MS: "2s", ON: "1", ORIGINS: "b, c", OTHER_NAME: "7" };
  expect(parseConfig(declared, { file, env })).toMatchObject({
    attempts: 5,
    waitMs: 2000,
    title: "file",
    on: true,
    origins: ["b", "c"],
    renamed: 7,
  });
});

test("CF1: an empty variable is absent, but empties a text and a list", () => {
  const env = { ATTEMPTS: "", ORIGINS: "" };
  expect(parseConfig(declared, { env })).toMatchObject({ attempts: 3, origins: [] });
  expect(() => parseConfig(declared, { env: { TITLE: "" } })).toThrow(/title/);
});

test("CF2: every wrong value is reported, with its source and what was expected", () => {
  const file = { mode: "fst", titel: "x", bodyBytes: "1GB", origins: "a" };
  const env = { ATTEMPTS: "10", ON: "yes", WAIT_MS: "90s", RATIO: "half" };
  try {
    parseConfig(declared, { file, env });
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).detail.faults.map((fault) => fault.message)).toEqual([
      'config.titel: unknown name "titel" in the file; did you mean "title"?',
      'config.attempts: "10" (from ATTEMPTS) is not an integer from 1 to 9',
      'config.ratio: "half" (from RATIO) is not a number from 0 to 1',
      'config.on: "yes" (from ON) is not true or false',
      'config.waitMs: "90s" (from WAIT_MS) is not a duration such as "30s" of at most 60000 ms',
      'config.bodyBytes: "1GB" is not a size such as "64Mi"',
      'config.mode: "fst" is not one of fast, safe; did you mean "fast"?',
      'config.origins: "a" is not a list of texts of at most 3 entries',
    ]);
  }
});

test.each([null, 1, "x", []])("a file that is %j is refused", (file) => {
  expect(() => parseConfig(declared, { file })).toThrow(/object of names and values/);
});

test("CF3: whatever the sources, the result keeps to the declaration or is refused", () => {
  const sources = fc.record({
    file: fc.dictionary(fc.constantFrom(...Object.keys(declared.fields)), fc.anything()),
    env: fc.dictionary(fc.constantFrom("ATTEMPTS", "RATIO", "WAIT_MS", "MODE"), fc.string()),
  });
  fc.assert(
    fc.property(sources, (given) => {
      try {
        const values = parseConfig(declared, given);
        expect(Object.keys(values)).toEqual(Object.keys(declared.fields));
        expect(values.attempts >= 1 && values.attempts <= 9).toBe(true);
        expect(["fast", "safe"]).toContain(values.mode);
        expect(values.waitMs >= 0 && values.waitMs <= 60_000).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 1_000 },
  );
});
