import { join } from "node:path";
import { expect, test } from "vitest";
import {
  findProjectRoot,
  listSystems,
  locateSystem,
  stateDirectoryOf,
} from "../src/project/locate.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const definition = (name: string): string =>
  `import { defineSystem } from "@ashlar/model";\nexport default defineSystem({ name: "${name}" });\n`;

const several = {
  "systems/shop/system.ts": definition("shop"),
  "systems/shop/users/main.ts": "",
  "systems/bank/system.ts": definition("bank"),
  "docs/readme.md": "",
};

test("CLO1: a name is found under systems/, from any directory below the project", async () => {
  await using project = temporaryDirectory(several);
  for (const from of [".", "docs", "systems/shop/users"]) {
    const located = locateSystem("bank", join(project.path, from));
    expect(located.file).toBe(join(project.path, "systems/bank/system.ts"));
    expect(located.root).toBe(project.path);
  }
});

test("CLO1: a name may be that which the system.ts above declares", async () => {
  await using project = temporaryDirectory({ "system.ts": definition("notes"), "notes/x.ts": "" });
  const located = locateSystem("notes", join(project.path, "notes"));
  expect(located).toEqual({ file: join(project.path, "system.ts"), root: project.path });
});

test("CLO2: without a name it is the nearest system.ts, or the only one under systems/", async () => {
  await using project = temporaryDirectory(several);
  const inside = locateSystem(undefined, join(project.path, "systems/shop/users"));
  expect(inside.file).toBe(join(project.path, "systems/shop/system.ts"));
  await using single = temporaryDirectory({ "systems/one/system.ts": definition("one") });
  expect(locateSystem(undefined, single.path).file).toBe(
    join(single.path, "systems/one/system.ts"),
  );
});

test("CLO2: several systems and no name is an error that lists them", async () => {
  await using project = temporaryDirectory(several);
  expect(() => locateSystem(undefined, project.path)).toThrow(
    expect.objectContaining({
      code: "SYSTEM_NOT_FOUND",
      detail: { wanted: null, candidates: ["bank", "shop"] },
      hints: ["The systems are: bank, shop."],
    }),
  );
});

test("CLO1: an unknown name gets the nearest known one", async () => {
  await using project = temporaryDirectory(several);
  expect(() => locateSystem("shpo", project.path)).toThrow(
    'unknown system "shpo"; did you mean "shop"?',
  );
});

test.for(["systems/bank", "systems/bank/system.ts", "./systems/bank"])(
  "CLO3: %s is a path",
  async (path) => {
    await using project = temporaryDirectory(several);
    expect(locateSystem(path, project.path).file).toBe(
      join(project.path, "systems/bank/system.ts"),
    );
  },
);

test("CLO3: a path to nothing says so", async () => {
  await using project = temporaryDirectory(several);
  expect(() => locateSystem("./systems/none", project.path)).toThrow("there is no systems/none");
});

test("CLO4: state lies in the project's root", async () => {
  await using project = temporaryDirectory(several);
  expect(findProjectRoot(join(project.path, "systems/shop"))).toBe(project.path);
  expect(stateDirectoryOf(project.path, "shop", {})).toBe(join(project.path, ".ashlar/shop"));
  expect(stateDirectoryOf(project.path, "shop", { ASHLAR_HOME: "/home" })).toBe("/home/shop");
  expect(listSystems(project.path)).toEqual(["bank", "shop"]);
});
