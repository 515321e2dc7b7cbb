/**
 * A supervisor as a process of its own, to be killed: `supervise.ts <stateDir>`. It prints one line
 * of JSON with the ids of its processes when the system is ready.
 */
import process from "node:process";
import { Supervisor } from "../../src/index.ts";
import { fakeEngines } from "../fake-engines.ts";
import { optionsFor, part, plan, store } from "../system-fixture.ts";

const stubborn = part("stubborn", {
  probes: { startup: part("x").probes.startup, readiness: null, liveness: null },
  stop: { graceMs: 500, drainMs: 0 },
  program: { runtime: "node", entry: "./stubborn.ts", args: [], image: "" },
});
const shell = part("shell", {
  program: { runtime: "command", command: ["sh", "-c", "sleep 1000 & wait"], image: "" },
  ports: {},
  probes: { startup: null, readiness: null, liveness: null },
});
const system = plan([part("users"), stubborn, shell], {
  stores: { "users-db": store("users-db") },
});
const supervisor = await Supervisor.open(
  optionsFor(system, process.argv[2] ?? "", { engines: fakeEngines() }),
);
await supervisor.untilReady();
const pids = supervisor.currentStatus().parts.flatMap((each) => each.replicas.map((r) => r.pid));
process.stdout.write(`${JSON.stringify({ pid: process.pid, pids })}\n`);
