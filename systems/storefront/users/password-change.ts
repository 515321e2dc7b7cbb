/**
 * Replacing a password: by its owner, or by somebody who reads the owner's mailbox.
 *
 * - PC1  A new password ends every other session and every open reset of that account.
 * - PC2  Asking for a reset is answered alike whether the account exists or not.
 *
 * @module
 */
import type { Transaction } from "@ashlar/postgres";
import { shopEvent } from "../common/shop-events.ts";
import { CredentialsWrongError, UserUnknownError } from "./errors.ts";
import { mailKey } from "./mail-address.ts";
import { endMailedTokens, requestMailedToken, spendMailedToken } from "./mailed-token.ts";
import { requireStrong } from "./registration.ts";
import type { UsersRuntime } from "./runtime.ts";
import { revokeSessions } from "./session-store.ts";
import { changed, type User, userSubject } from "./user.ts";
import { findUser, findUserByMail, lockUser, updateUser } from "./user-store.ts";

export interface PasswordChange {
  readonly userId: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The session that stays: the one that asks. */
  readonly sessionId: string;
}

/** @throws {CredentialsWrongError} {@link PasswordWeakError} {@link PasswordsBusyError} */
export async function changePassword(runtime: UsersRuntime, wanted: PasswordChange): Promise<void> {
  const known = await findUser(runtime.database, wanted.userId);
  if (known === undefined) throw new UserUnknownError();
  const fits = await runtime.hasher.verify(wanted.currentPassword, known.passwordHash);
  if (!fits) throw new CredentialsWrongError();
  requireStrong(wanted.newPassword, known);
  const passwordHash = await runtime.hasher.hash(wanted.newPassword);
  await runtime.database.transaction(async (tx) => {
    const user = await lockUser(tx, wanted.userId);
    // Changed by somebody else meanwhile: the password that we were shown is not the present one.
    if (user?.passwordHash !== known.passwordHash) throw new CredentialsWrongError();
    await replace(runtime, tx, { user, passwordHash, by: "owner", except: wanted.sessionId });
  });
}

/** PC2: the answer tells nothing; a mail goes out where there is an account. */
export async function requestReset(runtime: UsersRuntime, email: string): Promise<void> {
  const user = await findUserByMail(runtime.database, mailKey(email));
  if (user === undefined) return;
  await runtime.database.transaction(async (tx) => {
    const requestId = await requestMailedToken(runtime, tx, { user, purpose: "resetPassword" });
    const data = { userId: user.id, requestId };
    const subject = userSubject(user.id);
    await runtime.events.write(
      tx,
      shopEvent("PasswordResetRequested", subject, { occasion: requestId, data }),
    );
  });
}

/** @throws {MailedTokenInvalidError} {@link PasswordWeakError} {@link PasswordsBusyError} */
export async function resetPassword(
  runtime: UsersRuntime,
  wanted: { readonly token: string; readonly newPassword: string },
): Promise<void> {
  requireStrong(wanted.newPassword, { email: "", name: "" });
  const passwordHash = await runtime.hasher.hash(wanted.newPassword);
  await runtime.database.transaction(async (tx) => {
    const spent = { token: wanted.token, purpose: "resetPassword" as const };
    const userId = await spendMailedToken(runtime, tx, spent);
    const user = await lockUser(tx, userId);
    if (user === undefined) throw new UserUnknownError();
    await replace(runtime, tx, { user, passwordHash, by: "reset" });
  });
}

interface Replacement {
  readonly user: User;
  readonly passwordHash: string;
  readonly by: "owner" | "reset";
  readonly except?: string;
}

/** PC1 */
async function replace(
  runtime: UsersRuntime,
  tx: Transaction,
  replacement: Replacement,
): Promise<void> {
  const { user, passwordHash, by, except } = replacement;
  const nowMs = runtime.environment.clock.wallMs();
  const renewed = changed(user, { passwordHash }, nowMs);
  await updateUser(tx, renewed);
  await revokeSessions(
    tx,
    except === undefined ? { userId: user.id } : { userId: user.id, except },
    { reason: "passwordChanged", nowMs },
  );
  await endMailedTokens(tx, { userId: user.id, purpose: "resetPassword", nowMs });
  const options = { occasion: String(renewed.version), data: { userId: user.id, by } };
  await runtime.events.write(tx, shopEvent("PasswordChanged", userSubject(user.id), options));
}
