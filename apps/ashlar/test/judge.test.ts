import { expect, test } from "vitest";
import { judge, type MachineFacts, worst } from "../src/doctor/judge.ts";

const well: MachineFacts = {
  nodeVersion: "v24.21.0",
  postgres: { version: "postgres (PostgreSQL) 18.4" },
  diskFreeBytes: 50 * 2 ** 30,
  directory: "/project",
  directoryWritable: true,
  memoryAvailableBytes: 8 * 2 ** 30,
  openFilesMax: 65_536,
  loopback: { port: 40_000 },
  ports: [{ name: "api", port: 8080, free: true }],
  states: [{ system: "shop", state: "running", bytes: 2 ** 20 }],
  clockSkewMs: 3,
  wallMs: Date.UTC(2026, 10, 21),
  user: { name: "dev", root: false },
};

test("a machine that is well has nothing to do", () => {
  const findings = judge(well);
  expect(worst(findings)).toBe("ok");
  expect(findings.filter((each) => each.advice !== "")).toEqual([]);
});

test.for<[Partial<MachineFacts>, string, "warn" | "fail"]>([
  [{ nodeVersion: "v20.20.2" }, "node", "fail"],
  [{ postgres: { fault: "not installed" } }, "postgres", "fail"],
  [{ diskFreeBytes: 2 ** 30 }, "disk", "warn"],
  [{ diskFreeBytes: 2 ** 20 }, "disk", "fail"],
  [{ directoryWritable: false }, "state", "fail"],
  [{ memoryAvailableBytes: 600 * 2 ** 20 }, "memory", "warn"],
  [{ memoryAvailableBytes: 100 * 2 ** 20 }, "memory", "fail"],
  [{ openFilesMax: 1024 }, "files", "warn"],
  [{ openFilesMax: 256 }, "files", "fail"],
  [{ loopback: { fault: "EADDRNOTAVAIL" } }, "loopback", "fail"],
  [{ ports: [{ name: "api", port: 8080, free: false }] }, "port 8080", "warn"],
  [{ states: [{ system: "shop", state: "stale", bytes: 0 }] }, "systems", "warn"],
  [{ clockSkewMs: 60_000 }, "clock", "warn"],
  [{ wallMs: 0 }, "clock", "fail"],
])("CDR1, CDR2: %j makes %s a %s, with advice", ([facts, check, verdict]) => {
  const findings = judge({ ...well, ...facts });
  const finding = findings.find((each) => each.check === check);
  expect(finding).toMatchObject({ verdict, advice: expect.stringMatching(/\w{3}/) });
  expect(worst(findings)).toBe(verdict);
});

test("what cannot be measured is no fault", () => {
  const facts = { ...well, diskFreeBytes: null, openFilesMax: null, clockSkewMs: null };
  expect(worst(judge(facts))).toBe("ok");
});
