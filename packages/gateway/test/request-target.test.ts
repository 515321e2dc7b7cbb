import fc from "fast-check";
import { expect, test } from "vitest";
import { isProblem } from "../src/problem.ts";
import { parseRequestTarget } from "../src/request-target.ts";

function outcome(url: string): string {
  const target = parseRequestTarget(url);
  return isProblem(target) ? target.code : target.path + target.query;
}

test.for([
  ["http://evil.example/x", "TARGET_INVALID"],
  ["*", "TARGET_INVALID"],
  ["", "TARGET_INVALID"],
  ["users", "TARGET_INVALID"],
  ["/a#fragment", "TARGET_INVALID"],
  ["/a b", "TARGET_INVALID"],
  ["/a\u0000", "TARGET_INVALID"],
  ["/é", "TARGET_INVALID"],
  ["/a?q=\u0001", "TARGET_INVALID"],
] as const)("GP1: %j is %s", ([url, code]) => {
  expect(outcome(url)).toBe(code);
});

test.for([
  "/..",
  "/a/../b",
  "/a/./b",
  "/.",
  "/%2e%2e/b",
  "/a/%2E%2e",
  "/a/.%2e/b",
  "/a/..;x=1/b",
  "/a/..%3Bx/b",
  "//a",
  "/a//b",
  "/a\\b",
  "/a%2fb",
  "/a%5Cb",
  "/a%00b",
  "/a%0d%0ab",
  "/a%7f",
  "/a%252e",
  "/%252fb",
])("GP2: %j is refused", (url) => {
  expect(outcome(url)).toBe("PATH_REFUSED");
});

test.for(["/%ff", "/%c0%af", "/%e2%82", "/a%zz", "/a%", "/a%2"])("GP3: %j is refused", (url) => {
  expect(outcome(url)).toBe("PATH_REFUSED");
});

test.for([
  ["/%61dmin", "/admin"],
  ["/caf%c3%a9", "/caf%C3%A9"],
  ["/a/...", "/a/..."],
  ["/a.b/.well-known/x", "/a.b/.well-known/x"],
  ["/100%25", "/100%25"],
  ["/a?next=/../%2e", "/a?next=/../%2e"],
  ["/", "/"],
  ["/users/", "/users/"],
] as const)("GP4: %j becomes %j", ([url, canonical]) => {
  expect(outcome(url)).toBe(canonical);
});

test("GP2, GP4: whatever passes has no dot segment, however often it is decoded", () => {
  const piece = fc.constantFrom(
    "/",
    ".",
    "..",
    "%2e",
    "%2F",
    "%5c",
    "%25",
    "2e",
    ";",
    "%3b",
    "a",
    "é",
    "%c3%a9",
    "%00",
    "\\",
    "?",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const target = parseRequestTarget(`/${pieces.join("")}`);
      if (isProblem(target)) return;
      let path = target.path;
      for (let i = 0; i < 3; i++) {
        const segments = path.split("/").map((each) => each.split(";")[0]);
        expect(segments).not.toContain("..");
        expect(segments).not.toContain(".");
        expect(path).not.toMatch(/\\|\/\//);
        path = path.replaceAll(/%[0-9a-f]{2}/gi, (hex) =>
          String.fromCharCode(Number.parseInt(hex.slice(1), 16)),
        );
      }
      expect(parseRequestTarget(target.path)).toEqual({ path: target.path, query: "" });
    }),
    { numRuns: 3_000 },
  );
});
