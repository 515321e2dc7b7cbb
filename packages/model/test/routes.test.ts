import fc from "fast-check";
import { expect, test } from "vitest";
import { compareRoutes, parseRoutePath } from "../src/assemble/routes.ts";
import type { RoutePlan } from "../src/index.ts";

test.each(["/", "/a", "/a/b.c", "/a/{id}", "/{a}/{b}", "/*", "/a/*", "/@me/~x"])(
  "%s is a route path",
  (path) => {
    expect(parseRoutePath(path)).toBeInstanceOf(Array);
  },
);

test.each([
  ["a", "start with /"],
  ["/a//b", "empty segment"],
  ["/a/", "empty segment"],
  ["/*/a", "only at the end"],
  ["/a*", "neither"],
  ["/x{id}", "neither"],
  ["/{id}/{id}", "twice"],
  ["/%2e%2e/a", "neither"],
  ["/..", "no segment"],
  ["/a b", "neither"],
  ["/a?b", "neither"],
])("%s is refused: %s", (path, words) => {
  expect(parseRoutePath(path)).toContain(words);
});

const segment = fc.constantFrom("a", "b", "{x}", "{y}");
const paths = fc
  .tuple(fc.array(segment, { maxLength: 3 }), fc.boolean())
  .map(([texts, rest]) => `/${[...texts, ...(rest ? ["*"] : [])].join("/")}`);
const routes = fc
  .record({ name: fc.constantFrom("p", "q", "r"), path: paths, host: fc.constantFrom(null, "h") })
  .filter(({ path }) => typeof parseRoutePath(path) !== "string")
  .map((fields) => ({ ...fields, methods: [] }) as unknown as RoutePlan);

test("the order of routes is one order", () => {
  fc.assert(
    fc.property(routes, routes, routes, (a, b, c) => {
      expect(Math.sign(compareRoutes(a, b))).toBe(-Math.sign(compareRoutes(b, a)) + 0);
      if (compareRoutes(a, b) < 0 && compareRoutes(b, c) < 0) {
        expect(compareRoutes(a, c)).toBeLessThan(0);
      }
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ["/a/b", "/a"],
  ["/a", "/a/*"],
  ["/a/b", "/a/{x}"],
  ["/a/{x}", "/a/*"],
  ["/a/*", "/*"],
])("%s comes before %s", (first, second) => {
  const of = (path: string): RoutePlan =>
    ({ name: "x", path, host: null, methods: [] }) as unknown as RoutePlan;
  expect(compareRoutes(of(first), of(second))).toBeLessThan(0);
});
