/**
 * Proves who sends a request, and whether they may use the route.
 *
 * - GA15  On a route with schemes, a request passes only with a credential of one of those schemes;
 *         others that it carries count for nothing.
 * - GA16  Any one of the route's roles, and all of its scopes; refused with 403 only after the
 *         credentials are proved.
 *
 * @module
 */
import { describeError, type Log } from "@ashlar/foundation";
import type { AccessPlan } from "@ashlar/model";
import type { ApiKeyVerifier } from "./api-key.ts";
import type { Consumer } from "./consumer.ts";
import type { PasswordVerifier } from "./password.ts";
import { isProblem, type Problem, problem } from "./problem.ts";
import type { RequestHeaders } from "./request-headers.ts";
import type { TokenVerifier } from "./token-verifier.ts";

export interface AuthenticationOptions {
  /** Protection space named in challenges: the gateway's name. */
  readonly realm: string;
  readonly tokens: TokenVerifier;
  readonly apiKeys: ApiKeyVerifier;
  readonly passwords: PasswordVerifier;
  readonly log: Log;
  /** A credential store could not be reached. */
  readonly onStoreFailure: () => void;
}

type Outcome = Consumer | Problem;

export class Authentication {
  readonly #options: AuthenticationOptions;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** The proved and permitted consumer, or the refusal. At once for a remembered token. */
  authenticate(access: AccessPlan, headers: RequestHeaders): Outcome | Promise<Outcome> {
    const { authorization, apiKey } = headers;
    const { schemes } = access;
    if (authorization !== undefined) {
      const space = authorization.indexOf(" ");
      const scheme = authorization.slice(0, space).toLowerCase();
      const credentials = authorization.slice(space + 1).trim();
      if (scheme === "bearer" && schemes.includes("jwt")) {
        const outcome = this.#options.tokens.verify(credentials);
        if (outcome instanceof Promise) return outcome.then((each) => this.#judge(access, each));
        return this.#judge(access, outcome);
      }
      if (scheme === "basic" && schemes.includes("basic")) {
        return this.#stored(access, () => this.#options.passwords.verify(credentials));
      }
    }
    if (apiKey !== undefined && schemes.includes("apiKey")) {
      return this.#stored(access, () => this.#options.apiKeys.verify(apiKey));
    }
    return problem("CREDENTIALS_MISSING", `this route needs ${describe(access)}`, {
      headers: this.#challenges(access),
    });
  }

  async #stored(access: AccessPlan, verify: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return this.#judge(access, await verify());
    } catch (error) {
      this.#options.onStoreFailure();
      this.#options.log.error("credentials cannot be judged", { error: describeError(error) });
      return problem("CREDENTIAL_STORE_UNAVAILABLE", "credentials cannot be verified now", {
        headers: ["retry-after", "5"],
      });
    }
  }

  #judge(access: AccessPlan, outcome: Outcome): Outcome {
    return isProblem(outcome) ? outcome : (permissionFault(access, outcome) ?? outcome);
  }

  #challenges({ schemes }: AccessPlan): readonly string[] {
    const realm = `realm="${this.#options.realm}"`;
    return schemes.flatMap((scheme) => ["www-authenticate", challenges[scheme](realm)]);
  }
}

const challenges = {
  jwt: (realm: string) => `Bearer ${realm}`,
  basic: (realm: string) => `Basic ${realm}, charset="UTF-8"`,
  apiKey: (realm: string) => `ApiKey ${realm}`,
};

const schemeNames = { jwt: "a bearer token", apiKey: "an API key", basic: "basic credentials" };

function describe({ schemes }: AccessPlan): string {
  return schemes.map((each) => schemeNames[each]).join(" or ");
}

/** GA16 */
function permissionFault(access: AccessPlan, consumer: Consumer): Problem | undefined {
  if (access.roles.length > 0 && !access.roles.some((role) => consumer.roles.includes(role))) {
    return problem("ROLE_REQUIRED", `one of these roles is needed: ${access.roles.join(", ")}`);
  }
  for (const scope of access.scopes) {
    if (consumer.scopes.includes(scope)) continue;
    return problem("SCOPE_REQUIRED", `these scopes are needed: ${access.scopes.join(", ")}`, {
      headers: [
        "www-authenticate",
        `Bearer error="insufficient_scope", scope="${access.scopes.join(" ")}"`,
      ],
    });
  }
  return undefined;
}
