/**
 * Goal: no text but a token that our key signed for our audience, now, speaks for anybody.
 */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type AccessClaims, keyIdOf, signAccessToken, verifyAccessToken } from "../access-token.ts";
import { TokenInvalidError } from "../errors.ts";
import { publicJwkOf } from "../key-set.ts";

const nowMs = 1_800_000_000_000;
const nowSeconds = nowMs / 1000;
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const stranger = generateKeyPairSync("ed25519");
const { kid } = publicJwkOf(publicKey);
const expected = { issuer: "https://shop.test", audience: "shop", nowMs };
const claims: AccessClaims = {
  iss: expected.issuer,
  aud: expected.audience,
  sub: "7a0c3e9e-5a53-4b06-9a0a-0f5c9d8f3a11",
  sid: "0c2c1f3e-97f5-4a7c-8a39-5a0c38f4f0b2",
  roles: ["customer"],
  iat: nowSeconds,
  exp: nowSeconds + 900,
  jti: "x",
};
const good = signAccessToken(claims, { kid, privateKey });

test("a token that we signed speaks for its user", () => {
  expect(keyIdOf(good)).toBe(kid);
  expect(verifyAccessToken(good, publicKey, expected)).toEqual({
    userId: claims.sub,
    sessionId: claims.sid,
    role: "customer",
  });
});

function craft(head: unknown, body: unknown, key: KeyObject = privateKey): string {
  const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const signed = `${encode(head)}.${encode(body)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key).toString("base64url")}`;
}

const header = { alg: "EdDSA", typ: "at+jwt", kid };
test.for([
  ["alg none", craft({ ...header, alg: "none" }, claims)],
  ["alg HS256", craft({ ...header, alg: "HS256" }, claims)],
  ["no kid", craft({ alg: "EdDSA" }, claims)],
  ["a critical extension", craft({ ...header, crit: ["b64"] }, claims)],
  ["another key", craft(header, claims, stranger.privateKey)],
  ["another issuer", craft(header, { ...claims, iss: "https://evil.test" })],
  ["another audience", craft(header, { ...claims, aud: "bank" })],
  ["expired", craft(header, { ...claims, exp: nowSeconds - 60 })],
  ["not valid yet", craft(header, { ...claims, nbf: nowSeconds + 60 })],
  ["no expiry", craft(header, { ...claims, exp: undefined })],
  ["an unknown role", craft(header, { ...claims, roles: ["root"] })],
  ["no role", craft(header, { ...claims, roles: [] })],
  ["a subject that is no id", craft(header, { ...claims, sub: "admin" })],
  ["no signature", good.split(".").slice(0, 2).join(".")],
  ["an empty signature", `${good.split(".").slice(0, 2).join(".")}.`],
  ["four parts", `${good}.x`],
  ["no JSON", "a.b.c"],
  ["nothing", ""],
  ["an endless text", `${good}${"A".repeat(5000)}`],
] as const)("AT1: refused: %s", ([, token]) => {
  expect(() => verifyAccessToken(token, publicKey, expected)).toThrow(TokenInvalidError);
});

test("AT2: a key that a token brings along is not used", () => {
  const jwk = stranger.publicKey.export({ format: "jwk" });
  const forged = craft({ ...header, jwk }, claims, stranger.privateKey);
  expect(() => verifyAccessToken(forged, publicKey, expected)).toThrow(/signature/);
});

test("AT1: no change of a single character is accepted as somebody else", () => {
  fc.assert(
    fc.property(
      fc.nat(good.length - 1),
      fc.constantFrom(...Array.from("ABCDEFabcdef0123456789-_.")),
      (at, character) => {
        const changed = `${good.slice(0, at)}${character}${good.slice(at + 1)}`;
        try {
          // The last character of base64url may carry bits that nobody reads.
          expect(verifyAccessToken(changed, publicKey, expected).userId).toBe(claims.sub);
        } catch (error) {
          expect(error).toBeInstanceOf(TokenInvalidError);
        }
      },
    ),
  );
});

test("AT1: arbitrary text is refused and never crashes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(() => verifyAccessToken(text, publicKey, expected)).toThrow(TokenInvalidError);
    }),
  );
});
