/**
 * Goal: a Plan runs as real processes and does what it declares.
 * Method: small fixture programs under a real supervisor; every wait is for an event.
 */

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ControlClient, PartStartFailedError, StateLockedError, Supervisor } from "../src/index.ts";
import {
  addressOf,
  ask,
  optionsFor,
  part,
  plan,
  port,
  replicasOf,
  temporaryDirectory,
  untilStatus,
  up,
  use,
} from "./system-fixture.ts";

const publicPort = { http: port("http", { exposure: "public", number: 18_080 }) };

test("LDP1, LRM2: a part starts when what it uses is ready, and is told the stable address", async () => {
  const system = plan([
    part("users"),
    part("orders", { uses: [use("users")] }),
    part("web", { uses: [use("orders")], ports: publicPort }),
  ]);
  await using running = await up(system);
  const { supervisor } = running;
  const started: string[] = [];
  const done = new AbortController();
  const watching = (async () => {
    for await (const event of supervisor.events(done.signal)) {
      if (event.type !== "replica") continue;
      if (event.replica.state === "starting" && event.replica.pid !== null) {
        started.push(`${event.part} starts`);
      }
      if (event.replica.state === "ready") started.push(`${event.part} ready`);
    }
  })();
  await supervisor.untilReady();
  expect(replicasOf(supervisor, "users")[0]?.state).toBe("ready");
  const seen = await ask(`${addressOf(supervisor, "orders")}/env`);
  expect(seen["USERS_URL"]).toBe(addressOf(supervisor, "users"));
  expect(await ask(`${seen["USERS_URL"] as string}/`)).toMatchObject({ instance: "users-0" });
  done.abort();
  await watching;
  const order = ["users ready", "orders starts", "orders ready", "web starts", "web ready"];
  expect(started.filter((each) => order.includes(each))).toEqual(order);
});

test("LCE1: a process has exactly the declared variables", async () => {
  const declared = {
    name: "sessionMinutes",
    type: "integer",
    value: 15,
    env: "SESSION_MINUTES",
    description: "",
    values: [],
    min: null,
    max: null,
  } as const;
  const variables = { ...process.env, SESSION_MINUTES: "5", OTHER_PART: "x", AWS_SECRET: "no" };
  await using running = await up(plan([part("users", { config: { sessionMinutes: declared } })]), {
    variables,
  });
  await running.supervisor.untilReady();
  const seen = await ask(`${addressOf(running.supervisor, "users")}/env`);
  const allowed =
    /^(PATH|HOME|TMPDIR|LANG|TZ|NODE_COMPILE_CACHE|NODE_OPTIONS|SESSION_MINUTES|ASHLAR_(SYSTEM|PART|REPLICA|INSTANCE|ENVIRONMENT|PLAN|HOST|CONFIG|SUPERVISED|POLICY|PORT_HTTP))$/;
  expect(Object.keys(seen).filter((name) => !allowed.test(name))).toEqual([]);
  expect(seen).toMatchObject({
    ASHLAR_SYSTEM: "trial",
    ASHLAR_PART: "users",
    ASHLAR_REPLICA: "0",
    ASHLAR_INSTANCE: "users-0",
    ASHLAR_HOST: "127.0.0.1",
    ASHLAR_SUPERVISED: "1",
    SESSION_MINUTES: "5",
  });
  expect(JSON.parse(await readFile(String(seen["ASHLAR_CONFIG"]), "utf8"))).toEqual({
    sessionMinutes: 15,
  });
  expect(JSON.parse(await readFile(String(seen["ASHLAR_PLAN"]), "utf8"))).toMatchObject({
    format: "ashlar.plan/1",
  });
});

test("a killed replica comes back after its back-off, and the system is ready again", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor } = running;
  await supervisor.untilReady();
  const before = replicasOf(supervisor, "users")[0];
  await supervisor.kill("users", { replica: 0 });
  await untilStatus(supervisor, (status) => status.state !== "ready");
  await untilStatus(supervisor, (status) => status.state === "ready");
  const after = replicasOf(supervisor, "users")[0];
  expect(after?.pid).not.toBe(before?.pid);
  expect(after).toMatchObject({ restarts: 1, lastExit: { code: null, signal: "SIGKILL" } });
});

test("a failing liveness probe restarts the process and says so", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor } = running;
  await supervisor.untilReady();
  await ask(`${addressOf(supervisor, "users")}/ill`);
  await untilStatus(supervisor, (status) => status.state !== "ready");
  await untilStatus(supervisor, (status) => status.state === "ready");
  const reason = replicasOf(supervisor, "users")[0]?.lastExit?.reason;
  expect(reason).toContain("liveness probe failed 2 times: cannot probe /healthz: it answered 500");
});

