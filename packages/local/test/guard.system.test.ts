/**
 * Goal: a part reaches what it has declared and nothing else, however it tries.
 * Method: a fixture program tries each kind of connection to declared and undeclared addresses.
 */

import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Supervisor } from "../src/index.ts";
import { fakeEngines } from "./fake-engines.ts";
import {
  addressOf,
  ask,
  part,
  plan,
  port,
  replicasOf,
  store,
  untilStatus,
  up,
  use,
} from "./system-fixture.ts";

const caller = (name: string, changes: Parameters<typeof part>[1] = {}): ReturnType<typeof part> =>
  part(name, {
    program: { runtime: "node", entry: "./caller.ts", args: [], image: "" },
    probes: { startup: part("x").probes.startup, readiness: null, liveness: null },
    ...changes,
  });

function attempt(
  supervisor: Supervisor,
  how: string,
  target: { readonly host: string; readonly port?: string | number },
): Promise<Record<string, unknown>> {
  const query = new URLSearchParams({ how, host: target.host, port: String(target.port ?? 0) });
  return ask(`${addressOf(supervisor, "orders")}/?${query.toString()}`);
}

function portOf(supervisor: Supervisor, name: string): string {
  return new URL(addressOf(supervisor, name)).port;
}

test("LGD1, LNP1, LNP2: every way to connect is allowed to a declared part and refused to others", async () => {
  const system = plan([
    part("users"),
    part("notifications"),
    caller("orders", { uses: [use("users")] }),
  ]);
  await using running = await up(system);
  const { supervisor } = running;
  await supervisor.untilReady();
  const users = { host: "127.0.0.1", port: portOf(supervisor, "users") };
  const other = { host: "127.0.0.1", port: portOf(supervisor, "notifications") };
  for (const how of ["options", "arguments", "worker", "fork"]) {
    expect([how, await attempt(supervisor, how, users)]).toEqual([how, { connected: true }]);
  }
  expect(await attempt(supervisor, "fetch", users)).toEqual({ status: 200 });
  expect(await attempt(supervisor, "options", { ...users, host: "localhost" })).toEqual({
    connected: true,
  });
  for (const how of ["options", "arguments", "fetch", "tls", "worker", "fork", "udp"]) {
    const message =
      `orders may not connect to 127.0.0.1:${other.port} (notifications.http): ` +
      "add notifications.ports.http to the uses of orders";
    const refused = await attempt(supervisor, how, other);
    expect([how, refused]).toMatchObject([how, { code: "NETWORK_POLICY_DENIED", message }]);
  }
  const status = supervisor.currentStatus().parts.find((each) => each.name === "orders");
  expect(status?.denials).toBeGreaterThan(0);
  const lines: unknown[] = [];
  for await (const line of supervisor.logs({ part: "orders", search: "POLICY_DENIED" })) {
    lines.push(line.fields["code"]);
  }
  expect(lines).toContain("NETWORK_POLICY_DENIED");
});

test("LGD1: unknown hosts and ports, the control socket and others' replicas are refused by name", async () => {
  const system = plan([
    part("users", { ports: { http: port("http"), ops: port("ops", { exposure: "ops" }) } }),
    caller("orders", { uses: [use("users")] }),
  ]);
  const stores = { "users-db": store("users-db") };
  await using running = await up({ ...system, stores }, { engines: fakeEngines() });
  const { supervisor } = running;
  await supervisor.untilReady();
  const message = async (
    how: string,
    target: { readonly host: string; readonly port?: string | number },
  ): Promise<unknown> => (await attempt(supervisor, how, target))["message"];
  expect(await message("options", { host: "payments.example.com", port: 443 })).toBe(
    "orders may not connect to payments.example.com:443: declare an external with host " +
      "payments.example.com and port 443 and add it to the uses of orders",
  );
  expect(await message("options", { host: "10.1.2.3", port: 80 })).toContain("declare an external");
  expect(await message("options", { host: "127.0.0.1", port: 1 })).toContain(
    "nothing of this system listens there",
  );
  const url = new URL(supervisor.currentStatus().stores[0]?.url ?? "");
  expect(await message("options", { host: url.hostname, port: url.port })).toContain(
    "(store users-db): add users-db to the uses of orders",
  );
  const [replica] = replicasOf(supervisor, "users");
  expect(
    await message("options", { host: "127.0.0.1", port: replica?.ports["ops"] ?? 0 }),
  ).toContain("(users.ops): it is for the platform alone");
  expect(await message("unix", { host: supervisor.controlSocket })).toContain(
    "a Unix socket outside of its own volumes",
  );
});

test("a Unix socket in the part's own volume may be used", async () => {
  const volume = {
    name: "run",
    mountPath: "/run",
    sizeBytes: 1,
    scope: "shared",
    storageClass: "",
    retain: false,
    backup: null,
  } as const;
  await using running = await up(plan([caller("orders", { volumes: [volume] })]));
  const { supervisor, stateDir } = running;
  await supervisor.untilReady();
  const path = join(stateDir, "data/volumes/orders/shared/run/own.sock");
  const server = await listening(createServer((socket) => socket.destroy()).listen(path));
  expect(await attempt(supervisor, "unix", { host: path })).toEqual({ connected: true });
  server.close();
});

