import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listRunning } from "../src/project/running.ts";
import { countPresses } from "../src/up/foreground.ts";
import { fakeCli } from "./fake-cli.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test("CFG1: the first Ctrl-C asks for an orderly end, a second one ends at once", async () => {
  const cli = fakeCli();
  using presses = countPresses(cli);
  expect(presses.first.aborted).toBe(false);
  cli.interrupt();
  expect(presses.first.aborted).toBe(true);
  cli.interrupt(); // A terminal's one Ctrl-C, through the parent once more.
  const late = presses.second.then(() => "ended");
  expect(await Promise.race([late, Promise.resolve("waits")])).toBe("waits");
  await cli.clock.advance(1_000);
  cli.interrupt();
  expect(await presses.second).toBe(130);
});

test("CRN2: a state without a supervisor that answers is not running", async () => {
  const dead = {
    format: "ashlar.state/1",
    system: "shop",
    environment: "dev",
    supervisor: { pid: 999_999_999, startedAt: "never" },
    control: "/nowhere/control.sock",
    ports: {},
    processes: [],
  };
  await using project = temporaryDirectory();
  const stateDir = join(project.path, ".ashlar", "shop");
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(join(stateDir, "state.json"), JSON.stringify(dead));
  expect(await listRunning(fakeCli({ directory: project.path }))).toEqual([]);
});
