import { check, parsePlan, plan, planJson } from "@ashlar/model";
import { expect, test } from "vitest";
import system from "../system.ts";

test("the definition has no fault", () => {
  expect(check(system).map((fault) => fault.message)).toEqual([]);
});

test.each(["dev", "small", "large"])(
  "P1, CK2: it has a Plan for %s, which parses again",
  (environment) => {
    const built = plan(system, { environment });
    expect(built.environment).toBe(environment);
    expect(planJson(parsePlan(JSON.parse(planJson(built))))).toBe(planJson(built));
  },
);

test("P2: everything starts, once, and every edge leads somewhere", () => {
  const built = plan(system);
  expect(built.startOrder.flat().toSorted()).toEqual(Object.keys(built.parts));
  const known = {
    part: built.parts,
    store: built.stores,
    stream: built.streams,
    external: built.externals,
  };
  for (const { from, to } of built.edges) {
    expect(Object.hasOwn(built.parts, from)).toBe(true);
    expect(Object.hasOwn(known[to.kind], to.name)).toBe(true);
  }
});
