/**
 * Who may take a route.
 *
 * @module
 */

export interface Access {
  readonly type: "access";
  readonly schemes: readonly ("jwt" | "apiKey" | "basic")[];
  /** Names of the token issuers that count; they must be issuers of the gateway. */
  readonly issuers: readonly string[];
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

export interface AccessOptions {
  /** Any one of these is enough. Default: no role needed. */
  readonly roles?: readonly string[];
  /** All of these are needed. Default: none. */
  readonly scopes?: readonly string[];
}

/** Whoever shows a key that the gateway's shared state knows. */
export function apiKey(options: AccessOptions = {}): Access {
  return access(["apiKey"], [], options);
}

/** Whoever shows a name and password that the gateway's shared state knows. */
export function basic(options: AccessOptions = {}): Access {
  return access(["basic"], [], options);
}

/** Whoever passes one of these; roles and scopes must be the same in all. */
export function anyOf(first: Access, ...others: readonly Access[]): Access {
  const all = [first, ...others];
  return {
    type: "access",
    schemes: [...new Set(all.flatMap((each) => each.schemes))],
    issuers: [...new Set(all.flatMap((each) => each.issuers))],
    roles: [...new Set(all.flatMap((each) => each.roles))],
    scopes: [...new Set(all.flatMap((each) => each.scopes))],
  };
}

export function access(
  schemes: Access["schemes"],
  issuers: readonly string[],
  options: AccessOptions,
): Access {
  const { roles = [], scopes = [] } = options;
  return { type: "access", schemes, issuers, roles, scopes };
}
