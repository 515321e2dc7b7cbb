/**
 * New accounts.
 *
 * - RG1  One address in its normal form names at most one account, also under concurrent requests.
 * - RG2  The first admin is the account whose address the operator named, while there is no admin,
 *        and in production only once the address is verified. Nobody registers as staff.
 *
 * @module
 */
import type { Transaction } from "@ashlar/postgres";
import type { Role } from "../common/principal.ts";
import { shopEvent } from "../common/shop-events.ts";
import { PasswordWeakError } from "./errors.ts";
import { mailKey } from "./mail-address.ts";
import { requestMailedToken } from "./mailed-token.ts";
import { passwordFault } from "./password-policy.ts";
import type { UsersRuntime } from "./runtime.ts";
import { type User, userSubject } from "./user.ts";
import { countAdmins, insertUser } from "./user-store.ts";

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly locale: string;
  readonly phone: string | null;
  /** Given by an admin; absent for those who register themselves. */
  readonly role?: Role;
}

/** @throws {PasswordWeakError} {@link EmailTakenError} {@link PasswordsBusyError} */
export async function register(runtime: UsersRuntime, wanted: Registration): Promise<User> {
  requireStrong(wanted.password, wanted);
  const passwordHash = await runtime.hasher.hash(wanted.password);
  const nowMs = runtime.environment.clock.wallMs();
  const emailKey = mailKey(wanted.email);
  const user = await runtime.database.transaction(async (tx) => {
    const mayBeAdmin = !runtime.config.adminNeedsVerifiedEmail;
    const first = mayBeAdmin && (await isFirstAdmin(runtime, tx, emailKey));
    const fresh: User = {
      id: runtime.environment.entropy.uuid(),
      email: wanted.email.trim(),
      emailKey,
      name: wanted.name.trim(),
      role: first ? "admin" : (wanted.role ?? "customer"),
      locale: wanted.locale,
      phone: wanted.phone,
      passwordHash,
      emailVerifiedAtMs: null,
      version: 1,
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
    await insertUser(tx, fresh);
    await tellRegistered(runtime, tx, fresh);
    return fresh;
  });
  runtime.count.registration();
  return user;
}

/** RG2: whether this address makes its account the first admin. */
export async function isFirstAdmin(
  runtime: UsersRuntime,
  tx: Transaction,
  emailKey: string,
): Promise<boolean> {
  const { adminEmail } = runtime.config;
  if (adminEmail === "" || mailKey(adminEmail) !== emailKey) return false;
  return (await countAdmins(tx)) === 0;
}

/** @throws {PasswordWeakError} */
export function requireStrong(
  password: string,
  owner: { readonly email: string; readonly name: string },
): void {
  const fault = passwordFault(password, owner);
  if (fault !== undefined) throw new PasswordWeakError(fault);
}

async function tellRegistered(runtime: UsersRuntime, tx: Transaction, user: User): Promise<void> {
  const verificationId = await requestMailedToken(runtime, tx, { user, purpose: "verifyEmail" });
  const data = { userId: user.id, verificationId };
  await runtime.events.write(tx, shopEvent("UserRegistered", userSubject(user.id), { data }));
}
