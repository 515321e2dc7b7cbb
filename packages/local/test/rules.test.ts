/**
 * The room's small pure decisions, by example.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { silentLog } from "@ashlar/foundation";
import { expect, test } from "vitest";
import { ChangeBell } from "../src/change-bell.ts";
import { ControlServer } from "../src/control-server.ts";
import { needsOf, stopOrder } from "../src/dependencies.ts";
import { EventHub } from "../src/event-hub.ts";
import { cleanUp, readStateFile, Supervisor, type SystemControl } from "../src/index.ts";
import { policyOf, type SystemAddress } from "../src/policy.ts";
import { identityOf, isAlive, signalGroup } from "../src/process-identity.ts";
import { runnablePartsOf } from "../src/runnable-part.ts";
import { writeStateFile } from "../src/state-file.ts";
import { systemStateOf } from "../src/system-state.ts";
import {
  optionsFor,
  part,
  plan,
  programsDir,
  store,
  temporaryDirectory,
  use,
} from "./system-fixture.ts";

test("LDP1: optional uses, peers and parts of the same wave are not waited for", () => {
  const parts = [
    part("users", { uses: [use("orders", { optional: true }), use("users")] }),
    part("orders", {
      uses: [
        use("users"),
        use("twin"),
        { to: "store", store: "orders-db", env: "X", optional: false },
        { to: "store", store: "cache", env: "Y", optional: true },
      ],
    }),
    part("twin", { uses: [use("orders")] }),
  ];
  const given = plan(parts, { startOrder: [["users"], ["orders", "twin"]] });
  const needs = runnablePartsOf(given, programsDir, {}).map((each) => needsOf(each, given));
  expect(needs).toEqual([
    { parts: [], stores: [] },
    { parts: ["users"], stores: ["orders-db"] },
    { parts: [], stores: [] },
  ]);
  expect(stopOrder(["users", "orders", "twin", "console"], given)).toEqual([
    ["orders", "twin"],
    ["users"],
    ["console"],
  ]);
});

test.for([
  [{}, "ready"],
  [{ partsSettled: false }, "starting"],
  [{ storesReady: false }, "starting"],
  [{ partsSettled: false, failed: true }, "failed"],
  [{ partsSettled: false, wasReady: true }, "degraded"],
  [{ failed: true, wasReady: true }, "degraded"],
  [{ phase: "stopping" as const, wasReady: true }, "stopping"],
  [{ phase: "stopped" as const }, "stopped"],
] as const)("LSY1, LSY2: %j is %s", ([facts, state]) => {
  expect(
    systemStateOf({
      phase: "running",
      partsSettled: true,
      storesReady: true,
      failed: false,
      wasReady: false,
      ...facts,
    }),
  ).toBe(state);
});

test("LNP1, LNP2: a policy allows what is declared and knows the names of the rest", () => {
  const at = (port: number, owner: SystemAddress["owner"], users: readonly string[]) => ({
    host: port === 443 ? "API.example.com" : "127.0.0.1",
    port,
    owner,
    users: new Set(users),
  });
  const policy = policyOf(
    "orders",
    [
      at(1, { kind: "port", part: "users", port: "http", ops: false }, ["orders"]),
      at(2, { kind: "port", part: "mail", port: "http", ops: false }, ["users"]),
      at(3, { kind: "port", part: "mail", port: "ops", ops: true }, []),
      at(4, { kind: "store", name: "users-db" }, ["users"]),
      at(4, { kind: "store", name: "orders-db" }, ["orders"]),
      at(443, { kind: "external", name: "payments" }, ["orders"]),
    ],
    ["/state/data/volumes/orders"],
  );
  expect(policy.allowed).toEqual(["api.example.com:443", "loopback:1", "loopback:4"]);
  expect(policy.known).toEqual({
    "loopback:2": { name: "mail.http", use: "mail.ports.http" },
    "loopback:3": { name: "mail.ops", use: null },
  });
});

test("LS1: the state file is replaced as a whole and says when it cannot be read", async () => {
  await using directory = await temporaryDirectory();
  expect(await readStateFile(directory.path)).toBeUndefined();
  const state = {
    format: "ashlar.state/1",
    system: "trial",
    environment: "dev",
    supervisor: null,
    control: "/x",
    ports: { "service a.http": 20_001 },
    processes: [],
  } as const;
  await writeStateFile(directory.path, state);
  expect(await readStateFile(directory.path)).toEqual(state);
  expect(await readdir(directory.path)).toEqual(["state.json"]);
  await writeFile(join(directory.path, "state.json"), "{half");
  await expect(readStateFile(directory.path)).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
  await writeFile(join(directory.path, "state.json"), '{"format":"ashlar.state/9"}');
  await expect(readStateFile(directory.path)).rejects.toThrow("another version of Ashlar");
  await expect(Supervisor.open(optionsFor(plan([]), directory.path))).rejects.toMatchObject({
    code: "STATE_UNREADABLE",
  });
});

test("LWP1: a wipe removes what Ashlar has made and leaves what others put there", async () => {
  await using directory = await temporaryDirectory();
  const stateDir = join(directory.path, "state");
  {
    await using supervisor = await Supervisor.open(optionsFor(plan([]), stateDir));
    await supervisor.untilReady();
  }
  await writeFile(join(stateDir, "thesis.txt"), "mine");
  await mkdir(join(directory.path, "beside"));
  await cleanUp(stateDir, { wipe: true });
  expect(await readdir(stateDir)).toEqual(["thesis.txt"]);
  expect(await readFile(join(stateDir, "thesis.txt"), "utf8")).toBe("mine");
  expect((await readdir(directory.path)).toSorted()).toEqual(["beside", "state"]);
});

test("what cannot run here is refused before anything starts", async () => {
  await using directory = await temporaryDirectory();
  const open = (parts: Parameters<typeof plan>[0], changes: Parameters<typeof plan>[1] = {}) =>
    Supervisor.open(optionsFor(plan(parts, changes), join(directory.path, "state")));
  const image = part("legacy", { program: { runtime: "image", args: [], image: "acme/legacy:3" } });
  await expect(open([image])).rejects.toThrow(
    "legacy cannot run on this machine: it is only an image (acme/legacy:3)",
  );
  const lost = part("users", {
    program: { runtime: "node", entry: "./nowhere.ts", args: [], image: "" },
  });
  await expect(open([lost])).rejects.toMatchObject({ code: "PART_NOT_RUNNABLE" });
  const stores = { ledger: store("ledger", { local: "url" }) };
  await expect(open([], { stores })).rejects.toThrow("give its address in LEDGER_URL");
  await expect(
    Supervisor.open(
      optionsFor(plan([part("users")]), join(directory.path, "state"), {
        overrides: { "users-db": "postgres://x" },
        replicas: { userz: 2 },
      }),
    ),
  ).rejects.toThrow('replicas of unknown part "userz"; did you mean "users"?');
});

test("LCB1: a waiter looks at once, at every ring, and ends with its signal", async () => {
  const bell = new ChangeBell();
  let count = 0;
  await bell.until(() => count === 0);
  const counted = bell.until(() => count === 2);
  for (let i = 0; i < 2; i++) {
    count += 1;
    bell.ring();
  }
  await counted;
  const abort = new AbortController();
  const never = bell.until(() => false, abort.signal);
  abort.abort(new Error("enough"));
  await expect(never).rejects.toThrow("enough");
  const failing = bell.until(() => {
    if (count === 3) throw new Error("it has failed");
    return false;
  });
  count = 3;
  bell.ring();
  await expect(failing).rejects.toThrow("it has failed");
});

test.runIf(process.platform === "linux")(
  "LI1, LI2: a zombie counts as gone, and a number with another start time is not signalled",
  async () => {
    // The shell becomes a sleep that never collects its child.
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 1000"], { detached: true });
    const zombie = Number(String((await once(parent.stdout, "data"))[0]));
    const isZombie = (): boolean => readFileSync(`/proc/${zombie}/stat`, "latin1").includes(") Z ");
    while (!isZombie()) await new Promise((resolve) => setImmediate(resolve));
    expect(identityOf(zombie)).toBeUndefined();
    const identity = identityOf(parent.pid ?? 0);
    expect(identity).toMatchObject({ pid: parent.pid });
    expect(isAlive({ pid: parent.pid ?? 0, startedAt: "another boot/1" })).toBe(false);
    expect(signalGroup({ pid: parent.pid ?? 0, startedAt: "another boot/1" }, "SIGKILL")).toBe(
      false,
    );
    const ended = once(parent, "exit");
    expect(signalGroup(identity ?? { pid: 0, startedAt: "" }, "SIGTERM")).toBe(true);
    expect((await ended)[1]).toBe("SIGTERM");
  },
);

test("LCT2: a reader of events that does not keep up is left behind, and told", async () => {
  await using directory = await temporaryDirectory();
  const socketPath = join(directory.path, "control.sock");
  const hub = new EventHub<{ readonly text: string }>();
  const events = (signal?: AbortSignal) => hub.subscribe(signal) as AsyncIterable<never>;
  const control = { events } as unknown as SystemControl;
  const server = await ControlServer.open({ socketPath, control, log: silentLog });
  const reader = request({ socketPath, path: "/v1/events" });
  reader.end();
  const [response] = (await once(reader, "response")) as [IncomingMessage];
  response.pause();
  const text = "x".repeat(1_000);
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 1_000; j++) hub.publish({ text }); // 20 MB in all, nobody reads.
    await new Promise((resolve) => setImmediate(resolve));
  }
  hub.close();
  let received = "";
  for await (const chunk of response.setEncoding("utf8")) received += String(chunk);
  const lines = received.trim().split("\n");
  const missed = lines.flatMap((line) => (JSON.parse(line) as { missed?: number }).missed ?? []);
  const got = lines.length - missed.length;
  expect(got).toBeLessThan(10_000);
  expect(got + missed.reduce((sum, count) => sum + count, 0)).toBe(20_000);
  await server[Symbol.asyncDispose]();
});

test("a state directory that cannot be made is told as such", async () => {
  await using directory = await temporaryDirectory();
  const inTheWay = join(directory.path, "file");
  await writeFile(inTheWay, "");
  await expect(
    Supervisor.open(optionsFor(plan([]), join(inTheWay, "state"))),
  ).rejects.toMatchObject({ code: "STATE_UNWRITABLE" });
});
