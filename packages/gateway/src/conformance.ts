/**
 * What every adapter of the gateway's ports must do. Framework-free: an adapter's test runs each
 * case under its own name, for example with Vitest:
 *
 * ```ts
 * for (const { name, run } of rateLimitStoreCases) test(name, () => run(harness));
 * ```
 *
 * @module
 */
import assert from "node:assert/strict";
import type {
  ApiKeyRecord,
  ApiKeyStore,
  PasswordRecord,
  PasswordStore,
} from "./credential-store.ts";
import {
  type RateLimitCheck,
  type RateLimitDecision,
  type RateLimitStore,
  slotMsOf,
} from "./rate-limit-store.ts";

export interface ConformanceCase<Harness> {
  readonly name: string;
  readonly run: (this: void, harness: Harness) => Promise<void>;
}

export interface RateLimitHarness {
  /**
   * Another gateway's view of the same state. With `wallMs`, the store reads that instead of its
   * own clock: adapters take it as a test-only option, so that no case needs to wait.
   */
  open(wallMs?: () => number): Promise<RateLimitStore & AsyncDisposable>;
  /** A key that no other case uses. */
  freshKey(): string;
}

const startMs = 1_800_000_000_000;

async function admitted(
  store: RateLimitStore,
  checks: readonly RateLimitCheck[],
): Promise<boolean> {
  return (await store.take(checks)).every((each) => each.allowed);
}

async function only(store: RateLimitStore, check: RateLimitCheck): Promise<RateLimitDecision> {
  const [decision, ...rest] = await store.take([check]);
  assert.ok(decision !== undefined && rest.length === 0, "one decision for each check");
  return decision;
}

/** Cases of the port {@link RateLimitStore}: RL1..RL4. */
export const rateLimitStoreCases: readonly ConformanceCase<RateLimitHarness>[] = [
  {
    name: "RL1: admits exactly the limit, then refuses and says when capacity returns",
    async run(harness) {
      await using store = await harness.open(() => startMs);
      const check = { key: harness.freshKey(), limit: 3, windowMs: 32_000 };
      for (const remaining of [2, 1, 0]) {
        const decision = await only(store, check);
        assert.deepEqual([decision.allowed, decision.remaining], [true, remaining]);
      }
      const refused = await only(store, check);
      assert.deepEqual([refused.allowed, refused.remaining], [false, 0]);
      assert.ok(refused.resetMs > 0 && refused.resetMs <= 32_000 + slotMsOf(32_000));
    },
  },
  {
    name: "RL3: capacity returns after the window, and not much later",
    async run(harness) {
      let nowMs = startMs + 17;
      await using store = await harness.open(() => nowMs);
      const check = { key: harness.freshKey(), limit: 2, windowMs: 3_200 };
      assert.ok(await admitted(store, [check]));
      assert.ok(await admitted(store, [check]));
      nowMs += 3_200 - 1;
      const refused = await only(store, check);
      assert.equal(refused.allowed, false, "the window has not passed");
      nowMs += refused.resetMs;
      assert.ok(nowMs <= startMs + 17 + 3_200 + 2 * slotMsOf(3_200), "no later than two slots");
      assert.ok(await admitted(store, [check]), "capacity is back when the store said so");
    },
  },
  {
    name: "RL2: a request refused by one limit counts in none",
    async run(harness) {
      await using store = await harness.open(() => startMs);
      const narrow = { key: harness.freshKey(), limit: 1, windowMs: 10_000 };
      const wide = { key: harness.freshKey(), limit: 3, windowMs: 10_000 };
      assert.ok(await admitted(store, [narrow, wide]));
      for (let i = 0; i < 5; i++) {
        const [first, second] = await store.take([narrow, wide]);
        assert.deepEqual([first?.allowed, second?.allowed], [false, true]);
      }
      const decision = await only(store, wide);
      assert.deepEqual([decision.allowed, decision.remaining], [true, 1]);
    },
  },
  {
    name: "RL1: gateways that share a store never admit more than the limit together",
    async run(harness) {
      await using first = await harness.open();
      await using second = await harness.open();
      const check = { key: harness.freshKey(), limit: 25, windowMs: 600_000 };
      const attempts = Array.from({ length: 80 }, (_, i) =>
        admitted(i % 2 === 0 ? first : second, [check]),
      );
      const results = await Promise.all(attempts);
      assert.equal(results.filter(Boolean).length, 25);
    },
  },
  {
    name: "RL1: overlapping sets of limits taken at once neither deadlock nor overrun",
    async run(harness) {
      await using first = await harness.open();
      await using second = await harness.open();
      const a = { key: harness.freshKey(), limit: 20, windowMs: 600_000 };
      const b = { key: harness.freshKey(), limit: 30, windowMs: 600_000 };
      const attempts = Array.from({ length: 60 }, (_, i) =>
        i % 2 === 0 ? admitted(first, [a, b]) : admitted(second, [b, a]),
      );
      const results = await Promise.all(attempts);
      assert.equal(results.filter(Boolean).length, 20);
      const left = await only(first, b);
      assert.deepEqual([left.allowed, left.remaining], [true, 9]);
    },
  },
  {
    name: "RL1: any window holds at most the limit, over a long irregular history",
    async run(harness) {
      let nowMs = startMs;
      await using store = await harness.open(() => nowMs);
      const check = { key: harness.freshKey(), limit: 5, windowMs: 1_000 };
      const times: number[] = [];
      for (let i = 0; i < 300; i++) {
        nowMs += (i * 7919) % 97;
        if (await admitted(store, [check])) times.push(nowMs);
      }
      for (const [i, time] of times.entries()) {
        const sixth = times[i + 5];
        assert.ok(sixth === undefined || sixth - time > 1_000, `6 in the window from ${time}`);
      }
      assert.ok(times.length > 50, "and it does admit");
    },
  },
  {
    name: "RL4: a clock that steps back gives no capacity",
    async run(harness) {
      let nowMs = startMs;
      await using store = await harness.open(() => nowMs);
      const check = { key: harness.freshKey(), limit: 1, windowMs: 1_000 };
      assert.ok(await admitted(store, [check]));
      nowMs -= 60_000;
      assert.equal(await admitted(store, [check]), false);
    },
  },
  {
    name: "RL1: keys are counted apart",
    async run(harness) {
      await using store = await harness.open(() => startMs);
      const one = { key: `${harness.freshKey()}'"|é`, limit: 1, windowMs: 1_000 };
      const other = { key: harness.freshKey(), limit: 1, windowMs: 1_000 };
      assert.ok(await admitted(store, [one]));
      assert.ok(await admitted(store, [other]));
      assert.equal(await admitted(store, [one]), false);
    },
  },
];

