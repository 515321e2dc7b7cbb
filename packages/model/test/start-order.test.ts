import fc from "fast-check";
import { expect, test } from "vitest";
import { startOrder } from "../src/assemble/start-order.ts";

const names = ["a", "b", "c", "d", "e", "f", "g"];
const graphs = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 16 })
  .map((edges) => {
    const needs = new Map(names.map((name) => [name, new Set<string>()]));
    for (const [from, to] of edges) if (from !== to) needs.get(from)?.add(to);
    return needs;
  });

/** Everything that can be reached in one step or more. */
function reach(needs: ReadonlyMap<string, ReadonlySet<string>>, from: string): Set<string> {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    for (const next of needs.get(name) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      visit(next);
    }
  };
  visit(from);
  return reached;
}

test("SO1, SO2: waves follow needs, and exactly cycles share one", () => {
  fc.assert(
    fc.property(graphs, (needs) => {
      const order = startOrder(needs);
      const waveOf = new Map(order.waves.flatMap((wave, at) => wave.map((name) => [name, at])));
      expect([...waveOf.keys()].toSorted()).toEqual(names);
      for (const [name, needed] of needs) {
        for (const other of needed) {
          const cycle = reach(needs, other).has(name);
          expect(order.isCycle(name, other)).toBe(cycle);
          const [mine = -1, theirs = -1] = [waveOf.get(name), waveOf.get(other)];
          if (cycle) expect(mine).toBe(theirs);
          else expect(mine).toBeGreaterThan(theirs);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("SO3: waves are as early as they can be", () => {
  fc.assert(
    fc.property(graphs, (needs) => {
      const order = startOrder(needs);
      for (const [at, wave] of order.waves.entries()) {
        if (at === 0) continue;
        for (const name of wave) {
          const group = wave.filter((other) => other === name || order.isCycle(name, other));
          const before = group.flatMap((each) => [...(needs.get(each) ?? [])]);
          expect(before.some((each) => order.waves[at - 1]?.includes(each))).toBe(true);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("SO3: the order of listing does not matter", () => {
  const needs = new Map([
    ["web", new Set(["users"])],
    ["users", new Set<string>()],
  ]);
  const other = new Map([...needs].toReversed());
  expect(startOrder(needs).waves).toEqual(startOrder(other).waves);
});
