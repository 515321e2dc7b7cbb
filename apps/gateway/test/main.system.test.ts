/**
 * The whole program as a process: it starts from a Plan, serves, and stops in order.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const main = new URL("../src/main.ts", import.meta.url).pathname;
const transform = { request: { set: {}, remove: [] }, response: { set: {}, remove: [] } };

let directory: string;
let service: Server;
let serviceUrl: string;

function plan(changes: object = {}): object {
  const route = {
    name: "users",
    host: null,
    path: "/api/users/*",
    methods: [],
    protocol: "http",
    target: { part: "users", port: "http" },
    rewrite: "/users/*",
    access: { schemes: [], roles: [], scopes: [] },
    rateLimits: [{ by: "ip", requests: 100, windowMs: 1_000 }],
    bodyBytesMax: 1_000,
    timeoutMs: 5_000,
    retry: { attempts: 0, perTryTimeoutMs: 1_000, initialMs: 1, maxMs: 1 },
    breaker: { consecutiveFailures: 5, openMs: 1_000, maxEjectedPercent: 50 },
    cors: null,
    cache: null,
    transform,
  };
  return {
    format: "ashlar.plan/1",
    system: "test",
    parts: {
      api: {
        ports: {
          http: { name: "http", exposure: "public" },
          ops: { name: "ops", exposure: "ops" },
        },
        uses: [
          { to: "port", part: "users", port: "http", env: "USERS_URL" },
          { to: "store", store: "edge", env: "EDGE_URL" },
        ],
        secrets: [],
        stop: { graceMs: 5_000, drainMs: 0 },
        gateway: {
          hosts: [],
          routes: [route],
          issuers: [],
          sharedState: { store: "edge", engine: "redis" },
          tls: { certificate: "none", secret: null },
          trustedProxies: [],
          maxConnections: 100,
          maxInFlight: 100,
          headerBytesMax: 16_384,
          headerTimeoutMs: 5_000,
          openapi: null,
        },
      },
    },
    ...changes,
  };
}

class Program implements AsyncDisposable {
  readonly child: ChildProcess;
  output = "";
  errors = "";

  constructor(env: Readonly<Record<string, string>>) {
    this.child = spawn(process.execPath, ["--conditions=@ashlar/source", main], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.on("data", (piece) => (this.output += String(piece)));
    this.child.stderr?.on("data", (piece) => (this.errors += String(piece)));
  }

  async until(text: string): Promise<void> {
    while (!this.output.includes(text)) await once(this.child.stdout!, "data");
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.exit().catch(() => undefined);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  return port;
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "gateway-app-"));
  service = createServer((request, response) => response.end(`${request.url}`));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
});

afterAll(async () => {
  service.closeAllConnections();
  service.close();
  await rm(directory, { recursive: true, force: true });
});

test("GD5, GL3: the program serves, also while its shared store is away, and stops with 0", async () => {
  const planPath = join(directory, "plan.json");
  await writeFile(planPath, JSON.stringify(plan()));
  const [http, ops, nobody] = [await freePort(), await freePort(), await freePort()];
  await using program = new Program({
    ASHLAR_PLAN: planPath,
    ASHLAR_PART: "api",
    USERS_URL: serviceUrl,
    ASHLAR_PORT_HTTP: String(http),
    ASHLAR_PORT_OPS: String(ops),
    EDGE_URL: `redis://127.0.0.1:${nobody}`,
  });
  await program.until("gateway is ready");
  const answer = await fetch(`http://127.0.0.1:${http}/api/users/7`);
  expect([answer.status, await answer.text()]).toEqual([200, "/users/7"]);
  for (const path of ["/healthz", "/readyz", "/metrics"]) {
    expect((await fetch(`http://127.0.0.1:${http}${path}`)).status, `${path} from outside`).toBe(
      404,
    );
    expect((await fetch(`http://127.0.0.1:${ops}${path}`)).status, path).toBe(200);
  }
  const metrics = await (await fetch(`http://127.0.0.1:${ops}/metrics`)).text();
  expect(metrics).toMatch(/http_requests_total\{[^}]*route="users"[^}]*\} 1/);
  expect(metrics).toMatch(/gateway_store_failures_total\{[^}]*store="rate_limits"[^}]*\} 1/);
  program.child.kill("SIGTERM");
  expect(await program.exit()).toBe(0);
  expect(program.output).toContain("gateway has stopped");
});

test.for([
  ["no variables", {}, "ASHLAR_PART and ASHLAR_PLAN must be set"],
  ["another part", { part: "users" }, 'part "users" of the Plan is not a gateway'],
  ["another format", { plan: { format: "ashlar.plan/9" } }, "is not ashlar.plan/1"],
  ["no service address", { url: "" }, 'no address for port "http" of part "users"'],
] as const)("GR4: with %s it ends at once and says why", async ([name, given, reason]) => {
  const changes: { part?: string; plan?: object; url?: string } = given;
  const planPath = join(directory, `${name.replaceAll(" ", "-")}.json`);
  await writeFile(planPath, JSON.stringify(plan(changes.plan)));
  const env: Record<string, string> =
    name === "no variables"
      ? {}
      : {
          ASHLAR_PLAN: planPath,
          ASHLAR_PART: changes.part ?? "api",
          USERS_URL: changes.url ?? serviceUrl,
        };
  await using program = new Program(env);
  expect(await program.exit()).toBe(1);
  expect(program.errors).toContain(reason);
});
