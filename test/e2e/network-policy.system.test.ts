/**
 * What the definition does not declare is refused on one machine as it would be in a cluster.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { openStorefront, type RunningStorefront } from "../src/storefront.ts";

let shop: RunningStorefront;

beforeAll(async () => {
  shop = await openStorefront();
});
afterAll(() => shop[Symbol.asyncDispose]());

async function fetchFrom(part: string, url: string): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}).then(
    (r) => console.log("status", r.status),
    (e) => console.log(e.cause?.code ?? e.code, e.cause?.message ?? e.message))`;
  const { stdout } = await shop.harness.run("exec", part, "--", "node", "-e", script);
  return stdout;
}

test("a declared call goes through", async () => {
  const url = new URL("/.well-known/jwks.json", shop.endpoints["users"]);
  expect(await fetchFrom("orders", url.href)).toContain("status 200");
});

test("an undeclared call fails at once and names the missing `uses`", async () => {
  const said = await fetchFrom("users", `${shop.endpoints["orders"]}/`);
  expect(said).toContain("NETWORK_POLICY_DENIED");
  expect(said).toContain("orders.ports.http");
  expect(said).toContain("uses");
});

test("a host outside the system is refused before it is looked up", async () => {
  const said = await fetchFrom("users", "http://undeclared.example.com/");
  expect(said).toContain("NETWORK_POLICY_DENIED");
  expect(said).toContain("external");
});
