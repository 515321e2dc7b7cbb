/**
 * What the gateway costs: a small JSON route with a JWT check and a rate limit, as the real program
 * serves it (access log, metrics and all), beside the service asked directly and beside
 * `@fastify/http-proxy` without any checks.
 *
 * Service, gateway and client are processes of their own. Rounds are interleaved, so that all three
 * see the same minutes of a machine that others may use, and medians are taken.
 *
 * Not measured: several cores, TLS, a shared store of limits, large bodies.
 *
 * @module
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { generateKeyPairSync, sign } from "node:crypto";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { median } from "./figures.ts";
import type { Figures } from "./main.ts";

const rounds = 7;
const seconds = 3;
const connections = 50;

interface Round {
  readonly rps: number;
  readonly p99Ms: number;
}

export async function gatewayBench(): Promise<Figures> {
  const directory = await mkdtemp(join(tmpdir(), "ashlar-bench-"));
  const children: ChildProcess[] = [];
  let log: FileHandle | undefined;
  try {
    const { token, keySet } = credentials();
    const [service, proxy, gateway, ops] = await freePorts(4);
    const upstream = `http://127.0.0.1:${service}`;
    await started(children, "upstream.ts", { PORT: String(service), KEY_SET: keySet });
    await started(children, "fastify-proxy.ts", { PORT: String(proxy), UPSTREAM: upstream });
    const planPath = join(directory, "plan.json");
    await writeFile(planPath, JSON.stringify(plan()));
    log = await open(join(directory, "gateway.log"), "w");
    await startGateway(children, log.fd, {
      ASHLAR_PLAN: planPath,
      ASHLAR_PART: "api",
      ASHLAR_PORT_HTTP: String(gateway),
      ASHLAR_PORT_OPS: String(ops),
      USERS_URL: upstream,
    });
    const targets = {
      bare: `${upstream}/api/users/7`,
      proxy: `http://127.0.0.1:${proxy}/api/users/7`,
      gateway: `http://127.0.0.1:${gateway}/api/users/7`,
    };
    return figuresOf(await measure(targets, token));
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await log?.close();
    await rm(directory, { recursive: true, force: true });
  }
}

type Target = "bare" | "proxy" | "gateway";

async function measure(
  targets: Readonly<Record<Target, string>>,
  token: string,
): Promise<Readonly<Record<Target, Round[]>>> {
  const measured: Record<Target, Round[]> = { bare: [], proxy: [], gateway: [] };
  const names: readonly Target[] = ["bare", "proxy", "gateway"];
  for (const name of names) await load(targets[name], token, 2); // Warm.
  for (let round = 0; round < rounds; round++) {
    // Another order each time: what follows what must not matter.
    for (let i = 0; i < names.length; i++) {
      const name = names[(round + i) % names.length] as Target;
      measured[name].push(await load(targets[name], token, seconds));
    }
  }
  return measured;
}

function figuresOf(measured: Readonly<Record<Target, readonly Round[]>>): Figures {
  const rps = (name: Target): number => median(measured[name].map((each) => each.rps));
  const p99 = (name: Target): number => median(measured[name].map((each) => each.p99Ms));
  // Ratios within a round compare the same minute; their median is steadier than that of the parts.
  const ratio = (to: Target): number =>
    median(measured.gateway.map((each, i) => each.rps / (measured[to][i]?.rps ?? Number.NaN)));
  return {
    "gateway.ratioToBareHttp": { value: ratio("bare"), unit: "ratio" },
    "gateway.ratioToFastifyProxy": { value: ratio("proxy"), unit: "ratio" },
    "gateway.rps": { value: rps("gateway"), unit: "requests/s" },
    "gateway.p99Ms": { value: p99("gateway"), unit: "ms" },
    "gateway.bareHttpRps": { value: rps("bare"), unit: "requests/s" },
    "gateway.bareHttpP99Ms": { value: p99("bare"), unit: "ms" },
    "gateway.fastifyProxyRps": { value: rps("proxy"), unit: "requests/s" },
    "gateway.fastifyProxyP99Ms": { value: p99("proxy"), unit: "ms" },
  };
}

/** One run of the client, in a process of its own. @throws when any answer was not 200. */
async function load(url: string, token: string, duration: number): Promise<Round> {
  const client = fork(new URL("./gateway/client.ts", import.meta.url), {
    execArgv: ["--conditions=@ashlar/source"],
    env: {
      PATH: process.env["PATH"],
      TARGET: url,
      TOKEN: token,
      SECONDS: String(duration),
      CONNECTIONS: String(connections),
    },
  });
  const result = await new Promise<Round & { readonly failed: number }>((resolve, reject) => {
    client.once("message", (message) => resolve(message as Round & { failed: number }));
    client.once("exit", (code) => reject(new Error(`the client ended with ${code}`)));
  });
  if (result.failed > 0) throw new Error(`${url}: ${result.failed} requests failed`);
  return result;
}

