/**
 * From an empty directory to a running system and back, as a new user would.
 *
 * @module
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Finished, runProcess } from "./cli-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

interface Ready {
  readonly system: string;
  readonly state: string;
  readonly endpoints: Readonly<Record<string, string>>;
}

test("CNP2, CDE1: init, up, use, look, change, down: all from an empty directory", async () => {
  await using temporary = temporaryDirectory();
  const directory = join(temporary.path, "my-notes");
  const made = await runProcess({ directory: temporary.path }, "init", "my-notes");
  expect(made).toMatchObject({ code: 0, stderr: "" });
  const ashlar = (...words: readonly string[]): Promise<Finished> =>
    runProcess({ directory }, ...words);
  expect(await ashlar("check")).toMatchObject({ code: 0, stdout: "✔ system.ts: no faults\n" });

  try {
    const up = await ashlar("up", "--detach", "--json");
    expect(up.code, up.stderr).toBe(0);
    expect(up.stdout.split("\n")).toHaveLength(2);
    const { system, state, endpoints } = JSON.parse(up.stdout) as Ready;
    expect({ system, state }).toEqual({ system: "my-notes", state: "ready" });
    expect(Object.keys(endpoints)).toEqual(["api", "api.ops", "console", "notes", "notes.ops"]);

    const notes = `${endpoints["api"]}/api/notes`;
    const posted = await fetch(notes, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "hello" }),
    });
    expect(posted.status).toBe(201);
    const listed = (await (await fetch(notes)).json()) as readonly { readonly text: string }[];
    expect(listed.map((each) => each.text)).toEqual(["hello"]);
    // A browser is sent on with a cookie, so that the token leaves its address bar.
    const page = await fetch(endpoints["console"] ?? "", { redirect: "manual" });
    expect(page.status).toBe(303);
    expect((await fetch(`${endpoints["notes.ops"]}/readyz`)).status).toBe(200);

    const twice = await ashlar("up", "--detach", "--json");
    expect(JSON.parse(twice.stdout)).toEqual({ system, state, endpoints });
    expect((await ashlar("status")).stdout).toMatch(/✔ notes +ready/);
    expect((await ashlar("open", "api")).stdout).toBe(`${endpoints["api"]}\n`);
    expect((await ashlar("scale", "notes=2")).code).toBe(0);
    expect((await ashlar("kill", "notes/1")).code).toBe(0);
    expect((await ashlar("restart", "notse")).stderr).toContain('did you mean "notes"?');
    const variables = await ashlar("exec", "notes", "--", "env");
    expect(variables.stdout).toMatch(/^NOTES_DB_URL=postgres:/m);
    expect((await ashlar("exec", "notes", "--", "sh", "-c", "exit 7")).code).toBe(7);
    const logs = await ashlar("logs", "notes", "--search", "note created", "--json");
    expect(JSON.parse(logs.stdout)).toMatchObject({ part: "notes", text: "note created" });
  } finally {
    const down = await ashlar("down", "--json");
    expect(JSON.parse(down.stdout)).toMatchObject({ system: "my-notes", state: "stopped" });
  }
  expect((await ashlar("status")).code).toBe(4);
  expect((await ashlar("logs", "notes", "-n", "5")).stdout).toContain("notes-0");
  expect((await ashlar("down", "--wipe")).code).toBe(0); // CDN2: what `down` kept.
  expect(existsSync(join(directory, ".ashlar"))).toBe(false);
});

test("CDE2: a part that does not start is named, with its last words; nothing is left running", async () => {
  await using temporary = temporaryDirectory();
  const directory = temporary.path;
  await runProcess({ directory }, "init", ".", "--name", "faulty");
  writeFileSync(
    join(directory, "notes", "main.ts"),
    'console.log("here I am");\nthrow new Error("the cellar is flooded");\n',
  );
  const up = await runProcess({ directory }, "up", "--detach");
  expect(up.code).toBe(1);
  expect(up.stdout).toBe("");
  expect(up.stderr).toContain("ashlar: notes-0 did not start");
  expect(up.stderr).toContain("the cellar is flooded");
  expect((await runProcess({ directory }, "status")).code).toBe(4);
  expect((await runProcess({ directory }, "down")).code).toBe(4); // CDN1
});

test("CNP1: init refuses a directory that has something in it, and changes nothing", async () => {
  await using directory = temporaryDirectory({ "letter.txt": "dear" });
  const { code, stderr } = await runProcess({ directory: directory.path }, "init");
  expect(code).toBe(1);
  expect(stderr).toContain("is not empty (letter.txt)");
  expect(readdirSync(directory.path)).toEqual(["letter.txt"]);
  rmSync(join(directory.path, "letter.txt"));
});
