/** The program as the supervisor starts it: a process, a control socket, real ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realEnvironment } from "@ashlar/program";
import { expect, test } from "vitest";
import type { Overview } from "../src/overview.ts";
import { serveFakeControl } from "./fixture/fake-control-server.ts";
import { FakeSystem } from "./fixture/fake-system.ts";
import { ask, listen } from "./fixture/http-client.ts";

const token = "0123456789abcdef0123456789abcdef";
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Started extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly system: FakeSystem;
  readonly directory: string;
  readonly http: number;
  readonly ops: number;
  /** What it has written so far. */
  output(): string;
  untilSaid(text: string): Promise<void>;
}

async function start(over: Readonly<Record<string, string>> = {}): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), "console-"));
  await writeFile(join(directory, "token"), `${token}\n`, { mode: 0o600 });
  const system = new FakeSystem(realEnvironment().clock);
  const control = await serveFakeControl(system, join(directory, "control.sock"));
  const [http, smtp, ops] = await Promise.all([freePort(), freePort(), freePort()]);
  const child = spawn(process.execPath, ["--conditions=@ashlar/source", main], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ASHLAR_SYSTEM: "storefront",
      ASHLAR_HOST: "127.0.0.1",
      ASHLAR_PORT_HTTP: String(http),
      ASHLAR_PORT_SMTP: String(smtp),
      ASHLAR_PORT_OPS: String(ops),
      ASHLAR_CONTROL: join(directory, "control.sock"),
      ASHLAR_CONSOLE_TOKEN_FILE: join(directory, "token"),
      ASHLAR_PLAN: join(directory, "plan.json"),
      ASHLAR_SUPERVISED: "1",
      ...over,
    },
  });
  let output = "";
  const heard = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString("utf8");
      for (const each of heard) each();
    });
  }
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    child,
    system,
    directory,
    http,
    ops,
    output: () => output,
    untilSaid: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(text)) resolve();
        };
        heard.add(look);
        look();
        void ended.then(() => reject(new Error(`it ended: ${output}`)));
      }),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill("SIGKILL");
      await ended;
      await control[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

test("it comes up, shows the system, serves the page, and ends in order on SIGTERM", async () => {
  await using started = await start();
  const { child, http, ops, directory } = started;
  await started.untilSaid("console listening");
  const bearer = { authorization: `Bearer ${token}` };
  const url = `http://127.0.0.1:${http}`;

  expect((await ask(`http://127.0.0.1:${ops}/readyz`)).status).toBe(200);
  expect((await ask(`http://127.0.0.1:${ops}/metrics`)).body).toContain("console_mails_held 0");

  const live = await listen(`${url}/api/live`, bearer, (events) =>
    events.some(({ data }) => (data as Partial<Overview>).connection?.connected ?? false),
  );
  const seen = live.at(-1)?.data as Overview;
  expect(seen.parts.map((each) => each.name)).toContain("orders");

  // CN22: the page is there, is kept for the next start, and esbuild's service has ended.
  expect((await ask(`${url}/assets/app.js`)).body.length).toBeGreaterThan(50_000);
  expect((await ask(`${url}/assets/app.css`)).body).toContain("light-dark");
  expect(await readdir(join(directory, "cache", "console"))).toHaveLength(1);
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  expect(children.trim()).toBe("");

  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
});

test("a part ordered through the console is ordered at the supervisor", async () => {
  await using started = await start();
  await started.untilSaid("console listening");
  const url = `http://127.0.0.1:${started.http}/api/parts`;
  const headers = { authorization: `Bearer ${token}` };
  const live = listen(`http://127.0.0.1:${started.http}/api/live`, headers, (events) =>
    events.some(({ data }) => (data as Partial<Overview>).connection?.connected ?? false),
  );
  await live;
  const scaled = await ask(`${url}/users/scale`, {
    method: "POST",
    headers,
    body: '{"replicas":3}',
  });
  expect([scaled.status, started.system.orders]).toEqual([200, ["scale users 3"]]);
  started.system.refusal = new Error("replica 9 is not there");
  const refused = await ask(`${url}/users/kill`, {
    method: "POST",
    headers,
    body: '{"replica":9}',
  });
  expect(refused.status).toBe(409);
  expect(refused.json()).toMatchObject({ code: "CONTROL_REFUSED" });
});

test("CN1: on an address beyond loopback it ends with a clear error", async () => {
  await using started = await start({ ASHLAR_HOST: "0.0.0.0" });
  const exit = new Promise<number | null>((resolve) => started.child.once("exit", resolve));
  expect(await exit).toBe(1);
  expect(started.output()).toContain("is not a loopback address");
});
