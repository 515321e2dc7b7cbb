/**
 * Started by a Node that is too old, the command line finds the right one by itself.
 *
 * @module
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { runProcess } from "./cli-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

/** A Node before 24 on this machine; undefined where there is none to try it with. */
const oldNode = ["/usr/bin/node", "/usr/local/bin/node"].find(
  (path) =>
    existsSync(path) &&
    Number(/^v(\d+)/.exec(execFileSync(path, ["--version"]).toString())?.[1]) < 24,
);

test.skipIf(oldNode === undefined)(
  "CBIN1: an old Node hands over to the one that npm installed, with arguments and exit code",
  async () => {
    await using directory = temporaryDirectory();
    const options = { directory: directory.path, node: oldNode ?? "" };
    const version = await runProcess(options, "version", "--json");
    expect(JSON.parse(version.stdout)).toMatchObject({ node: process.version });
    expect((await runProcess(options, "status")).code).toBe(4);
  },
);

test.skipIf(oldNode === undefined)(
  "CBIN2: where there is none to be found it says which Node is needed",
  async () => {
    await using directory = temporaryDirectory();
    const variables = { ASHLAR_NODE_RETRIED: "1" };
    const options = { directory: directory.path, node: oldNode ?? "", variables };
    const { code, stderr } = await runProcess(options, "version");
    expect(code).toBe(1);
    expect(stderr).toMatch(/needs Node 24 or newer, but this is v\d+/);
    expect(stderr).toContain("npm ci");
  },
);

test("CBIN3: from sources every room resolves to its sources", async () => {
  await using directory = temporaryDirectory();
  const version = await runProcess({ directory: directory.path }, "version", "--json");
  expect(JSON.parse(version.stdout)).toMatchObject({ fromSource: true });
});
