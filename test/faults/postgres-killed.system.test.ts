/**
 * PostgreSQL dies under a running system: services turn unready, nothing crashes, and all recover
 * by themselves without losing what was acknowledged.
 *
 * @module
 */
import { expect, test } from "vitest";
import { processesNaming } from "../src/processes.ts";
import { openStorefront } from "../src/storefront.ts";

test("services turn unready while PostgreSQL is gone, and recover with their data", async () => {
  await using shop = await openStorefront();
  const email = "before@example.com";
  const register = (address: string): Promise<Response> =>
    fetch(`${shop.api}/api/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: address, password: "correct horse battery", name: "B" }),
    });
  expect((await register(email)).status).toBe(201);
  const before = await shop.harness.status("storefront");
  const restartsBefore = restartsOf(before, "users");

  for (const pid of postgresProcesses(shop.harness.home)) process.kill(pid, "SIGKILL");
  await shop.harness.until("storefront", (status) => status.state !== "ready");
  const after = await shop.harness.until("storefront", (status) => status.state === "ready");

  expect(restartsOf(after, "users")).toBe(restartsBefore);
  expect((await register(email)).status).toBe(409);
  expect((await register("after@example.com")).status).toBe(201);
});

function postgresProcesses(home: string): readonly number[] {
  return processesNaming(`${home}/storefront/data/postgres`);
}

function restartsOf(
  status: { parts: readonly { name: string; replicas: readonly { restarts: number }[] }[] },
  part: string,
): number {
  const replicas = status.parts.find((each) => each.name === part)?.replicas ?? [];
  return replicas.reduce((sum, each) => sum + each.restarts, 0);
}
