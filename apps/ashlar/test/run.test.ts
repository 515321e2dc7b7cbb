import { expect, test } from "vitest";
import { cliReference } from "../src/reference.ts";
import { runCli } from "../src/run.ts";
import { fakeCli } from "./fake-cli.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

test.for([
  [["upp"], 'ashlar: unknown command "upp"; did you mean "up"?'],
  [["status", "--jsn"], 'ashlar: unknown option "--jsn"; did you mean "--json"?'],
  [["restart"], 'ashlar: missing required argument "part"'],
  [["logs", "--level", "loud"], /"-l, --level <level>" argument "loud" is invalid/],
  [["logs", "-n", "x"], /argument "x" is invalid\. A number of lines/],
  [["completion", "tcsh"], /"tcsh" is invalid/],
  [["down", "x", "--all"], "ashlar: --all and a system's name exclude each other"],
  [["exec", "users", "env", "-u"], 'ashlar: unknown option "-u"'],
] as const)("CRUN1: %j is one clear line, a hint, and exit code 2", async ([words, message]) => {
  const cli = fakeCli();
  expect(await runCli(cli, words)).toBe(2);
  expect(cli.err.lines[0]).toMatch(message);
  expect(cli.err.lines.length).toBeLessThanOrEqual(3);
  expect(cli.out.text).toBe("");
});

test.for([
  ["a system that is not there", ["up", "nothing"], 2],
  ["nothing running", ["status"], 4],
  ["nothing to end", ["down"], 4],
  ["nothing to end at all", ["down", "--all"], 4],
] as const)("CRUN1: %s has its own exit code", async ([, words, code]) => {
  await using directory = temporaryDirectory();
  const cli = fakeCli({ directory: directory.path });
  expect(await runCli(cli, words)).toBe(code);
  expect(cli.err.lines[0]).toMatch(/^ashlar: /);
});

test("CRN1: a system that is defined but not running is told apart from one that is not", async () => {
  await using directory = temporaryDirectory({
    "systems/shop/system.ts": 'export default defineSystem({ name: "shop" });',
  });
  const cli = fakeCli({ directory: directory.path });
  expect(await runCli(cli, ["status", "shop"])).toBe(4);
  expect(await runCli(cli, ["status", "shpo"])).toBe(2);
  expect(cli.err.lines).toEqual([
    'ashlar: "shop" is not running',
    "  Start it with `ashlar up shop`.",
    'ashlar: unknown system "shpo"; did you mean "shop"?',
    "  The systems are: shop.",
  ]);
});

test("CRUN2: with --json the error is one JSON object and nothing else", async () => {
  await using directory = temporaryDirectory();
  const cli = fakeCli({ directory: directory.path });
  expect(await runCli(cli, ["status", "--json"])).toBe(4);
  expect(JSON.parse(cli.out.text)).toMatchObject({ error: { code: "SYSTEM_NOT_RUNNING" } });
  expect(cli.err.text).toBe("");
});

test("CFA2: a stack is shown with --verbose only", async () => {
  await using directory = temporaryDirectory();
  for (const [words, shown] of [
    [["status"], false],
    [["status", "--verbose"], true],
  ] as const) {
    const cli = fakeCli({ directory: directory.path });
    await runCli(cli, words);
    expect(cli.err.lines[0]).toBe("ashlar: no system of this project runs");
    expect(cli.err.text.includes("    at ")).toBe(shown);
  }
});

test.for([[[]], [["help"]], [["--help"]], [["up", "--help"]], [["help", "up"]]] as const)(
  "%j prints help with exit code 0",
  async ([words]) => {
    const cli = fakeCli();
    expect(await runCli(cli, words)).toBe(0);
    expect(cli.out.text).toContain("Usage: ashlar");
    expect(cli.out.text).toMatch(
      words.length === 0 || words.includes("up" as never) ? /./ : /Exit codes/,
    );
    expect(cli.err.text).toBe("");
  },
);

test("every command's help has an example", async () => {
  for (const name of cliReference().matchAll(/^## ashlar (\S+)$/gm)) {
    const cli = fakeCli();
    await runCli(cli, [name[1] ?? "", "--help"]);
    expect(cli.out.text).toContain("Examples:");
  }
});

test("version names Ashlar and Node", async () => {
  const cli = fakeCli();
  expect(await runCli(cli, ["version", "--json"])).toBe(0);
  expect(JSON.parse(cli.out.text)).toMatchObject({ ashlar: "0.1.0", node: process.version });
});

test("the reference names every command, option and exit code", () => {
  const text = cliReference();
  expect(text).toMatch(/^## ashlar up$/m);
  expect(text).toContain("| `-d, --detach` |");
  expect(text).toContain("| 130 | stopped by Ctrl-C |");
  expect(text).not.toContain("__complete");
});

test("completion knows commands, options and the systems here", async () => {
  await using directory = temporaryDirectory({ "systems/shop/system.ts": "defineSystem({})" });
  const complete = async (...words: readonly string[]): Promise<readonly string[]> => {
    const cli = fakeCli({ directory: directory.path });
    await runCli(cli, ["__complete", "--", ...words]);
    return cli.out.lines;
  };
  expect(await complete("st")).toEqual(["status", "stop", "start"]);
  expect(await complete("up", "--de")).toEqual(["--detach"]);
  expect(await complete("up", "")).toEqual(["shop"]);
  expect(await complete("completion", "z")).toEqual(["zsh"]);
});
