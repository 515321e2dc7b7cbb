/**
 * Goal: a part is loaded while it waits, and yet begins only in its turn.
 * Method: a program whose import and whose own first statement both write a line; what it uses is
 * kept unready until the import has been seen.
 */
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { StoreEngines, Supervisor } from "../src/index.ts";
import { fakeEngines } from "./fake-engines.ts";
import { ask, part, plan, replicasOf, store, untilStatus, up, use } from "./system-fixture.ts";

const unready = {
  name: "startUnready",
  type: "string",
  value: "",
  env: "START_UNREADY",
  description: "",
  values: [],
  min: null,
  max: null,
} as const;

const system = plan([
  part("users", { config: { startUnready: unready } }),
  part("orders", {
    uses: [use("users")],
    program: { runtime: "node", entry: "./ahead.ts", args: [], image: "" },
    probes: { startup: part("x").probes.startup, readiness: null, liveness: null },
  }),
]);
const variables = { ...process.env, START_UNREADY: "1" };

async function untilLine(supervisor: Supervisor, text: string): Promise<void> {
  const done = new AbortController();
  for await (const line of supervisor.logs({ part: "orders", follow: true }, done.signal)) {
    if (line.text.startsWith(text)) break;
  }
  done.abort();
}

async function linesOf(supervisor: Supervisor): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of supervisor.logs({ part: "orders" })) lines.push(line.text);
  return lines;
}

test("LGD5: imports are loaded while the part waits; its own code begins in its turn", async () => {
  await using running = await up(system, { variables });
  const { supervisor } = running;
  await untilLine(supervisor, "imported");
  const [waiting] = replicasOf(supervisor, "orders");
  expect(waiting).toMatchObject({ state: "waiting", waitingFor: ["users"] });
  expect(waiting?.pid).toBeTypeOf("number");
  await untilStatus(supervisor, () => replicasOf(supervisor, "users")[0]?.state === "running");
  expect(await linesOf(supervisor)).toEqual(["imported"]);
  await ask(`http://127.0.0.1:${replicasOf(supervisor, "users")[0]?.ports["http"]}/ready`);
  await supervisor.untilReady();
  await untilLine(supervisor, "begun");
  expect(await linesOf(supervisor)).toEqual(["imported", "begun, hold is unset"]);
  expect(replicasOf(supervisor, "orders")[0]).toMatchObject({ pid: waiting?.pid, restarts: 0 });
});

test("LGD5: a part that is stopped while it waits leaves no process behind", async () => {
  await using running = await up(system, { variables });
  const { supervisor } = running;
  await untilLine(supervisor, "imported");
  const pid = replicasOf(supervisor, "orders")[0]?.pid ?? 0;
  await supervisor.stop("orders");
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(await linesOf(supervisor)).toEqual(["imported"]);
});

const database = {
  ...plan([
    part("orders", {
      uses: [{ to: "store", store: "orders-db", env: "ORDERS_DB_URL", optional: false }],
      program: { runtime: "node", entry: "./ahead.ts", args: [], image: "" },
      probes: { startup: part("x").probes.startup, readiness: null, liveness: null },
    }),
  ]),
  stores: { "orders-db": store("orders-db") },
};

test.for([
  ["right", "orders_db", ["imported", "begun, hold is unset"]],
  ["wrong", "other_db", ["imported", "imported", "begun, hold is unset"]],
] as const)(
  "LGD5: with a foretold address that is %s the part runs with the real one",
  async ([, foretold, lines]) => {
    const engines = fakeEngines();
    const gate = Promise.withResolvers<void>();
    const gated: StoreEngines = {
      ...engines,
      openPostgres: async (options) => {
        await gate.promise;
        return engines.openPostgres(options);
      },
    };
    engines.foretold = (port) => `postgres://ashlar:hidden@127.0.0.1:${port}/${foretold}`;
    await using running = await up(database, { engines: gated });
    const { supervisor } = running;
    await untilLine(supervisor, "imported");
    expect(replicasOf(supervisor, "orders")[0]).toMatchObject({ waitingFor: ["orders-db"] });
    gate.resolve();
    await supervisor.untilReady();
    await untilLine(supervisor, "begun");
    expect(await linesOf(supervisor)).toEqual(lines);
  },
);
