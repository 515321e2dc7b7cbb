/**
 * Accounts as resources: read, changed and deleted by their owners and by admins.
 *
 * - PR1  A customer sees and changes only the own account; any other is answered as unknown.
 * - PR2  Only an admin gives or takes roles, and the last admin can neither lose it nor leave.
 * - PR3  A new address counts as unverified until a mailed token proves it.
 *
 * @module
 */
import type { Transaction } from "@ashlar/postgres";
import { requireMatch } from "../common/entity-tag.ts";
import { isStaff, type Principal, type Role, requireRole } from "../common/principal.ts";
import { shopEvent } from "../common/shop-events.ts";
import { LastAdminError, UserUnknownError } from "./errors.ts";
import { mailKey } from "./mail-address.ts";
import { requestMailedToken, spendMailedToken } from "./mailed-token.ts";
import { isFirstAdmin } from "./registration.ts";
import type { UsersRuntime } from "./runtime.ts";
import { revokeSessions } from "./session-store.ts";
import { changed, type User, type UserChanges, userSubject } from "./user.ts";
import { countAdmins, deleteUser, findUser, lockUser, updateUser } from "./user-store.ts";

export interface ProfileChange {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  readonly locale?: string | undefined;
  readonly phone?: string | null | undefined;
  readonly role?: Role | undefined;
}

/** Staff read every account, others their own (PR1). @throws {UserUnknownError} */
export async function readUser(
  runtime: UsersRuntime,
  principal: Principal,
  id: string,
): Promise<User> {
  const user = may(principal, id, isStaff) ? await findUser(runtime.database, id) : undefined;
  if (user === undefined) throw new UserUnknownError();
  return user;
}

/** @throws {UserUnknownError} {@link EmailTakenError} {@link RoleMissingError} {@link VersionStaleError} */
export async function changeUser(
  runtime: UsersRuntime,
  principal: Principal,
  wanted: {
    readonly id: string;
    readonly change: ProfileChange;
    readonly ifMatch: string | undefined;
  },
): Promise<User> {
  const { id, change } = wanted;
  if (!may(principal, id, isAdmin)) throw new UserUnknownError();
  if (change.role !== undefined) requireRole(principal, "admin"); // PR2
  return runtime.database.transaction(async (tx) => {
    if (change.role !== undefined) await keepAdmin(tx, id, change.role);
    const user = await lockUser(tx, id);
    if (user === undefined) throw new UserUnknownError();
    requireMatch(wanted.ifMatch, user.version);
    return write(runtime, tx, { user, change });
  });
}

/** @throws {UserUnknownError} {@link LastAdminError} {@link VersionStaleError} */
export async function removeUser(
  runtime: UsersRuntime,
  principal: Principal,
  wanted: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<void> {
  const { id } = wanted;
  if (!may(principal, id, isAdmin)) throw new UserUnknownError();
  await runtime.database.transaction(async (tx) => {
    await keepAdmin(tx, id, undefined);
    const user = await lockUser(tx, id);
    if (user === undefined) throw new UserUnknownError();
    requireMatch(wanted.ifMatch, user.version);
    await runtime.events.write(
      tx,
      shopEvent("UserDeleted", userSubject(id), { data: { userId: id } }),
    );
    await deleteUser(tx, id);
  });
}

/** Mails another verification. Nothing happens where the address is verified. */
export async function requestVerification(runtime: UsersRuntime, userId: string): Promise<void> {
  await runtime.database.transaction(async (tx) => {
    const user = await lockUser(tx, userId);
    if (user === undefined) throw new UserUnknownError();
    if (user.emailVerifiedAtMs === null) await askVerification(runtime, tx, user);
  });
}

/** @throws {MailedTokenInvalidError} */
export async function verifyEmail(runtime: UsersRuntime, token: string): Promise<void> {
  const nowMs = runtime.environment.clock.wallMs();
  await runtime.database.transaction(async (tx) => {
    const userId = await spendMailedToken(runtime, tx, { token, purpose: "verifyEmail" });
    const seen = await findUser(tx, userId);
    if (seen === undefined) throw new UserUnknownError();
    const first = await isFirstAdmin(runtime, tx, seen.emailKey); // Its lock comes before the row's.
    const user = await lockUser(tx, userId);
    if (user === undefined) throw new UserUnknownError();
    const role = first ? "admin" : user.role;
    const verified = changed(user, { emailVerifiedAtMs: nowMs, role }, nowMs);
    await updateUser(tx, verified);
    const options = { occasion: String(verified.version), data: { userId } };
    await runtime.events.write(tx, shopEvent("EmailVerified", userSubject(userId), options));
  });
}

async function write(
  runtime: UsersRuntime,
  tx: Transaction,
  update: { readonly user: User; readonly change: ProfileChange },
): Promise<User> {
  const { user, change } = update;
  const nowMs = runtime.environment.clock.wallMs();
  const emailKey = change.email === undefined ? user.emailKey : mailKey(change.email);
  const moved = emailKey !== user.emailKey;
  const changes: UserChanges = {
    ...(change.email === undefined ? {} : { email: change.email.trim(), emailKey }),
    ...(moved ? { emailVerifiedAtMs: null } : {}), // PR3
    ...(change.name === undefined ? {} : { name: change.name.trim() }),
    ...(change.locale === undefined ? {} : { locale: change.locale }),
    ...(change.phone === undefined ? {} : { phone: change.phone }),
    ...(change.role === undefined ? {} : { role: change.role }),
  };
  const next = changed(user, changes, nowMs);
  await updateUser(tx, next);
  if (moved) await askVerification(runtime, tx, next);
  if (next.role !== user.role) {
    // Access tokens carry the role: a session from before must not keep the old one for long.
    await revokeSessions(tx, { userId: user.id }, { reason: "admin", nowMs });
  }
  return next;
}

async function askVerification(runtime: UsersRuntime, tx: Transaction, user: User): Promise<void> {
  const requestId = await requestMailedToken(runtime, tx, { user, purpose: "verifyEmail" });
  const options = { occasion: requestId, data: { userId: user.id, requestId } };
  await runtime.events.write(
    tx,
    shopEvent("EmailVerificationRequested", userSubject(user.id), options),
  );
}

/** PR2. Called before the row is locked: the count's lock comes first in every transaction. */
async function keepAdmin(tx: Transaction, id: string, nextRole: Role | undefined): Promise<void> {
  if (nextRole === "admin") return;
  const admins = await countAdmins(tx);
  const user = await findUser(tx, id);
  if (user?.role === "admin" && admins <= 1) throw new LastAdminError();
}

function may(
  principal: Principal,
  id: string,
  privileged: (principal: Principal) => boolean,
): boolean {
  return principal.userId === id || privileged(principal);
}

function isAdmin(principal: Principal): boolean {
  return principal.role === "admin";
}