test("LRM1, LB1: an unready replica gets no connections until it is ready again", async () => {
  await using running = await up(plan([part("users", { scale: scaled(2) })]));
  const { supervisor } = running;
  await supervisor.untilReady();
  const own = replicasOf(supervisor, "users").map(
    (each) => `http://127.0.0.1:${each.ports["http"]}`,
  );
  await ask(`${own[0]}/unready`);
  await untilStatus(supervisor, (status) => status.parts[0]?.ready === 1);
  const seen = new Set<unknown>();
  for (let i = 0; i < 6; i++) seen.add((await ask(addressOf(supervisor, "users")))["instance"]);
  expect([...seen]).toEqual(["users-1"]);
  await ask(`${own[1]}/unready`);
  await untilStatus(supervisor, (status) => status.parts[0]?.ready === 0);
  await expect(ask(addressOf(supervisor, "users"))).rejects.toMatchObject({
    cause: { code: "ECONNREFUSED" },
  });
  await ask(`${own[0]}/ready`);
  await ask(`${own[1]}/ready`);
  await untilStatus(supervisor, (status) => status.state === "ready");
  for (let i = 0; i < 6; i++) seen.add((await ask(addressOf(supervisor, "users")))["instance"]);
  expect(seen.size).toBe(2);
});

function scaled(min: number): ReturnType<typeof part>["scale"] {
  return { ...part("x").scale, min, max: min };
}

test("LSP2: a rolling restart under constant load loses no request", async () => {
  await using running = await up(
    plan([part("users", { scale: scaled(2), stop: { graceMs: 5_000, drainMs: 50 } })]),
  );
  const { supervisor } = running;
  await supervisor.untilReady();
  const url = addressOf(supervisor, "users");
  const before = new Set(replicasOf(supervisor, "users").map((each) => each.pid));
  const answers: Record<string, unknown>[] = [];
  const load = { on: true };
  const clients = Array.from({ length: 8 }, async (_, i) => {
    while (load.on) answers.push(await ask(`${url}/slow?ms=${i * 3}`));
  });
  await supervisor.restart("users");
  const after = new Set(replicasOf(supervisor, "users").map((each) => each.pid));
  load.on = false;
  await Promise.all(clients); // Rejects if any request was lost.
  expect([...after].filter((pid) => before.has(pid))).toEqual([]);
  expect(answers.length).toBeGreaterThan(20);
  expect(answers.every((each) => typeof each["pid"] === "number")).toBe(true);
  expect(replicasOf(supervisor, "users").map((each) => each.instance)).toEqual([
    "users-0",
    "users-1",
  ]);
});

test("LSP2: a restart whose successor does not come up fails, and the old one goes on serving", async () => {
  await using directory = await temporaryDirectory();
  const entry = join(directory.path, "main.ts");
  await writeFile(entry, readFileSync(new URL("./programs/server.ts", import.meta.url)));
  await using running = await up(
    plan([part("users", { program: { runtime: "node", entry, args: [], image: "" } })]),
  );
  const { supervisor } = running;
  await supervisor.untilReady();
  const before = replicasOf(supervisor, "users")[0]?.pid;
  await writeFile(entry, 'throw new Error("a broken change");');
  const failure = await supervisor.restart("users").catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PartStartFailedError);
  expect((failure as Error).message).toContain("a broken change");
  expect(replicasOf(supervisor, "users")).toMatchObject([{ pid: before, state: "ready" }]);
  expect(await ask(addressOf(supervisor, "users"))).toMatchObject({ pid: before });
});

test("LSP1: operations on a part are carried out one by one, in the order of asking", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor } = running;
  await supervisor.untilReady();
  const ended: string[] = [];
  await Promise.all([
    supervisor.scale("users", 3).then(() => ended.push("scale 3")),
    supervisor.restart("users").then(() => ended.push("restart")),
    supervisor.scale("users", 1).then(() => ended.push("scale 1")),
  ]);
  expect(ended).toEqual(["scale 3", "restart", "scale 1"]);
  expect(replicasOf(supervisor, "users")).toMatchObject([{ instance: "users-0", state: "ready" }]);
});

test("scaling adds ready replicas and drains those that go", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor } = running;
  await supervisor.untilReady();
  await supervisor.scale("users", 3);
  expect(replicasOf(supervisor, "users").map((each) => each.state)).toEqual([
    "ready",
    "ready",
    "ready",
  ]);
  const slow = ask(`${addressOf(supervisor, "users")}/slow?ms=300`);
  await supervisor.scale("users", 1);
  expect(replicasOf(supervisor, "users").map((each) => each.instance)).toEqual(["users-0"]);
  expect(await slow).toHaveProperty("instance");
  expect(supervisor.currentStatus().state).toBe("ready");
});

