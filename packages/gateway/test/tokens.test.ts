import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { silentLog } from "@ashlar/foundation";
import type { TokenIssuerPlan } from "@ashlar/model";
import { SimulatedClock } from "@ashlar/testkit";
import { expect, test } from "vitest";
import { KeySet } from "../src/key-set.ts";
import { isProblem } from "../src/problem.ts";
import { TokenVerifier } from "../src/token-verifier.ts";
import { issuerPlan } from "./fixture.ts";

const encode = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

interface SigningKey {
  readonly id: string;
  readonly algorithm: string;
  readonly privateKey: KeyObject;
  readonly jwk: Record<string, unknown>;
}

function signingKey(id: string, algorithm: "EdDSA" | "RS256" | "ES256" = "EdDSA"): SigningKey {
  const pair =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : algorithm === "ES256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("ed25519");
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid: id, alg: algorithm, use: "sig" };
  return { id, algorithm, privateKey: pair.privateKey, jwk };
}

class Issuer {
  readonly clock = new SimulatedClock();
  readonly plan: TokenIssuerPlan;
  keys: SigningKey[];
  extraKeys: Record<string, unknown>[] = [];
  fetches = 0;
  fails = false;
  readonly verifier: TokenVerifier;

  constructor(keys: SigningKey[], plan: Partial<TokenIssuerPlan> = {}) {
    this.keys = keys;
    this.plan = { ...issuerPlan, ...plan };
    const set = new KeySet({
      issuer: this.plan,
      clock: this.clock,
      log: silentLog,
      onKeysRemoved: () => this.verifier.forget(),
      fetchKeys: async () => {
        this.fetches += 1;
        if (this.fails) throw new TypeError("connection refused");
        return { keys: [...this.extraKeys, ...this.keys.map((each) => each.jwk)] };
      },
    });
    this.verifier = new TokenVerifier(this.clock, [{ plan: this.plan, keys: set }]);
  }

  claims(changes: object = {}): Record<string, unknown> {
    const now = Math.floor(this.clock.wallMs() / 1_000);
    const { issuer: iss } = this.plan;
    return { iss, aud: "shop", sub: "u7", iat: now, exp: now + 600, roles: ["reader"], ...changes };
  }

  token(key: SigningKey, claims: object = {}, header: object = {}): string {
    const head = { alg: key.algorithm, kid: key.id, typ: "JWT", ...header };
    const signed = `${encode(head)}.${encode(this.claims(claims))}`;
    const digest = key.algorithm === "EdDSA" ? null : "sha256";
    const options = { key: key.privateKey, dsaEncoding: "ieee-p1363" as const };
    return `${signed}.${sign(digest, Buffer.from(signed), options).toString("base64url")}`;
  }

  async outcome(token: string): Promise<string> {
    const verified = await this.verifier.verify(token);
    return isProblem(verified) ? verified.code : `${verified.id} ${verified.roles.join("+")}`;
  }
}

test.for(["EdDSA", "RS256", "ES256"] as const)("GA8: a good %s token passes", async (algorithm) => {
  const issuer = new Issuer([signingKey("k1", algorithm)]);
  const [key] = issuer.keys;
  expect(await issuer.outcome(issuer.token(key!))).toBe("u7 reader");
});

const now = 1_800_000_000;

test.for([
  ["expired", { exp: now - 6 }, "TOKEN_EXPIRED"],
  ["expired within tolerance", { exp: now - 4 }, "u7 reader"],
  ["not yet valid", { nbf: now + 6 }, "TOKEN_NOT_YET_VALID"],
  ["issued in the future", { iat: now + 6 }, "TOKEN_NOT_YET_VALID"],
  ["without exp", { exp: undefined }, "TOKEN_CLAIM_INVALID"],
  ["exp as text", { exp: "tomorrow" }, "TOKEN_CLAIM_INVALID"],
  ["wrong audience", { aud: "bank" }, "TOKEN_AUDIENCE_WRONG"],
  ["without audience", { aud: undefined }, "TOKEN_AUDIENCE_WRONG"],
  ["one of several audiences", { aud: ["bank", "shop"] }, "u7 reader"],
  ["unknown issuer", { iss: "https://people.example.com/" }, "TOKEN_ISSUER_UNKNOWN"],
  ["without subject", { sub: undefined }, "TOKEN_CLAIM_INVALID"],
  ["subject that would split a header", { sub: "a\r\nx: y" }, "TOKEN_CLAIM_INVALID"],
  ["role that would forge another", { roles: ["a,admin", "reader"] }, "u7 reader"],
] as const)("GA8: a token %s", async ([, claims, outcome]) => {
  const key = signingKey("k1");
  const issuer = new Issuer([key]);
  expect(await issuer.outcome(issuer.token(key, claims))).toBe(outcome);
});

