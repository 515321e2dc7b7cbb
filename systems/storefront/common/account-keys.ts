/**
 * Verifies access tokens by the keys that the users service publishes.
 *
 * @module
 */
import type { ServiceContext } from "@ashlar/service";
import { type Authenticator, createAuthenticator } from "./authenticate.ts";
import { tokenAudience, tokenIssuer } from "./issuer.ts";
import { keySetSchema, remoteKeys } from "./key-set.ts";

/** For services that use `users`: asks for the keys when they are first needed. */
export function authenticatorByUsers(
  context: Pick<ServiceContext, "uses" | "environment">,
): Authenticator {
  const { clock } = context.environment;
  const users = context.uses.http("USERS_URL");
  const keys = remoteKeys({
    clock,
    fetch: () => users.get("/.well-known/jwks.json", keySetSchema),
  });
  return createAuthenticator({ keys, clock, issuer: tokenIssuer, audience: tokenAudience });
}
