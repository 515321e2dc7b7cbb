import { expect, test } from "vitest";
import { PasswordHashCorruptError, PasswordsBusyError } from "../errors.ts";
import { PasswordHasher } from "../password-hasher.ts";
import { passwordFault } from "../password-policy.ts";

/** Far cheaper than in production; the algorithm is the same. */
const cost = { memoryKib: 64, passes: 1 };
const hasher = new PasswordHasher({ cost, concurrency: 2, queue: 4 });
const owner = { email: "ada@example.com", name: "Ada Lovelace" };

test("PH3: a hash names its parameters, fits its password, and no other", async () => {
  const stored = await hasher.hash("correct horse battery");
  expect(stored).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
  await expect(hasher.verify("correct horse battery", stored)).resolves.toBe(true);
  await expect(hasher.verify("correct horse batterx", stored)).resolves.toBe(false);
  expect(hasher.isOutdated(stored)).toBe(false);
  const dearer = new PasswordHasher({ cost: { ...cost, passes: 2 }, concurrency: 1, queue: 1 });
  expect(dearer.isOutdated(stored)).toBe(true);
  await expect(dearer.verify("correct horse battery", stored)).resolves.toBe(true);
});

test("two hashes of one password differ", async () => {
  expect(await hasher.hash("same password")).not.toBe(await hasher.hash("same password"));
});

test("PH2: no account is refused like a wrong password", async () => {
  await expect(hasher.verify("anything at all", undefined)).resolves.toBe(false);
});

test("PH1: what does not fit the queue is refused by code", async () => {
  const small = new PasswordHasher({ cost, concurrency: 1, queue: 2 });
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => small.hash("a password")));
  const refused = results.filter((each) => each.status === "rejected");
  expect(refused).toHaveLength(2);
  for (const each of refused) expect(each.reason).toBeInstanceOf(PasswordsBusyError);
  await expect(small.hash("a password")).resolves.toMatch(/^\$argon2id/); // Its slot came back.
});

test("a damaged hash is an error, not a wrong password", async () => {
  await expect(hasher.verify("x", "$2b$10$abc")).rejects.toThrow(PasswordHashCorruptError);
});

test.for([
  ["short", /at least 10/],
  ["password123", /first that anybody tries/],
  ["aaaaaaaaaaab", /too few different/],
  ["ada@example.com", /own name/],
  ["Ada Lovelace", /own name/],
  ["x".repeat(300), /longer than/],
] as const)("%j is refused", ([password, why]) => {
  expect(passwordFault(password, owner)).toMatch(why);
});

test.for(["correct horse battery", "ünïcödé-пароль", "N0t-in-any-list"])(
  "%j is fine",
  (password) => {
    expect(passwordFault(password, owner)).toBeUndefined();
  },
);
