import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { openProgress, type ProgressView } from "../src/render/progress.ts";
import { createStyle, widthOf } from "../src/render/style.ts";
import { type FakeOutput, fakeOutput } from "./fake-cli.ts";
import { part, replica, store, system } from "./status-fixture.ts";

const waiting = system({
  state: "starting",
  stores: [store({ state: "starting", url: "" })],
  parts: [
    part({
      state: "waiting",
      ready: 0,
      replicas: [replica({ state: "waiting", waitingFor: ["users-db"], pid: null })],
    }),
  ],
});
const troubled = system({
  state: "starting",
  parts: [
    part({
      state: "backoff",
      ready: 0,
      replicas: [replica({ state: "backoff", lastExit: { code: 1, signal: null, at: "" } })],
    }),
  ],
});

function open(
  output: FakeOutput,
  clock: SimulatedClock,
  options: { readonly json?: boolean; readonly coloured?: boolean } = {},
): ProgressView {
  const style = createStyle(options.coloured ?? false);
  return openProgress({
    output,
    style,
    clock,
    title: "Starting shop",
    json: options.json ?? false,
  });
}

test("CPR1: without a terminal there is one line a change, and no control sequence", async () => {
  const [output, clock] = [fakeOutput(), new SimulatedClock()];
  await using view = open(output, clock);
  view.update(waiting);
  view.update(waiting);
  await clock.advance(1_250);
  view.update(system());
  view.update(system());
  expect(output.lines).toEqual([
    "Starting shop",
    "  users-db: starting",
    "  users: waiting  waits for users-db",
    "  users-db: ready after 1.3s  postgres 127.0.0.1:5433/users_db",
    "  users: ready after 0.0s  127.0.0.1:30001",
  ]);
});

test("CPR1: for programs there is one JSON object a change", async () => {
  const [output, clock] = [fakeOutput(), new SimulatedClock()];
  await using view = open(output, clock, { json: true });
  view.update(troubled);
  view.update(troubled);
  const events = output.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events.map((each) => [each["event"], each["name"], each["state"]])).toEqual([
    ["progress", "users-db", "ready"],
    ["progress", "users", "backoff"],
  ]);
  expect(events[1]?.["detail"]).toBe("ended with code 1");
});

test("CPR2: a live table keeps within the terminal", async () => {
  const output = fakeOutput({ terminal: true, columns: 30, rows: 8 });
  const clock = new SimulatedClock();
  const parts = Array.from({ length: 20 }, (_, index) =>
    part({ name: `a-rather-long-name-${index}` }),
  );
  await using view = open(output, clock, { coloured: true });
  view.update(system({ parts }));
  await clock.advance(100);
  const frame = output.text.split("\u001b[0J").at(-2) ?? "";
  const lines = frame.split("\n").slice(0, -1);
  expect(lines.length).toBeLessThan(8);
  for (const line of lines) expect(widthOf(line)).toBeLessThan(30);
});

test("CPR3: a closed view shows the last state and the cursor, also when closed twice", async () => {
  const [output, clock] = [fakeOutput({ terminal: true }), new SimulatedClock()];
  const view = open(output, clock);
  view.update(waiting);
  await clock.advance(100);
  view.note("port 8080 is taken");
  view.update(system());
  await view[Symbol.asyncDispose]();
  await view[Symbol.asyncDispose]();
  expect(output.text.endsWith("\u001b[?25h")).toBe(true);
  expect(output.text.split("\u001b[?25h")).toHaveLength(2);
  expect(output.text).toContain("port 8080 is taken");
  expect(output.text).toMatch(/✔ users {5}ready/);
  expect(clock.sleeperCount).toBe(0);
});
