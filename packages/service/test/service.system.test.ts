import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  /** The first line with this text, as soon as there is one. */
  untilLogged(text: string): Promise<Record<string, unknown>>;
  readonly exited: Promise<number | null>;
}

/** A small young generation, as the README advises: an idle process keeps 10 MB less. */
const flags: readonly string[] = ["--max-semi-space-size=2"];

/** Starts the fixture as the local runner starts a part. */
function start(variables: Record<string, string> = {}): Running {
  const child = spawn(
    process.execPath,
    [...flags, "--conditions=@ashlar/source", join(import.meta.dirname, "fixture/main.ts")],
    {
      env: { PATH: process.env["PATH"], ASHLAR_PART: "demo", ...variables },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines: Record<string, unknown>[] = [];
  const waiters: (() => void)[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    for (const wake of waiters.splice(0)) wake();
  });
  const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
  return {
    child,
    lines,
    exited,
    untilLogged: async (text) => {
      for (;;) {
        const found = lines.find((each) => each["text"] === text);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

test("SK15: SIGTERM drains the request in flight and the process ends with 0", async () => {
  await using service = start({ ASHLAR_DRAIN_MS: "100" });
  const { url, opsUrl } = await service.untilLogged("service ready");
  expect((await fetch(`${String(opsUrl)}/readyz`)).status).toBe(200);
  const inFlight = fetch(`${String(url)}/slow`);
  await service.untilLogged("slow entered");
  service.child.kill("SIGTERM");
  await service.untilLogged("service stopping");
  expect((await fetch(`${String(opsUrl)}/readyz`)).status).toBe(503);
  const answer = await inFlight;
  expect([answer.status, await answer.text()]).toEqual([200, "done"]);
  expect(await service.exited).toBe(0);
});

test("SK15: a stop that outlasts the grace ends with 1 and says so", async () => {
  await using service = start({ ASHLAR_GRACE_MS: "500" });
  const { url } = await service.untilLogged("service ready");
  const stuck = fetch(`${String(url)}/stuck`).catch(() => "cut");
  await service.untilLogged("stuck entered");
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(1);
  expect(service.lines.at(-1)).toMatchObject({
    level: "fatal",
    text: "not stopped within the grace",
  });
  expect(await stuck).toBe("cut");
});

test.for(["/crash", "/reject"])(
  "SK15: an error that nobody catches (%s) ends with 1",
  async (at) => {
    await using service = start();
    const { url } = await service.untilLogged("service ready");
    await fetch(String(url) + at).catch(() => undefined);
    expect(await service.exited).toBe(1);
    expect(service.lines.at(-1)).toMatchObject({
      level: "fatal",
      text: "the process ends: an error was not caught",
      error: { message: "nobody catches this" },
    });
  },
);

test("SK15: a failed start is one line with its code, and 1", async () => {
  await using service = start({ ASHLAR_PORT_HTTP: "99999" });
  expect(await service.exited).toBe(1);
  expect(service.lines).toHaveLength(1);
  expect(service.lines[0]).toMatchObject({ level: "fatal", code: "SERVICE_SETTINGS_INVALID" });
});

test("TEL3: a reader that is gone does not stop the service", async () => {
  await using service = start({ ASHLAR_LOG_LEVEL: "debug" });
  const { url, opsUrl } = await service.untilLogged("service ready");
  service.child.stdout?.destroy();
  for (let at = 0; at < 20; at++) expect((await fetch(`${String(url)}/log`)).status).toBe(200);
  const metrics = await (await fetch(`${String(opsUrl)}/metrics`)).text();
  expect(metrics).toMatch(
    /telemetry_dropped_total\{signal="log",reason="write_failed",part="demo"\} [1-9]/,
  );
  service.child.kill("SIGTERM");
  expect(await service.exited).toBe(0);
});

test("an idle service stays within the memory that a service may take", async () => {
  // The second start finds the compiled sources in the cache, as every start but the first does.
  const directory = mkdtempSync(join(tmpdir(), "compile-cache-"));
  using _cleaned = { [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
  const cache = { NODE_COMPILE_CACHE: directory };
  {
    await using warming = start(cache);
    await warming.untilLogged("service ready");
    warming.child.kill("SIGTERM");
    await warming.exited;
  }
  await using service = start(cache);
  const { opsUrl } = await service.untilLogged("service ready");
  expect((await fetch(`${String(opsUrl)}/metrics`)).status).toBe(200);
  const status = readFileSync(`/proc/${service.child.pid}/status`, "utf8");
  const residentMb = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  expect(residentMb).toBeLessThan(110);
});
