import { gauge, histogram } from "@ashlar/foundation";
import fc from "fast-check";
import { expect, test } from "vitest";
import { matching, not, notMatching, promql, scanPromql, series } from "../src/index.ts";

const waiting = gauge("waiting", { help: "Waiting.", labels: { kind: ["a", "b"] } });
const took = histogram("took_seconds", { help: "Took." });

test("what is interpolated is recorded, and the text is one line", () => {
  const query = promql`histogram_quantile(0.95,
    sum by (le) (rate(${took}_bucket[5m]))) > ${series(waiting, { kind: "a" })}`;
  expect(query.expression).toBe(
    'histogram_quantile(0.95, sum by (le) (rate(took_seconds_bucket[5m]))) > waiting{kind="a"}',
  );
  expect(query.metrics).toEqual([took, waiting]);
});

test("series quotes values and knows all four conditions", () => {
  expect(series(waiting, { kind: not("a"), part: 'x"\\' }).expression).toBe(
    'waiting{kind!="a",part="x\\"\\\\"}',
  );
  expect(series(waiting, { kind: matching("a|b"), pod: notMatching("x.*") }).expression).toBe(
    'waiting{kind=~"a|b",pod!~"x.*"}',
  );
  expect(series(took, {}, "_count").expression).toBe("took_seconds_count{}");
});

test.each([
  ["up", ["up"], []],
  ["up == 0", ["up"], []],
  ["sum(rate(a_total{b=\"c\",d!~'e|f'}[5m])) by (g, h)", ["a_total"], ["g", "h"]],
  ["a / on (x) group_left (y) b", ["a", "b"], ["x", "y"]],
  ["sum without (instance) (a) > bool 5", ["a"], ["instance"]],
  ["a and b or c unless d", ["a", "b", "c", "d"], []],
  ["rate(a[5m:30s] offset 1h) @ start()", ["a"], []],
  ["max_over_time(a[1h30m]) > 1e3 # note", ["a"], []],
  ["-a ^ 0x1f + Inf", ["a"], []],
  ["topk(3, sum by (le) (a_bucket))", ["a_bucket"], ["le"]],
])("%s names %j and %j", (expression, metrics, groupings) => {
  const scan = scanPromql(expression);
  if (typeof scan === "string") expect.unreachable(scan);

  expect(scan.selectors.map((each) => each.metric)).toEqual(metrics);
  expect(scan.groupings).toEqual(groupings);
});

test.each([
  ["sum(a", '")" is missing'],
  ["a)", '")" closes nothing'],
  ["a{b}", "no label matcher"],
  ['a{b="c" d="e"}', '"," or "}"'],
  ['a{b="c}', "not closed"],
  ['{b="c"}', "name before it"],
  ["1 + 1", "names no metric"],
  ["a ; b", '";" is no PromQL'],
])("%s is refused: %s", (expression, words) => {
  expect(scanPromql(expression)).toContain(words);
});

test("no text makes the scan throw or hang", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (text) => {
      const scan = scanPromql(text);
      expect(typeof scan === "string" || scan.selectors.length > 0).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});
