/**
 * Token issuers: whose signed tokens a gateway believes.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import { type Access, type AccessOptions, access } from "./access.ts";
import type { TokenIssuerPlan } from "./plan/gateway.ts";
import type { PortPath } from "./port.ts";

export interface JwtIssuer<Name extends string = string> {
  readonly type: "jwtIssuer";
  readonly name: Name;
  /** The access of whoever shows this issuer's token, with these roles and scopes. */
  access(options?: AccessOptions): Access;
}

export interface JwtIssuerOptions {
  /** The exact `iss` claim. */
  readonly issuer: string;
  /** Accepted `aud` claims, at least one. */
  readonly audiences: readonly string[];
  /** Accepted signature algorithms, at least one. */
  readonly algorithms: TokenIssuerPlan["algorithms"];
  /** Where its public keys are: a path on a part's port, or an HTTPS address. */
  readonly jwks: PortPath | `https://${string}`;
  /** Claim that holds the roles, an array of texts. Default `roles`. */
  readonly rolesClaim?: string;
  /** Claim that holds the scopes, separated by spaces or an array. Default `scope`. */
  readonly scopesClaim?: string;
  /** Difference of clocks that is forgiven. Default `"30s"`. */
  readonly clockTolerance?: Duration;
}

/** An issuer of JSON Web Tokens. */
export function jwtIssuer<const Name extends string>(
  name: Name,
  options: JwtIssuerOptions,
): JwtIssuer<Name> {
  return {
    ...options,
    type: "jwtIssuer",
    name,
    access: (rights = {}) => access(["jwt"], [name], rights),
  };
}
