/**
 * An account.
 *
 * @module
 */
import type { Role } from "../common/principal.ts";

export interface User {
  readonly id: string;
  /** As its owner writes it. */
  readonly email: string;
  /** The same in its one normal form. */
  readonly emailKey: string;
  readonly name: string;
  readonly role: Role;
  /** BCP 47. */
  readonly locale: string;
  /** E.164; null: none. */
  readonly phone: string | null;
  readonly passwordHash: string;
  readonly emailVerifiedAtMs: number | null;
  /** Grows with every change; its ETag. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What may be changed of an account by an update. */
export type UserChanges = Partial<
  Pick<User, "email" | "emailKey" | "emailVerifiedAtMs" | "name" | "role" | "locale" | "phone">
> & { readonly passwordHash?: string };

/** The account after a change: one version on. */
export function changed(user: User, changes: UserChanges, nowMs: number): User {
  return { ...user, ...changes, version: user.version + 1, updatedAtMs: nowMs };
}

/** The subject of a user's events. */
export function userSubject(userId: string): string {
  return `user/${userId}`;
}
