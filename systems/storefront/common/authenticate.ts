/**
 * Who makes a request, by its bearer token.
 *
 * The gateway has verified the token already. Services verify it again, by the keys that users
 * publishes: what reaches a service without passing the gateway gets no further.
 *
 * @module
 */
import type { Clock } from "@ashlar/foundation";
import { keyIdOf, verifyAccessToken } from "./access-token.ts";
import { TokenMissingError } from "./errors.ts";
import type { KeyFinder } from "./key-set.ts";
import type { Principal } from "./principal.ts";

/** The part of a request that carries the token. */
interface Bearer {
  readonly headers: { readonly authorization?: string | undefined };
}

export interface Authenticator {
  /** @throws {TokenMissingError} {@link TokenInvalidError} {@link KeySetUnavailableError} */
  principalOf(request: Bearer): Promise<Principal>;
}

export interface AuthenticatorOptions {
  readonly keys: KeyFinder;
  readonly issuer: string;
  readonly audience: string;
  readonly clock: Clock;
}

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { keys, issuer, audience, clock } = options;
  return {
    principalOf: async (request) => {
      const [, token] =
        /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(request.headers.authorization ?? "") ?? [];
      if (token === undefined) throw new TokenMissingError();
      const key = await keys.find(keyIdOf(token));
      return verifyAccessToken(token, key, { issuer, audience, nowMs: clock.wallMs() });
    },
  };
}
