/**
 * Who makes a request.
 *
 * @module
 */
import { RoleMissingError } from "./errors.ts";

export const roles = ["customer", "staff", "admin"] as const;

/** `customer` sees what is theirs; `staff` runs the shop; `admin` also runs the accounts. */
export type Role = (typeof roles)[number];

export interface Principal {
  readonly userId: string;
  readonly role: Role;
  /** The session that the token belongs to. */
  readonly sessionId: string;
}

/** True for those who see everybody's orders and accounts. */
export function isStaff(principal: Principal): boolean {
  return principal.role === "staff" || principal.role === "admin";
}

/** @throws {RoleMissingError} */
export function requireRole(principal: Principal, ...needed: readonly Role[]): void {
  if (!needed.includes(principal.role)) throw new RoleMissingError(needed);
}

/** Staff and admins; @throws {RoleMissingError} */
export function requireStaff(principal: Principal): void {
  requireRole(principal, "staff", "admin");
}