test("GA7: the token cannot choose its algorithm or key", async () => {
  const key = signingKey("k1", "RS256");
  const issuer = new Issuer([key], { algorithms: ["RS256"] });
  const claims = encode(issuer.claims());
  const none = `${encode({ alg: "none", kid: "k1" })}.${claims}.`;
  expect(await issuer.outcome(none)).toBe("TOKEN_ALGORITHM_REFUSED");
  expect(await issuer.outcome(`${none}AA`)).toBe("TOKEN_ALGORITHM_REFUSED");
  // Confusion: the public key, which everybody has, as the secret of an HMAC.
  const signed = `${encode({ alg: "HS256", kid: "k1" })}.${claims}`;
  const mac = createHmac("sha256", JSON.stringify(key.jwk)).update(signed).digest("base64url");
  expect(await issuer.outcome(`${signed}.${mac}`)).toBe("TOKEN_ALGORITHM_REFUSED");
  const other = signingKey("k1", "EdDSA");
  expect(await issuer.outcome(issuer.token(other))).toBe("TOKEN_ALGORITHM_REFUSED");
  const forged = signingKey("k1", "RS256");
  expect(await issuer.outcome(issuer.token(forged))).toBe("TOKEN_SIGNATURE_INVALID");
  const embedded = {
    jwk: forged.jwk,
    jku: "https://evil.example/keys",
    x5u: "https://evil.example",
  };
  expect(await issuer.outcome(issuer.token(forged, {}, embedded))).toBe("TOKEN_SIGNATURE_INVALID");
});

test.for(["", "a", "a.b", "a.b.c", "..", "a.b.c.d", "eyJ.eyJ.x", "x".repeat(9_000)])(
  "GA8: %j is malformed",
  async (token) => {
    expect(await new Issuer([signingKey("k1")]).outcome(token)).toBe("TOKEN_MALFORMED");
  },
);

test("GA8: a changed byte anywhere breaks a token", async () => {
  const key = signingKey("k1");
  const issuer = new Issuer([key]);
  const token = issuer.token(key);
  for (let i = 0; i < token.length - 2; i += 7) {
    const changed = token.slice(0, i) + (token[i] === "A" ? "B" : "A") + token.slice(i + 1);
    expect(await issuer.outcome(changed), `byte ${i}`).toMatch(/^TOKEN_/);
  }
});

test("GA3: a new key works at once, and unknown ids cannot drive fetches", async () => {
  const old = signingKey("old");
  const issuer = new Issuer([old]);
  expect(await issuer.outcome(issuer.token(old))).toBe("u7 reader");
  const fresh = signingKey("fresh");
  issuer.keys = [old, fresh];
  await issuer.clock.advance(5_000);
  expect(await issuer.outcome(issuer.token(fresh))).toBe("u7 reader");
  expect(issuer.fetches).toBe(2);
  for (let i = 0; i < 50; i++) {
    expect(await issuer.outcome(issuer.token(signingKey(`x${i}`)))).toBe("TOKEN_KEY_UNKNOWN");
  }
  expect(issuer.fetches).toBe(2);
});

test("GA4: old keys serve while the issuer is away, for a day", async () => {
  const key = signingKey("k1");
  const issuer = new Issuer([key]);
  expect(await issuer.outcome(issuer.token(key))).toBe("u7 reader");
  issuer.fails = true;
  await issuer.clock.advance(3_600_000);
  expect(await issuer.outcome(issuer.token(key))).toBe("u7 reader");
  await issuer.clock.advance(23 * 3_600_000);
  expect(await issuer.outcome(issuer.token(key))).toBe("TOKEN_KEYS_UNAVAILABLE");
  issuer.fails = false;
  await issuer.clock.advance(5_000);
  expect(await issuer.outcome(issuer.token(key))).toBe("u7 reader");
});

test("GA5: symmetric and foreign keys of a set are not taken", async () => {
  const key = signingKey("k1", "RS256");
  const issuer = new Issuer([key], { algorithms: ["RS256"] });
  issuer.extraKeys = [
    { kty: "oct", kid: "k1", alg: "RS256", k: "c2VjcmV0" },
    { ...signingKey("k1", "RS256").jwk, use: "enc" },
  ];
  expect(await issuer.outcome(issuer.token(key))).toBe("u7 reader");
  issuer.keys = [];
  const empty = new Issuer([], { algorithms: ["RS256"] });
  expect(await empty.outcome(issuer.token(key))).toBe("TOKEN_KEYS_UNAVAILABLE");
});

test("GA6, GA9: a verified token is not verified again, until its key is withdrawn", async () => {
  const key = signingKey("k1");
  const issuer = new Issuer([key]);
  const token = issuer.token(key, { exp: now + 36_000 });
  expect(issuer.verifier.verify(token)).toBeInstanceOf(Promise);
  await issuer.outcome(token);
  expect(issuer.verifier.verify(token)).not.toBeInstanceOf(Promise);
  issuer.keys = [signingKey("k2")];
  await issuer.clock.advance(300_000);
  void issuer.verifier.verify(token); // Notices that the set is due, and begins to fetch it.
  await issuer.clock.advance(0);
  await expect.poll(() => issuer.outcome(token)).toBe("TOKEN_KEY_UNKNOWN");
});

test("GA9: a remembered token expires all the same", async () => {
  const key = signingKey("k1");
  const issuer = new Issuer([key]);
  const token = issuer.token(key, { exp: now + 60 });
  expect(await issuer.outcome(token)).toBe("u7 reader");
  await issuer.clock.advance(66_000);
  expect(await issuer.outcome(token)).toBe("TOKEN_EXPIRED");
});
