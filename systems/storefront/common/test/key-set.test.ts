import { generateKeyPairSync } from "node:crypto";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { KeySetUnavailableError, SigningKeyError, TokenInvalidError } from "../errors.ts";
import { type KeySet, publicJwkOf, remoteKeys } from "../key-set.ts";

const first = publicJwkOf(generateKeyPairSync("ed25519").publicKey);
const second = publicJwkOf(generateKeyPairSync("ed25519").publicKey);

test("KS1: the kid is the RFC 7638 thumbprint of RFC 8037's example", async () => {
  const { createPublicKey } = await import("node:crypto");
  const x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  const key = createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } });
  expect(publicJwkOf(key).kid).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
});

test("a key of another kind is refused at start", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  expect(() => publicJwkOf(publicKey)).toThrow(SigningKeyError);
});

class Publisher {
  fetches = 0;
  answer: () => Promise<KeySet> = () => Promise.resolve({ keys: [first] });
  readonly fetch = (): Promise<KeySet> => {
    this.fetches += 1;
    return this.answer();
  };
}

test("KS2: a rotated key is found by asking again; forged ids cannot make it ask each time", async () => {
  const clock = new SimulatedClock();
  const publisher = new Publisher();
  const keys = remoteKeys({ clock, fetch: publisher.fetch });
  await keys.find(first.kid);
  publisher.answer = () => Promise.resolve({ keys: [first, second] });
  await expect(keys.find(second.kid)).rejects.toThrow(TokenInvalidError); // Too soon to ask again.
  for (let forged = 0; forged < 50; forged += 1) {
    await expect(keys.find(`forged-${forged}`)).rejects.toThrow(TokenInvalidError);
  }
  expect(publisher.fetches).toBe(1);
  await clock.advance(5_001);
  await expect(keys.find(second.kid)).resolves.toBeDefined();
  expect(publisher.fetches).toBe(2);
});

test("known keys outlive a users service that is away", async () => {
  const clock = new SimulatedClock();
  const publisher = new Publisher();
  const keys = remoteKeys({ clock, fetch: publisher.fetch });
  await keys.find(first.kid);
  publisher.answer = () => Promise.reject(new TypeError("connection refused"));
  await clock.advance(3_600_000);
  await expect(keys.find(first.kid)).resolves.toBeDefined();
  await expect(keys.find(second.kid)).rejects.toThrow(KeySetUnavailableError);
});

test("many requests at once ask once", async () => {
  const publisher = new Publisher();
  const keys = remoteKeys({ clock: new SimulatedClock(), fetch: publisher.fetch });
  await Promise.all(Array.from({ length: 20 }, () => keys.find(first.kid)));
  expect(publisher.fetches).toBe(1);
});