const apiKey: ApiKeyRecord = {
  id: "00112233445566aa",
  secretHash: "ab".repeat(32),
  consumer: "partner",
  roles: ["reader"],
  scopes: ["orders:read", "it's"],
  expiresAtMs: startMs,
};

/** Opens one view of the same state each time; the state is empty before each case. */
export type StoreHarness<Store> = () => Promise<Store & AsyncDisposable>;

/** Cases of the port {@link ApiKeyStore}: CR2. */
export const apiKeyStoreCases: readonly ConformanceCase<StoreHarness<ApiKeyStore>>[] = [
  {
    name: "CR2: a key that was put is found as it was, by every view",
    async run(open) {
      await using first = await open();
      await using second = await open();
      assert.equal(await first.find(apiKey.id), undefined);
      await first.put(apiKey);
      assert.deepEqual(await second.find(apiKey.id), apiKey);
      await first.put({ ...apiKey, roles: [], expiresAtMs: null });
      assert.deepEqual(await second.find(apiKey.id), { ...apiKey, roles: [], expiresAtMs: null });
    },
  },
  {
    name: "CR2: a removed key is not found again",
    async run(open) {
      await using store = await open();
      await store.put(apiKey);
      assert.equal(await store.remove(apiKey.id), true);
      assert.equal(await store.remove(apiKey.id), false);
      assert.equal(await store.find(apiKey.id), undefined);
    },
  },
];

const password: PasswordRecord = {
  user: "o'hara",
  passwordHash: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA",
  consumer: "staff",
  roles: ["admin"],
  scopes: [],
};

/** Cases of the port {@link PasswordStore}: CR2. */
export const passwordStoreCases: readonly ConformanceCase<StoreHarness<PasswordStore>>[] = [
  {
    name: "CR2: a user that was put is found as it was, by every view, until removed",
    async run(open) {
      await using first = await open();
      await using second = await open();
      assert.equal(await first.find(password.user), undefined);
      await first.put(password);
      assert.deepEqual(await second.find(password.user), password);
      await first.put({ ...password, scopes: ["a"] });
      assert.deepEqual(await second.find(password.user), { ...password, scopes: ["a"] });
      assert.equal(await second.remove(password.user), true);
      assert.equal(await first.remove(password.user), false);
      assert.equal(await first.find(password.user), undefined);
    },
  },
];
