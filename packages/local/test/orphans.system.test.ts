/**
 * Goal: whatever ends the supervisor, no process of its system outlives it for long.
 * Method: a supervisor in a process of its own is killed; its processes, among them one that ignores
 * SIGTERM and a shell with a child, are watched until they have gone.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { cleanUp, readStateFile, type StateFile, Supervisor } from "../src/index.ts";
import { fakeEngines } from "./fake-engines.ts";
import { optionsFor, part, plan, store, temporaryDirectory } from "./system-fixture.ts";

interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly stateDir: string;
  readonly state: StateFile;
}

/** Starts `programs/supervise.ts` and waits until its system is ready. */
async function superviseApart(): Promise<Running> {
  const directory = await temporaryDirectory();
  const stateDir = join(directory.path, "state");
  const program = fileURLToPath(new URL("./programs/supervise.ts", import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@ashlar/source", program, stateDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  let state = await readStateFile(stateDir);
  while ((state?.processes.length ?? 0) < 4) {
    await delay(20); // state.json is written a moment after the fact.
    state = await readStateFile(stateDir);
  }
  return {
    child,
    stateDir,
    state: state as StateFile,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await cleanUp(stateDir, { wipe: false }).catch(() => undefined);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Every living process whose command line or environment names this state directory. */
function processesOf(stateDir: string): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        if (/\) [ZX] /.test(stat)) return false;
        const text = readFileSync(`/proc/${pid}/cmdline`, "latin1");
        return `${text} ${readFileSync(`/proc/${pid}/environ`, "latin1")}`.includes(stateDir);
      } catch {
        return false;
      }
    });
}

async function untilGone(state: StateFile, stateDir: string): Promise<void> {
  const alive = (): readonly number[] => [
    ...processesOf(stateDir),
    ...state.processes.map((each) => each.pid).filter(isRunning),
  ];
  while (alive().length > 0) await delay(20);
}

function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

test("LWD1, LWD2, LWD3, LGD4: after kill -9 of the supervisor every process ends, the store last", async () => {
  await using running = await superviseApart();
  expect(running.state.processes.map((each) => each.instance).toSorted()).toEqual([
    "postgres-0",
    "shell-0",
    "stubborn-0",
    "users-0",
  ]);
  expect(processesOf(running.stateDir).length).toBeGreaterThanOrEqual(4);
  running.child.kill("SIGKILL");
  await untilGone(running.state, running.stateDir);
});

test("LGD4, LCP2: without a warden too, a Node part notices that its supervisor has died", async () => {
  await using running = await superviseApart();
  const warden = processesOf(running.stateDir).length; // Parts name the directory; the warden does not.
  expect(warden).toBeGreaterThan(0);
  const wardens = childrenOf(running.child.pid ?? 0).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("warden"),
  );
  expect(wardens).toHaveLength(1);
  running.child.kill("SIGKILL");
  for (const pid of wardens) process.kill(pid, "SIGKILL");
  const users = running.state.processes.find((each) => each.instance === "users-0")?.pid ?? 0;
  while (isRunning(users)) await delay(20);
});

test("a warden that dies is replaced, and the new one knows the processes", async () => {
  await using running = await superviseApart();
  const wardenOf = (): readonly number[] =>
    childrenOf(running.child.pid ?? 0).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("warden"),
    );
  const [first] = wardenOf();
  process.kill(first ?? 0, "SIGKILL");
  while (wardenOf().every((pid) => pid === first)) await delay(20);
  running.child.kill("SIGKILL");
  await untilGone(running.state, running.stateDir);
});

function childrenOf(parent: number): readonly number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
        const [state, ppid] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return state !== "Z" && Number(ppid) === parent;
      } catch {
        return false;
      }
    });
}

test("LI1: leftovers are found by pid and start time at the next start; others are left alone", async () => {
  await using directory = await temporaryDirectory();
  const stateDir = join(directory.path, "state");
  {
    await using supervisor = await Supervisor.open(optionsFor(plan([part("users")]), stateDir));
    await supervisor.untilReady();
  }
  const leftover = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  const stranger = spawn("sleep", ["1000"], { detached: true, stdio: "ignore" });
  await Promise.all([once(leftover, "spawn"), once(stranger, "spawn")]);
  const state = (await readStateFile(stateDir)) as StateFile;
  const record = (child: ChildProcess, startedAt: string) => ({
    pid: child.pid ?? 0,
    startedAt,
    instance: "users-0",
    graceMs: 1_000,
    stopSignal: "SIGTERM" as const,
    guarded: false,
    stage: 0,
  });
  const { identityOf } = await import("../src/process-identity.ts");
  const { writeStateFile } = await import("../src/state-file.ts");
  await writeStateFile(stateDir, {
    ...state,
    processes: [
      record(leftover, identityOf(leftover.pid ?? 0)?.startedAt ?? ""),
      record(stranger, "another boot/12345"),
    ],
  });
  const gone = once(leftover, "exit");
  await using supervisor = await Supervisor.open(optionsFor(plan([part("users")]), stateDir));
  expect((await gone)[1]).toBe("SIGTERM");
  expect(isRunning(stranger.pid ?? 0)).toBe(true);
  expect(supervisor.currentStatus().state).not.toBe("failed");
  stranger.kill("SIGKILL");
});

test("LSD1: down leaves no process, and wipe removes all of the state and nothing else", async () => {
  await using directory = await temporaryDirectory();
  const stateDir = join(directory.path, ".ashlar", "trial");
  const supervisor = await Supervisor.open(
    optionsFor(plan([part("users")], { stores: { "users-db": store("users-db") } }), stateDir, {
      engines: fakeEngines(),
    }),
  );
  await supervisor.untilReady();
  const state = (await readStateFile(stateDir)) as StateFile;
  await supervisor.down({ wipe: true });
  await supervisor.stopped;
  expect(processesOf(stateDir)).toEqual([]);
  expect(state.processes.map((each) => each.pid).filter(isRunning)).toEqual([]);
  expect(readdirSync(directory.path)).toEqual([]);
});