function started(
  children: ChildProcess[],
  file: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const child = fork(new URL(`./gateway/${file}`, import.meta.url), {
    execArgv: ["--conditions=@ashlar/source"],
    env: { PATH: process.env["PATH"], ...env },
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
}

async function startGateway(
  children: ChildProcess[],
  logFile: number,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const main = new URL("../apps/gateway/src/main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=@ashlar/source", main], {
    env: { PATH: process.env["PATH"], ...env },
    // Its log goes to a file, as from a container: this process must not read it meanwhile.
    stdio: ["ignore", logFile, "inherit"],
  });
  children.push(child);
  const ready = `http://127.0.0.1:${env["ASHLAR_PORT_OPS"]}/readyz`;
  while (child.exitCode === null) {
    const answer = await fetch(ready).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(20);
  }
  throw new Error(`the gateway ended with ${child.exitCode}`);
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((each) => (each.address() as AddressInfo).port);
  await Promise.all(servers.map((each) => new Promise((resolve) => each.close(resolve))));
  return ports;
}

const issuer = "https://bench.example.com";

function credentials(): { readonly token: string; readonly keySet: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1_000);
  const signed = [
    part({ alg: "EdDSA", kid: "bench", typ: "JWT" }),
    part({
      iss: issuer,
      aud: "bench",
      sub: "user-7",
      roles: ["reader"],
      iat: now,
      exp: now + 3_600,
    }),
  ].join(".");
  const signature = sign(null, Buffer.from(signed), privateKey).toString("base64url");
  const key = { ...publicKey.export({ format: "jwk" }), kid: "bench", alg: "EdDSA", use: "sig" };
  return { token: `${signed}.${signature}`, keySet: JSON.stringify({ keys: [key] }) };
}

/** The parts of a Plan that the gateway program reads. */
function plan(): object {
  const target = { part: "users", port: "http" };
  return {
    format: "ashlar.plan/1",
    system: "bench",
    parts: {
      api: {
        ports: {
          http: { name: "http", exposure: "public" },
          ops: { name: "ops", exposure: "ops" },
        },
        uses: [{ to: "port", ...target, env: "USERS_URL" }],
        secrets: [],
        stop: { graceMs: 1_000, drainMs: 0 },
        gateway: {
          hosts: [],
          issuers: [
            {
              name: "bench",
              issuer,
              audiences: ["bench"],
              algorithms: ["EdDSA"],
              jwks: { from: "part", ...target, path: "/jwks.json" },
              rolesClaim: "roles",
              scopesClaim: "scope",
              clockToleranceMs: 5_000,
            },
          ],
          sharedState: null,
          tls: { certificate: "none", secret: null },
          trustedProxies: [],
          maxConnections: 10_000,
          maxInFlight: 1_000,
          headerBytesMax: 16_384,
          headerTimeoutMs: 10_000,
          openapi: null,
          routes: [
            {
              name: "users",
              host: null,
              path: "/api/users/{id}",
              methods: ["GET"],
              protocol: "http",
              target,
              rewrite: null,
              access: { schemes: ["jwt"], roles: ["reader"], scopes: [] },
              rateLimits: [{ by: "consumer", requests: 1_000_000_000, windowMs: 60_000 }],
              bodyBytesMax: 1_048_576,
              timeoutMs: 10_000,
              retry: { attempts: 2, perTryTimeoutMs: 3_000, initialMs: 50, maxMs: 1_000 },
              breaker: { consecutiveFailures: 5, openMs: 30_000, maxEjectedPercent: 50 },
              cors: null,
              cache: null,
              transform: {
                request: { set: {}, remove: [] },
                response: { set: {}, remove: [] },
              },
            },
          ],
        },
      },
    },
  };
}
