import { generateKeyPairSync } from "node:crypto";
import { SimulatedClock, seededEntropy } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { createAuthenticator } from "../../common/authenticate.ts";
import { SigningKeyError } from "../../common/errors.ts";
import { localKeys } from "../../common/key-set.ts";
import { TokenMint, type TokenMintOptions } from "../token-mint.ts";

const clock = new SimulatedClock();
const pair = (): { readonly secret: string; readonly open: string } => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    secret: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    open: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
};
const [old, fresh] = [pair(), pair()];
const options = (signingKey: string, previousPublicKey = ""): TokenMintOptions => ({
  signingKey,
  previousPublicKey,
  issuer: "i",
  audience: "a",
  accessTokenMs: 900_000,
  clock,
  entropy: seededEntropy(1),
});
const principal = {
  userId: "7a0c3e9e-5a53-4b06-9a0a-0f5c9d8f3a11",
  sessionId: "0c2c1f3e-97f5-4a7c-8a39-5a0c38f4f0b2",
  role: "staff",
} as const;

test("TM1: a token from before the rotation is accepted until it expires; new ones are signed anew", async () => {
  const before = new TokenMint(options(old.secret)).accessToken(principal);
  const mint = new TokenMint(options(fresh.secret, old.open));
  expect(mint.keySet.keys).toHaveLength(2);
  const keys = localKeys(mint.keySet.keys);
  const authenticator = createAuthenticator({ keys, issuer: "i", audience: "a", clock });
  const ask = (token: string): ReturnType<typeof authenticator.principalOf> =>
    authenticator.principalOf({ headers: { authorization: `Bearer ${token}` } });
  await expect(ask(before)).resolves.toEqual(principal);
  await expect(ask(mint.accessToken(principal))).resolves.toEqual(principal);
  const forgotten = new TokenMint(options(fresh.secret));
  const strict = createAuthenticator({
    keys: localKeys(forgotten.keySet.keys),
    issuer: "i",
    audience: "a",
    clock,
  });
  await expect(
    strict.principalOf({ headers: { authorization: `Bearer ${before}` } }),
  ).rejects.toThrow(/no published key/);
  await clock.advance(906_000);
  await expect(ask(before)).rejects.toThrow(/expired/);
});

test("a key that is none is refused at start, and never quoted", () => {
  const attempt = (): TokenMint => new TokenMint(options("-----BEGIN secret stuff"));
  expect(attempt).toThrow(SigningKeyError);
  expect(attempt).not.toThrow(/secret stuff/);
});