test("a stopped part stays down until it is started", async () => {
  await using running = await up(plan([part("users"), part("orders", { uses: [use("users")] })]));
  const { supervisor } = running;
  await supervisor.untilReady();
  await supervisor.stop("users");
  const [orders, users] = ["orders", "users"].map((name) =>
    supervisor.currentStatus().parts.find((each) => each.name === name),
  );
  expect(users).toMatchObject({ state: "stopped", wanted: 0, replicas: [] });
  expect(orders?.state).toBe("ready");
  await expect(supervisor.restart("users")).rejects.toMatchObject({
    code: "PART_OPERATION_REFUSED",
  });
  await supervisor.start("users");
  await untilStatus(supervisor, (status) => status.parts.every((each) => each.state === "ready"));
});

test("LRM4: a process that ignores SIGTERM is killed after its grace", async () => {
  const stubborn = part("users", { stop: { graceMs: 300, drainMs: 0 } });
  const config = { ignore: { ...configOf("IGNORE_TERM") } };
  await using running = await up(plan([{ ...stubborn, config }]), {
    variables: { ...process.env, IGNORE_TERM: "1" },
  });
  const { supervisor } = running;
  await supervisor.untilReady();
  const pid = replicasOf(supervisor, "users")[0]?.pid ?? 0;
  await supervisor.stop("users");
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  const lines: string[] = [];
  for await (const line of supervisor.logs({ part: "users" })) lines.push(line.text);
  expect(lines).toContain("ignored SIGTERM");
});

function configOf(env: string): ReturnType<typeof part>["config"][string] {
  return {
    name: "ignore",
    type: "string",
    value: "",
    env,
    description: "",
    values: [],
    min: null,
    max: null,
  };
}

test("a part that ends at once fails the start with its last lines, and backs off meanwhile", async () => {
  const broken = part("users", {
    program: { runtime: "node", entry: "./broken.ts", args: [], image: "" },
  });
  await using running = await up(plan([broken]));
  const { supervisor } = running;
  const failure = await supervisor.untilReady().catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(PartStartFailedError);
  expect((failure as PartStartFailedError).message).toContain("USERS_DB_URL is not set");
  expect((failure as PartStartFailedError).detail).toMatchObject({
    part: "users",
    instance: "users-0",
    exit: { code: 1 },
  });
  expect(supervisor.currentStatus().state).toBe("failed");
});

test("LSP3: stateful replicas keep their ports, peers and volumes, and restart one by one", async () => {
  const nodes = part("nodes", {
    kind: "stateful",
    scale: scaled(3),
    stateful: { start: "ordered", quorum: 2 },
    uses: [use("nodes", { perReplica: true, optional: true, env: "PEERS" })],
    volumes: [
      {
        name: "ledger-data",
        mountPath: "/data",
        sizeBytes: 1,
        scope: "replica",
        storageClass: "",
        retain: false,
        backup: null,
      },
    ],
  });
  await using running = await up(plan([nodes]));
  const { supervisor } = running;
  const readied: string[] = [];
  const done = new AbortController();
  const watching = (async () => {
    for await (const event of supervisor.events(done.signal)) {
      if (event.type === "replica" && event.replica.state === "ready") {
        readied.push(event.replica.instance);
      }
    }
  })();
  await supervisor.untilReady();
  const ports = replicasOf(supervisor, "nodes").map((each) => each.ports["http"]);
  const seen = await ask(`http://127.0.0.1:${ports[2]}/env`);
  expect(seen["PEERS"]).toBe(ports.map((each) => `http://127.0.0.1:${each}`).join(","));
  expect(seen["ASHLAR_VOLUME_LEDGER_DATA"]).toBe(
    join(running.stateDir, "data/volumes/nodes/2/ledger-data"),
  );
  expect((await stat(String(seen["ASHLAR_VOLUME_LEDGER_DATA"]))).isDirectory()).toBe(true);
  const reached = await ask(`http://127.0.0.1:${ports[0]}/fetch?url=http://127.0.0.1:${ports[1]}/`);
  expect(reached).toEqual({ status: 200 });
  await supervisor.restart("nodes");
  expect(replicasOf(supervisor, "nodes").map((each) => each.ports["http"])).toEqual(ports);
  done.abort();
  await watching;
  expect(readied).toEqual(["nodes-0", "nodes-1", "nodes-2", "nodes-2", "nodes-1", "nodes-0"]);
});

