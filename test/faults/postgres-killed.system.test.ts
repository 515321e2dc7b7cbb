/**
 * PostgreSQL dies under a running system: services turn unready, nothing crashes, and all recover
 * by themselves without losing what was acknowledged.
 *
 * @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { openStorefront, type RunningStorefront } from "../src/storefront.ts";

test("services turn unready while PostgreSQL is gone, and recover with their data", async () => {
  await using shop = await openStorefront();
  const register = (email: string): Promise<Response> =>
    fetch(`${shop.api}/api/auth/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password: "correct horse battery", name: "B" }),
    });
  expect((await register("before@example.com")).status).toBe(201);
  const before = await restartsOf(shop);

  const unready = untilReadiness(shop, "users", 503);
  await shop.harness.must("kill", "users-db", "--signal", "SIGKILL");
  await unready;
  await untilReadiness(shop, "users", 200);
  await shop.harness.until("storefront", (status) => status.state === "ready");

  expect(await restartsOf(shop)).toEqual(before);
  expect((await register("before@example.com")).status).toBe(409);
  expect((await register("after@example.com")).status).toBe(201);
});

/** Asks a part whether it is ready until it answers with `wanted`. */
async function untilReadiness(
  shop: RunningStorefront,
  part: string,
  wanted: number,
): Promise<void> {
  const url = `${shop.endpoints[`${part}.ops`]}/readyz`;
  const endMs = performance.now() + 60_000;
  for (;;) {
    const { status } = await fetch(url);
    if (status === wanted) return;
    expect(performance.now(), `${part} still answers ${status}`).toBeLessThan(endMs);
    await delay(10);
  }
}

async function restartsOf(
  shop: RunningStorefront,
): Promise<readonly (readonly [string, number])[]> {
  const { parts } = await shop.harness.status("storefront");
  return parts.map(({ name, replicas }) => [
    name,
    replicas.reduce((sum, each) => sum + each.restarts, 0),
  ]);
}
