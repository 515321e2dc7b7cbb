import { MemoryApiKeyStore, MemoryPasswordStore, MemoryRateLimitStore } from "@ashlar/gateway";
import {
  apiKeyStoreCases,
  passwordStoreCases,
  rateLimitStoreCases,
} from "@ashlar/gateway/conformance";
import { describe, expect, test } from "vitest";

function disposable<Store extends object>(store: Store): Store & AsyncDisposable {
  return Object.assign(store, { [Symbol.asyncDispose]: async () => undefined });
}

describe("rate limits in process", () => {
  for (const { name, run } of rateLimitStoreCases) {
    test(name, async () => {
      let nowMs: () => number = () => 1_800_000_000_000;
      let keys = 0;
      const store = disposable(new MemoryRateLimitStore({ wallMs: () => nowMs() }));
      await run({
        open: async (wallMs) => {
          if (wallMs !== undefined) nowMs = wallMs;
          return store;
        },
        freshKey: () => `key-${keys++}`,
      });
    });
  }

  test("MR1: never more keys than the limit, expired ones go first", () => {
    let nowMs = 0;
    const store = new MemoryRateLimitStore({ wallMs: () => nowMs }, 10);
    store.take([{ key: "kept", limit: 1, windowMs: 100_000 }]);
    for (let i = 0; i < 9; i++) store.take([{ key: `brief-${i}`, limit: 1, windowMs: 100 }]);
    nowMs = 10_000;
    store.take([{ key: "new", limit: 1, windowMs: 100 }]);
    expect(store.size).toBe(2);
    expect(store.take([{ key: "kept", limit: 1, windowMs: 100_000 }])[0]?.allowed).toBe(false);
    for (let i = 0; i < 100; i++) store.take([{ key: `spray-${i}`, limit: 1, windowMs: 1e9 }]);
    expect(store.size).toBeLessThanOrEqual(10);
  });
});

describe("credentials in process", () => {
  for (const { name, run } of apiKeyStoreCases) {
    test(name, async () => {
      const store = disposable(new MemoryApiKeyStore());
      await run(async () => store);
    });
  }
  for (const { name, run } of passwordStoreCases) {
    test(name, async () => {
      const store = disposable(new MemoryPasswordStore());
      await run(async () => store);
    });
  }
});
