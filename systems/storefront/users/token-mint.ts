/**
 * Makes access tokens, and publishes the keys that verify them.
 *
 * - TM1  Tokens are signed with the present key only; the previous one is still published, so that
 *        a rotation refuses no token that is alive.
 *
 * @module
 */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type { Clock, Entropy } from "@ashlar/foundation";
import { signAccessToken } from "../common/access-token.ts";
import { SigningKeyError } from "../common/errors.ts";
import { type KeySet, publicJwkOf } from "../common/key-set.ts";
import type { Principal } from "../common/principal.ts";

export interface TokenMintOptions {
  /** PKCS #8 PEM, Ed25519. */
  readonly signingKey: string;
  /** SPKI PEM of the key before the last rotation; empty: none. */
  readonly previousPublicKey: string;
  readonly issuer: string;
  readonly audience: string;
  readonly accessTokenMs: number;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

export class TokenMint {
  readonly keySet: KeySet;
  readonly accessTokenMs: number;
  readonly #options: TokenMintOptions;
  readonly #privateKey: KeyObject;
  readonly #kid: string;

  /** @throws {SigningKeyError} where a key is not an Ed25519 key in PEM. */
  constructor(options: TokenMintOptions) {
    this.#options = options;
    this.accessTokenMs = options.accessTokenMs;
    this.#privateKey = readKey(() => createPrivateKey(options.signingKey));
    const present = publicJwkOf(createPublicKey(options.signingKey));
    this.#kid = present.kid;
    const keys = [present];
    if (options.previousPublicKey !== "") {
      keys.push(publicJwkOf(readKey(() => createPublicKey(options.previousPublicKey))));
    }
    this.keySet = { keys };
  }

  accessToken(principal: Principal): string {
    const { issuer, audience, clock, entropy } = this.#options;
    const iat = Math.floor(clock.wallMs() / 1000);
    return signAccessToken(
      {
        iss: issuer,
        aud: audience,
        sub: principal.userId,
        sid: principal.sessionId,
        roles: [principal.role],
        iat,
        exp: iat + Math.floor(this.accessTokenMs / 1000),
        jti: entropy.uuid(),
      },
      { kid: this.#kid, privateKey: this.#privateKey },
    );
  }
}

function readKey(read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch {
    throw new SigningKeyError("something that is not a PEM key"); // The cause may quote the key.
  }
}
