import { expect, test } from "vitest";
import { mailKey } from "../mail-address.ts";

test.for([
  ["Ada@Example.COM", "ada@example.com"],
  [" ada@example.com ", "ada@example.com"],
  ["ada@bücher.example", "ada@xn--bcher-kva.example"],
  ["ａｄａ@example.com", "ada@example.com"],
] as const)("RG1: %j and %j are one account", ([written, key]) => {
  expect(mailKey(written)).toBe(key);
});

test("a tag makes another address", () => {
  expect(mailKey("ada+shop@example.com")).not.toBe(mailKey("ada@example.com"));
});
