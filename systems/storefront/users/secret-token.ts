/**
 * Opaque tokens that a client or a mail carries: random or derived, kept only as a hash.
 *
 * @module
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** 32 random bytes as base64url. From the operating system, never from a seeded source. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The token of one mailed request: the same request gives the same token, so that the mail can be
 * written, and written again after a crash, without the token being stored anywhere.
 */
export function mailedToken(key: string, requestId: string): string {
  const mac = createHmac("sha256", key).update(`mailed-token:${requestId}`).digest("base64url");
  return `${requestId}.${mac}`;
}

/** What is stored of a token. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Compares two texts in a time that does not depend on where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(tokenHash(a), tokenHash(b));
}