test("LSA1: single replicas of a part without state have addresses that outlive them", async () => {
  const users = part("users", { scale: scaled(2) });
  const web = part("web", { uses: [use("users", { perReplica: true })] });
  await using running = await up(plan([users, web]));
  const { supervisor } = running;
  await supervisor.untilReady();
  const urls = String((await ask(`${addressOf(supervisor, "web")}/env`))["USERS_URL"]).split(",");
  const instances = async (): Promise<unknown[]> =>
    Promise.all(urls.map(async (url) => (await ask(url))["instance"]));
  expect(await instances()).toEqual(["users-0", "users-1"]);
  await supervisor.restart("users");
  expect(await instances()).toEqual(["users-0", "users-1"]);
  const reached = await ask(`${addressOf(supervisor, "web")}/fetch?url=${urls[1]}`);
  expect(reached).toEqual({ status: 200 });
});

test("LCP1: what a process leaves behind in its group ends with it", async () => {
  const shell = part("shell", {
    program: {
      runtime: "command",
      command: ["sh", "-c", "sleep 1000 & echo child $!; exit 3"],
      image: "",
    },
    ports: {},
    probes: { startup: null, readiness: null, liveness: null },
    restart: { initialMs: 60_000, maxMs: 60_000, resetMs: 60_000 },
  });
  await using running = await up(plan([shell]));
  const { supervisor } = running;
  await untilStatus(supervisor, (status) => status.parts[0]?.state === "backoff");
  const lines: string[] = [];
  for await (const line of supervisor.logs({ part: "shell" })) lines.push(line.text);
  const child = Number(/^child (\d+)$/.exec(lines[0] ?? "")?.[1]);
  const stat = await readFile(`/proc/${child}/stat`, "latin1").catch(() => ") Z ");
  expect(stat).toMatch(/\) [ZX] /); // Gone, or waiting for whoever collects the dead here.
});

test("a job runs its workers to completion; one that fails for good is failed", async () => {
  const job = (code: string): ReturnType<typeof part> =>
    part("import", {
      kind: "job",
      ports: {},
      probes: { startup: null, readiness: null, liveness: null },
      program: { runtime: "node", entry: "./worker.ts", args: [code], image: "" },
      job: {
        schedule: null,
        concurrency: "forbid",
        startingDeadlineMs: 0,
        parallelism: 2,
        completions: 3,
        retries: 1,
        deadlineMs: 60_000,
        keepFinishedMs: 0,
      },
    });
  {
    await using running = await up(plan([job("0")]));
    const { supervisor } = running;
    await untilStatus(supervisor, (status) => status.parts[0]?.state === "completed");
    const lines: string[] = [];
    for await (const line of supervisor.logs({ part: "import" })) lines.push(line.text);
    expect(lines.toSorted()).toEqual(["worker 0 of 3", "worker 1 of 3", "worker 2 of 3"]);
  }
  await using running = await up(plan([job("7")]));
  await untilStatus(running.supervisor, (status) => status.parts[0]?.state === "failed");
  const failed = replicasOf(running.supervisor, "import").find((each) => each.state === "failed");
  expect(failed).toMatchObject({ restarts: 1, lastExit: { code: 7 } });
  expect(running.supervisor.currentStatus().state).toBe("degraded");
});

test("LSD3: a second supervisor is refused with the pid of the first; a dead one's lock is taken over", async () => {
  await using running = await up(plan([part("users")]));
  const again = Supervisor.open(optionsFor(plan([part("users")]), running.stateDir));
  const refusal = await again.catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(StateLockedError);
  expect((refusal as StateLockedError).detail.pid).toBe(process.pid);
  await running.supervisor.down();
  await running.supervisor.stopped;
  await writeFile(
    join(running.stateDir, "lock"),
    JSON.stringify({ pid: process.pid, startedAt: "long ago" }),
  );
  await using next = await Supervisor.open(optionsFor(plan([]), running.stateDir));
  expect(next.currentStatus().system).toBe("trial");
});

