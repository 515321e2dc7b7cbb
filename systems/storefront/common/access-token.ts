/**
 * Access tokens: JWTs signed with Ed25519 (`alg: EdDSA`), valid for minutes, never stored.
 *
 * - AT1  A token is accepted only with `alg: EdDSA`, a known `kid`, that key's signature, the exact
 *        issuer, the audience, and a time within `nbf`..`exp`; anything else is refused.
 * - AT2  The key is chosen by `kid` among the published keys; a key inside the token is never used.
 *
 * Source: RFC 7519, RFC 8037, RFC 8725 (best current practices).
 * @module
 */
import { type KeyObject, sign, verify } from "node:crypto";
import * as z from "zod";
import { TokenInvalidError } from "./errors.ts";
import { type Principal, roles } from "./principal.ts";

/** What a token says. Times are seconds since the Unix epoch. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  /** The user's id. */
  readonly sub: string;
  /** The session's id. */
  readonly sid: string;
  readonly roles: readonly Principal["role"][];
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
}

const header = z.object({
  alg: z.literal("EdDSA"),
  kid: z.string(),
  crit: z.undefined().optional(),
});

const claims = z.object({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  sub: z.uuid(),
  sid: z.uuid(),
  roles: z.array(z.enum(roles)).min(1),
  exp: z.number(),
  nbf: z.number().optional(),
});

const tokenCharsMax = 4096;
const clockToleranceSeconds = 5;

export interface TokenExpectations {
  readonly issuer: string;
  readonly audience: string;
  readonly nowMs: number;
}

/** The compact form of a signed token. */
export function signAccessToken(
  content: AccessClaims,
  key: { readonly kid: string; readonly privateKey: KeyObject },
): string {
  const head = encode({ alg: "EdDSA", typ: "at+jwt", kid: key.kid });
  const signed = `${head}.${encode(content)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

/** The key id that a token names. @throws {TokenInvalidError} */
export function keyIdOf(token: string): string {
  return readHeader(token.split(".")[0] ?? "").kid;
}

/**
 * Whom the token speaks for (AT1).
 *
 * @throws {TokenInvalidError} naming what was wrong.
 */
export function verifyAccessToken(
  token: string,
  publicKey: KeyObject,
  expected: TokenExpectations,
): Principal {
  const parts = token.split(".");
  const [head, body, signature] = parts;
  if (token.length > tokenCharsMax || parts.length !== 3 || !head || !body || !signature) {
    throw new TokenInvalidError("it is not a signed token in compact form");
  }
  readHeader(head);
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify(null, signed, publicKey, Buffer.from(signature, "base64url"))) {
    throw new TokenInvalidError("its signature does not fit");
  }
  return readClaims(body, expected);
}

function readHeader(text: string): { readonly kid: string } {
  const parsed = header.safeParse(decode(text));
  if (!parsed.success) throw new TokenInvalidError("its header must name alg EdDSA and a kid");
  return parsed.data;
}

function readClaims(text: string, expected: TokenExpectations): Principal {
  const parsed = claims.safeParse(decode(text));
  if (!parsed.success) throw new TokenInvalidError("its claims are incomplete");
  const {
    iss,
    aud,
    exp,
    nbf,
    sub,
    sid,
    roles: [role],
  } = parsed.data;
  if (iss !== expected.issuer) throw new TokenInvalidError("another issuer made it");
  const audiences = typeof aud === "string" ? [aud] : aud;
  if (!audiences.includes(expected.audience)) {
    throw new TokenInvalidError("it is meant for another audience");
  }
  const nowSeconds = expected.nowMs / 1000;
  if (nowSeconds >= exp + clockToleranceSeconds) throw new TokenInvalidError("it has expired");
  if (nbf !== undefined && nowSeconds < nbf - clockToleranceSeconds) {
    throw new TokenInvalidError("it is not valid yet");
  }
  if (role === undefined) throw new TokenInvalidError("its claims are incomplete");
  return { userId: sub, sessionId: sid, role };
}

function encode(content: unknown): string {
  return Buffer.from(JSON.stringify(content)).toString("base64url");
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
