import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { realEnvironment } from "@ashlar/program";
import { SimulatedClock } from "@ashlar/testkit";
import * as jose from "jose";
import { expect, test } from "vitest";
import {
  type BearerAuth,
  bearerAuth,
  mayAccess,
  principalOf,
  requireOwner,
  requireRole,
} from "../src/index.ts";
import { startService } from "./harness.ts";

interface Issuer extends AsyncDisposable {
  readonly jwksUrl: string;
  fetches: number;
  /** Answers 500 while set. */
  broken: boolean;
  sign(
    claims?: Record<string, unknown>,
    header?: Partial<jose.JWTHeaderParameters>,
  ): Promise<string>;
  readonly publicKey: CryptoKey;
}

const issuerName = "https://shop.example.com";

async function openIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await jose.generateKeyPair("EdDSA", { extractable: true });
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: "k1", alg: "EdDSA", use: "sig" };
  const server = createServer((_request, response) => {
    issuer.fetches++;
    if (issuer.broken) response.writeHead(500);
    response.end(JSON.stringify({ keys: [jwk] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const now = Math.floor(Date.now() / 1_000);
  const issuer: Issuer = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`,
    fetches: 0,
    broken: false,
    publicKey,
    sign: (claims = {}, header = {}) =>
      new jose.SignJWT({
        iss: issuerName,
        aud: "shop",
        sub: "user-7",
        roles: ["customer"],
        exp: now + 600,
        ...claims,
      })
        .setProtectedHeader({ alg: "EdDSA", kid: "k1", ...header })
        .sign(privateKey),
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}

function authFor(issuer: Issuer, clock = realEnvironment().clock): BearerAuth {
  return bearerAuth({
    jwksUrl: issuer.jwksUrl,
    issuer: issuerName,
    audience: "shop",
    algorithms: ["EdDSA"],
    clock,
  });
}

test("BA1: a good token names its principal", async () => {
  await using issuer = await openIssuer();
  const token = await issuer.sign({ scope: "orders:read orders:write" });
  expect(await authFor(issuer).verify(token)).toMatchObject({
    subject: "user-7",
    roles: ["customer"],
    scopes: ["orders:read", "orders:write"],
  });
});

test("BA1: every other token is refused", async () => {
  await using issuer = await openIssuer();
  await using stranger = await openIssuer();
  const auth = authFor(issuer);
  const now = Math.floor(Date.now() / 1_000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { iss: issuerName, aud: "shop", sub: "user-7", exp: now + 600 };
  const confused = await new jose.SignJWT(claims)
    .setProtectedHeader({ alg: "HS256", kid: "k1" })
    .sign(Buffer.from(JSON.stringify(await jose.exportJWK(issuer.publicKey))));
  const [head, , signature] = (await issuer.sign()).split(".");
  const bad = {
    forged: await stranger.sign(),
    expired: await issuer.sign({ exp: now - 60 }),
    "not yet valid": await issuer.sign({ nbf: now + 60 }),
    "wrong audience": await issuer.sign({ aud: "bank" }),
    "wrong issuer": await issuer.sign({ iss: "https://evil.example.com" }),
    "without expiry": await issuer.sign({ exp: undefined }),
    "without subject": await issuer.sign({ sub: undefined }),
    "unknown key": await issuer.sign({}, { kid: "k2" }),
    "alg none": `${encode({ alg: "none" })}.${encode(claims)}.`,
    "symmetric with the public key": confused,
    "changed claims": `${head}.${encode({ ...claims, roles: ["admin"] })}.${signature}`,
    garbage: "abc",
    endless: "a".repeat(9_000),
  };
  const results = await Promise.all(
    Object.entries(bad).map(async ([name, token]) => [
      name,
      await auth.verify(token).then(
        () => "accepted",
        (error: { readonly code: string }) => error.code,
      ),
    ]),
  );
  expect(results).toEqual(Object.keys(bad).map((name) => [name, "BEARER_TOKEN_REFUSED"]));
});

test("BA2: a token is verified once and remembered, but not beyond its expiry", async () => {
  await using issuer = await openIssuer();
  const clock = new SimulatedClock(Date.now());
  const auth = authFor(issuer, clock);
  const token = await issuer.sign({ exp: Math.floor(Date.now() / 1_000) + 30 });
  const first = await auth.verify(token);
  expect(await auth.verify(token)).toBe(first);
  await clock.advance(40_000);
  await expect(auth.verify(token)).rejects.toMatchObject({ code: "BEARER_TOKEN_REFUSED" });
});

test("BA3: keys that cannot be fetched are a 503", async () => {
  await using issuer = await openIssuer();
  issuer.broken = true;
  const auth = authFor(issuer);
  await expect(auth.verify(await issuer.sign())).rejects.toMatchObject({
    code: "BEARER_KEYS_UNAVAILABLE",
    status: 503,
  });
  issuer.broken = false;
  expect((await auth.verify(await issuer.sign())).subject).toBe("user-7");
});

test("routes are guarded by token, role and owner", async () => {
  await using issuer = await openIssuer();
  const auth = authFor(issuer);
  await using service = await startService({
    open: ({ http }) => {
      http.addHook("onRequest", auth.authenticate);
      http.get("/orders/:owner", (request) => {
        const { owner } = request.params as { owner: string };
        requireOwner(principalOf(request), owner, ["staff"]);
        return Promise.resolve({ owner });
      });
      http.delete("/orders", (request) => {
        requireRole(principalOf(request), "staff", "admin");
        return Promise.resolve({});
      });
    },
  });
  const customer = { authorization: `Bearer ${await issuer.sign()}` };
  const staff = { authorization: `Bearer ${await issuer.sign({ sub: "s", roles: ["staff"] })}` };
  const status = async (method: string, at: string, headers = {}): Promise<unknown> => {
    const { status: code, body } = await service.call(method, at, undefined, headers);
    return [code, body.code];
  };
  expect(await status("GET", "/orders/user-7")).toEqual([401, "BEARER_TOKEN_MISSING"]);
  expect(await status("GET", "/orders/user-7", { authorization: "Basic abc" })).toEqual([
    401,
    "BEARER_TOKEN_MISSING",
  ]);
  expect(await status("GET", "/orders/user-7", customer)).toEqual([200, undefined]);
  expect(await status("GET", "/orders/user-8", customer)).toEqual([404, "RESOURCE_NOT_FOUND"]);
  expect(await status("GET", "/orders/user-8", staff)).toEqual([200, undefined]);
  expect(await status("DELETE", "/orders", customer)).toEqual([403, "ROLE_INSUFFICIENT"]);
  expect(await status("DELETE", "/orders", staff)).toEqual([200, undefined]);
});

test("ownership is a question, too", () => {
  const principal = { subject: "user-7", roles: ["customer"], scopes: [], claims: {} };
  expect(mayAccess(principal, "user-7")).toBe(true);
  expect(mayAccess(principal, "user-8", ["staff"])).toBe(false);
  expect(mayAccess({ ...principal, roles: ["staff"] }, "user-8", ["staff"])).toBe(true);
});