test("LPO2: a declared public port is taken if free; else another, which is told and stays", async () => {
  const system = plan([part("web", { ports: publicPort })]);
  const blocker = createServer().listen(18_080, "127.0.0.1");
  await once(blocker, "listening");
  await using directory = await temporaryDirectory();
  const stateDir = join(directory.path, "state");
  let endpoint = "";
  {
    await using supervisor = await Supervisor.open(optionsFor(system, stateDir));
    endpoint = supervisor.currentStatus().endpoints["web"] ?? "";
    expect(endpoint).not.toContain(":18080");
    await supervisor.untilReady();
    expect(await ask(endpoint)).toMatchObject({ instance: "web-0" });
  }
  {
    await using supervisor = await Supervisor.open(optionsFor(system, stateDir));
    expect(supervisor.currentStatus().endpoints["web"]).toBe(endpoint);
  }
  blocker.close();
  await once(blocker, "close");
  await using supervisor = await Supervisor.open(optionsFor(system, stateDir));
  expect(supervisor.currentStatus().endpoints["web"]).toBe("http://127.0.0.1:18080");
  // LPO3: a second system at the same time takes another.
  await using other = await Supervisor.open(
    optionsFor(system, join(directory.path, "other", "state")),
  );
  expect(other.currentStatus().endpoints["web"]).not.toContain(":18080");
});

test("LCT1, LSD2: the control socket answers like the supervisor itself, and only to its owner", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor, stateDir } = running;
  await supervisor.untilReady();
  expect((await stat(supervisor.controlSocket)).mode & 0o777).toBe(0o600);
  for (const own of ["run", "secrets"]) {
    expect((await stat(join(stateDir, own))).mode & 0o777).toBe(0o700);
  }
  const client = await ControlClient.open(stateDir);
  expect(await client.status()).toEqual(supervisor.currentStatus());
  expect(await client.plan()).toEqual(await supervisor.plan());
  const done = new AbortController();
  const states: string[] = [];
  const events = (async () => {
    for await (const event of client.events(done.signal)) {
      if (event.type === "replica") states.push(event.replica.state);
      if (states.includes("stopped")) break;
    }
  })();
  await client.scale("users", 2);
  await ask(`${addressOf(supervisor, "users")}/log?line=needle%20in%20text`);
  await client.restart("users");
  await events;
  expect(states).toContain("ready");
  const lines = [];
  for await (const line of client.logs({ part: "users", search: "NEEDLE", tail: 10 })) {
    lines.push(line);
  }
  expect(lines).toMatchObject([{ part: "users", text: "needle in text", level: "info" }]);
  await expect(client.restart("userz")).rejects.toMatchObject({
    code: "CONTROL_REFUSED",
    detail: { status: 404, reason: "PART_UNKNOWN" },
    message: 'unknown part "userz"; did you mean "users"?',
  });
  await expect(client.kill("users", { replica: 9 })).rejects.toMatchObject({
    detail: { reason: "REPLICA_UNKNOWN" },
  });
  await client.stop("users");
  await client.start("users");
  await client.down({ wipe: true });
  expect(existsSync(stateDir)).toBe(false);
  await expect(ControlClient.open(stateDir)).rejects.toMatchObject({ code: "CONTROL_UNREACHABLE" });
});

test("followed logs come as they are written", async () => {
  await using running = await up(plan([part("users")]));
  const { supervisor } = running;
  await supervisor.untilReady();
  const client = await ControlClient.open(running.stateDir);
  const lines = client.logs({ part: "users", follow: true, tail: 0, level: "warn" });
  const iterator = lines[Symbol.asyncIterator]();
  const first = iterator.next();
  const warning = encodeURIComponent(JSON.stringify({ level: "warn", text: "careful", a: 1 }));
  // The subscription is open when the first line of the earlier query has come back.
  await client.status();
  await ask(`${addressOf(supervisor, "users")}/log?line=plain`);
  await ask(`${addressOf(supervisor, "users")}/log?line=${warning}`);
  expect((await first).value).toMatchObject({ text: "careful", level: "warn", fields: { a: 1 } });
  await iterator.return?.(undefined);
});

test("WebSocket-like traffic passes the service address both ways, half-closed too", async () => {
  await using running = await up(
    plan([
      part("echo", {
        program: { runtime: "node", entry: "./echo.ts", args: [], image: "" },
        probes: { startup: null, liveness: null, readiness: tcpReadiness },
      }),
    ]),
  );
  await running.supervisor.untilReady();
  const address = new URL(addressOf(running.supervisor, "echo"));
  const socket = connect({
    host: address.hostname,
    port: Number(address.port),
    allowHalfOpen: true,
  });
  socket.write("one ");
  expect(String(await once(socket, "data"))).toBe("one ");
  socket.end("two");
  let rest = "";
  for await (const chunk of socket) rest += String(chunk);
  expect(rest).toBe("two and the end"); // LB3: the answer comes after our half-close.
});

const tcpReadiness = {
  check: { kind: "tcp", port: "http" },
  periodMs: 200,
  timeoutMs: 500,
  failures: 3,
  successes: 1,
  initialDelayMs: 0,
} as const;