async function listening(server: Server): Promise<Server> {
  await once(server, "listening");
  return server;
}

const ownName = await lookup(hostname(), 4).catch(() => undefined);

test.skipIf(ownName === undefined)(
  "LGD3: a declared external is matched by its name, and by what the name resolves to",
  async () => {
    const server = await listening(createServer((socket) => socket.end()).listen(0));
    const { port: number } = server.address() as { port: number };
    const mail = {
      name: "mail",
      summary: "",
      protocol: "smtp",
      host: hostname(),
      port: number,
      local: "real",
    } as const;
    const uses = [use("x", { to: "external", external: "mail", env: "MAIL_URL" } as never)];
    await using running = await up({
      ...plan([caller("orders", { uses })]),
      externals: { mail },
    });
    const { supervisor } = running;
    await supervisor.untilReady();
    for (const host of [hostname(), ownName?.address ?? ""]) {
      expect([host, await attempt(supervisor, "options", { host, port: number })]).toEqual([
        host,
        { connected: true },
      ]);
    }
    const elsewhere = { host: ownName?.address ?? "", port: number + 1 };
    expect((await attempt(supervisor, "options", elsewhere))["code"]).toBe("NETWORK_POLICY_DENIED");
    server.close();
  },
);

test("LGD2: a replica that came later can be reached without a restart of its user", async () => {
  const nodes = part("nodes", { kind: "stateful", stateful: { start: "parallel", quorum: null } });
  const uses = [use("nodes", { perReplica: true })];
  await using running = await up(plan([nodes, caller("orders", { uses })]));
  const { supervisor } = running;
  await supervisor.untilReady();
  await supervisor.scale("nodes", 2);
  const later = replicasOf(supervisor, "nodes")[1]?.ports["http"] ?? 0;
  expect(await attempt(supervisor, "options", { host: "127.0.0.1", port: later })).toEqual({
    connected: true,
  });
});

test("LST1, LST2: a killed store is restarted on its port; parts that use it turn ready again", async () => {
  const engines = fakeEngines();
  const stores = { "users-db": store("users-db"), "edge-db": store("edge-db") };
  const streams = {
    events: {
      name: "events",
      summary: "",
      namespace: "default",
      kind: "log",
      engine: "nats",
      partitions: 1,
      retentionMs: 1,
      maxEventBytes: 1,
      maxDeliveries: 1,
    } as const,
  };
  const users = part("users", {
    uses: [
      { to: "store", store: "users-db", env: "USERS_DB_URL", optional: false },
      {
        to: "stream",
        stream: "events",
        role: "publish",
        group: "",
        env: "EVENTS_URL",
        optional: false,
      },
    ],
  });
  await using running = await up({ ...plan([users]), stores, streams }, { engines });
  const { supervisor } = running;
  await supervisor.untilReady();
  const seen = await ask(`${addressOf(supervisor, "users")}/env`);
  const [postgresPort] = engines.opened;
  expect(seen["USERS_DB_URL"]).toBe(`postgres://ashlar:hidden@127.0.0.1:${postgresPort}/users_db`);
  expect(seen["EVENTS_URL"]).toContain("/stream_events");
  expect(JSON.stringify(supervisor.currentStatus())).not.toContain("hidden"); // LSV3
  const reached = await ask(
    `${addressOf(supervisor, "users")}/fetch?url=http://127.0.0.1:${postgresPort}/`,
  );
  expect(reached["code"]).not.toBe("NETWORK_POLICY_DENIED");
  await supervisor.kill("users-db");
  await untilStatus(supervisor, (status) => status.stores.every((each) => each.state !== "ready"));
  expect(supervisor.currentStatus().state).toBe("degraded");
  await untilStatus(supervisor, (status) => status.state === "ready");
  expect(engines.opened).toEqual([postgresPort, postgresPort]);
});

test("LST2: a migration that fails is told, and what needs the store does not start", async () => {
  const engines = fakeEngines();
  engines.broken.add("users_db");
  const users = part("users", {
    uses: [{ to: "store", store: "users-db", env: "USERS_DB_URL", optional: false }],
  });
  await using running = await up(
    { ...plan([users]), stores: { "users-db": store("users-db") } },
    { engines },
  );
  const { supervisor } = running;
  await expect(supervisor.untilReady()).rejects.toMatchObject({
    code: "STORE_START_FAILED",
    message: "users-db did not start: migration 002 fails: syntax error",
  });
  expect(supervisor.currentStatus()).toMatchObject({
    state: "failed",
    stores: [{ name: "users-db", state: "failed" }],
    parts: [{ state: "waiting", replicas: [{ state: "waiting", waitingFor: ["users-db"] }] }],
  });
});
