/**
 * Whatever ends the supervisor, nothing that it started stays behind.
 *
 * @module
 */
import { expect, test } from "vitest";
import { processesNaming, untilNoneNames } from "../src/processes.ts";
import { openStorefront } from "../src/storefront.ts";

test("`ashlar down` leaves no process and `--wipe` no file", async () => {
  await using shop = await openStorefront();
  expect(processesNaming(shop.harness.home).length).toBeGreaterThan(5);
  await shop.harness.down("storefront", "--wipe");
  await untilNoneNames(shop.harness.home);
});

test("a supervisor killed with SIGKILL takes every process with it, and the next `up` works", async () => {
  await using shop = await openStorefront();
  const { supervisorPid } = await shop.harness.status("storefront");
  process.kill(supervisorPid, "SIGKILL");
  await untilNoneNames(shop.harness.home);
  const again = await shop.harness.up("storefront");
  expect(again.state).toBe("ready");
});
