/**
 * A `system.ts` that is broken, in every way that one breaks it: one clear line, the place, a caret.
 *
 * @module
 */
import { expect, test } from "vitest";
import { findInstallation } from "../src/installation.ts";
import { linkInstallation } from "../src/project/new-project.ts";
import { runProcess } from "./cli-process.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const installation = findInstallation(new URL("../src/main.ts", import.meta.url).href, "node");

const broken: Readonly<Record<string, readonly [text: string, message: RegExp, caret: string]>> = {
  "does not parse": [
    "const a = 1;\nconst b = {;\n",
    /^ashlar: system\.ts:2:12: SyntaxError: Unexpected token/,
    "> 2 | const b = {;\n      |            ^",
  ],
  "is not erasable": [
    "enum Colour { Red }\n",
    /^ashlar: system\.ts:1:1: SyntaxError: TypeScript enum is not supported/,
    "> 1 | enum Colour { Red }\n      | ^",
  ],
  "imports a file that is not there": [
    'import { x } from "./nothing.ts";\nexport default x;\n',
    /^ashlar: system\.ts:1:22: Cannot find module 'nothing\.ts'/,
    '> 1 | import { x } from "./nothing.ts";',
  ],
  "imports a package that is not there": [
    'import { x } from "no-such-package";\nexport default x;\n',
    /^ashlar: system\.ts:1:20: Cannot find package 'no-such-package'/,
    '> 1 | import { x } from "no-such-package";',
  ],
  "imports a name that is not there": [
    'import { defineSystm } from "@ashlar/model";\nexport default defineSystm({});\n',
    /^ashlar: system\.ts:1:10: SyntaxError: .*does not provide an export named 'defineSystm'/,
    '> 1 | import { defineSystm } from "@ashlar/model";\n      |          ^',
  ],
  throws: [
    'const name: string = "x";\nthrow new RangeError(`no ${name}`);\n',
    /^ashlar: system\.ts:2:7: RangeError: no x/,
    "> 2 | throw new RangeError(`no ${name}`);\n      |       ^",
  ],
  "has no default export": [
    "export const system = 1;\n",
    /^ashlar: system\.ts has no default export/,
    "",
  ],
  "exports something else": [
    "export default { name: 1 };\n",
    /^ashlar: the default export of system\.ts is an object, not a system/,
    "",
  ],
};

test.for(Object.entries(broken))(
  "CLD1, CFA1: a definition that %s is reported with its place",
  async ([, [text, message, excerpt]]) => {
    await using project = temporaryDirectory({
      "system.ts": text,
      "package.json": '{"type":"module"}',
    });
    linkInstallation(project.path, installation);
    for (const command of ["check", "up"]) {
      const { code, stdout, stderr } = await runProcess({ directory: project.path }, command);
      expect(stderr).toMatch(message);
      expect(stderr).toContain(excerpt);
      expect(stderr).not.toContain("    at ");
      expect(stdout).toBe("");
      expect(code).toBe(3);
    }
  },
);

test("CLD2: a definition that keeps the process busy does not keep the command", async () => {
  await using project = temporaryDirectory({
    "system.ts": "setInterval(() => undefined, 1000);\nexport default 1;\n",
    "package.json": '{"type":"module"}',
  });
  const { code } = await runProcess({ directory: project.path }, "check");
  expect(code).toBe(3);
});

test("faults of a definition are listed, all of them, with exit code 1 by `check`", async () => {
  await using project = temporaryDirectory({
    "system.ts": `import { defineSystem, http, node, ops, service } from "@ashlar/model";
const web = service("web", { program: node("./main.ts"), ports: { http: http(3000), ops: ops(9090) }, scale: { min: 3, max: 2 } });
export default defineSystem({ name: "Shop", owner: { team: "", email: "x" }, parts: [web] });
`,
    "package.json": '{"type":"module"}',
  });
  linkInstallation(project.path, installation);
  const directory = project.path;
  const checked = await runProcess({ directory }, "check", "--json");
  expect(checked.code).toBe(1);
  const report = JSON.parse(checked.stdout) as { readonly faults: readonly { path: string }[] };
  expect(report.faults.length).toBeGreaterThan(1);
  const up = await runProcess({ directory }, "up");
  expect(up.code).toBe(3);
  for (const fault of report.faults) expect(up.stderr).toContain(fault.path);
});
