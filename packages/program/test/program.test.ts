import { realEnvironment } from "@ashlar/program";
import { expect, test } from "vitest";

test("a sleep ends early, with the signal's reason, when it is aborted", async () => {
  const { clock } = realEnvironment();
  const abort = new AbortController();
  const sleep = clock.sleep(60_000, abort.signal);
  abort.abort(new RangeError("stop"));
  await expect(sleep).rejects.toThrow("stop");
  await expect(clock.sleep(0, abort.signal)).rejects.toThrow("stop");
});

test("chance stays within its bounds and identifiers differ", () => {
  const { entropy } = realEnvironment();
  for (let i = 0; i < 200; i++) {
    const fraction = entropy.fraction();
    expect(fraction >= 0 && fraction < 1).toBe(true);
  }
  expect(entropy.bytes(16)).toHaveLength(16);
  expect(entropy.uuid()).not.toBe(entropy.uuid());
});
