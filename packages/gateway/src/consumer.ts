/**
 * Whom a request comes from, once its credentials are proved.
 *
 * @module
 */
export interface Consumer {
  /** Token subject, or the `consumer` of an API key or password. */
  readonly id: string;
  readonly scheme: "jwt" | "apiKey" | "basic";
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
}

const plainText = /^[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?$/;

/** True for an id that can stand in a header, a log line and a counter's key. */
export function isConsumerId(value: unknown): value is string {
  return typeof value === "string" && plainText.test(value);
}

const roleText = /^[\x21-\x2b\x2d-\x7e]{1,128}$/;

/** Roles and scopes as headers carry them: no spaces, no commas. Others are left out. */
export function plainNames(values: readonly unknown[]): readonly string[] {
  return values.filter((each): each is string => typeof each === "string" && roleText.test(each));
}
