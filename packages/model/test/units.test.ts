/**
 * Units as people write them become the Plan's, once; and names share one space.
 */
import { expect, test } from "vitest";
import {
  check,
  defineSystem,
  http,
  node,
  none,
  plan,
  postgres,
  resources,
  service,
} from "../src/index.ts";

const owner = { team: "core", email: "core@example.com" };

test("P3: the Plan holds milliseconds, bytes and millicores", () => {
  const web = service("web", {
    summary: "A page.",
    program: node("./web.ts"),
    ports: { http: http(3000) },
    uses: [],
    resources: resources({ cpu: "250m", memory: "512Mi" }),
    stop: { grace: "45s" },
  });
  const definition = defineSystem({ name: "units", summary: "Units.", owner, parts: [web] });
  const part = plan(definition).parts["web"];
  expect(part?.resources).toMatchObject({ cpuMillicores: 250, memoryBytes: 536_870_912 });
  expect(part?.stop.graceMs).toBe(45_000);
});

test("DY1: a store may not take the name of a part", () => {
  const taken = postgres("web", { backup: none("a test") });
  const web = service("web", {
    summary: "A page.",
    program: node("./web.ts"),
    ports: { http: http(3000) },
    uses: [],
  });
  const faults = check(
    defineSystem({ name: "names", summary: "Names.", owner, parts: [web], stores: [taken] }),
  );
  expect(faults.map((each) => each.code)).toContain("NAME_DUPLICATE");
});
