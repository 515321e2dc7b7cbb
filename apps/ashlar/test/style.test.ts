import fc from "fast-check";
import { expect, test } from "vitest";
import { wantsColours } from "../src/cli.ts";
import {
  alignColumns,
  box,
  createStyle,
  formatElapsed,
  truncate,
  widthOf,
} from "../src/render/style.ts";

const style = createStyle(true);

test.for([
  [0, "0.0s"],
  [430, "0.4s"],
  [9_940, "9.9s"],
  [9_960, "10s"],
  [59_600, "1m 00s"],
  [185_000, "3m 05s"],
  [7_620_000, "2h 07m"],
  [360_000_000, "4d 04h"],
] as const)("%i ms reads %s", ([elapsedMs, text]) => {
  expect(formatElapsed(elapsedMs)).toBe(text);
});

test.for([
  [{ terminal: true, variables: {} }, true],
  [{ terminal: false, variables: {} }, false],
  [{ terminal: true, variables: { NO_COLOR: "1" } }, false],
  [{ terminal: true, variables: { NO_COLOR: "" } }, true],
  [{ terminal: false, variables: { FORCE_COLOR: "1" } }, true],
  [{ terminal: true, variables: { FORCE_COLOR: "0" } }, false],
  [{ terminal: true, variables: { TERM: "dumb" } }, false],
  [{ terminal: false, variables: { NO_COLOR: "1", FORCE_COLOR: "1" } }, false],
] as const)("colours for %j: %s", ([{ terminal, variables }, wanted]) => {
  expect(wantsColours({ isTerminal: terminal }, variables)).toBe(wanted);
});

test("a cut text is never wider than asked, whatever its colours", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(30), (plain, coloured, width) => {
      const text = plain.replaceAll("\u001b", "") + style.red(coloured.replaceAll("\u001b", ""));
      expect(widthOf(truncate(text, width))).toBeLessThanOrEqual(Math.max(0, width));
    }),
  );
});

test("columns are as wide as their widest cell, colours not counted", () => {
  expect(
    alignColumns([
      ["a", "bb"],
      [style.green("ccc"), "d"],
    ]),
  ).toEqual(["a    bb", `${style.green("ccc")}  d`]);
});

test("a box fits its longest line", () => {
  expect(box(["one", "three"], (text) => text)).toEqual([
    "╭───────╮",
    "│ one   │",
    "│ three │",
    "╰───────╯",
  ]);
});

test("a name always has the same colour", () => {
  expect(style.byName("users")("x")).toBe(style.byName("users")("x"));
  expect(createStyle(false).byName("users")("x")).toBe("x");
});
