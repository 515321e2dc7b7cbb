/**
 * How a person wishes to be told.
 *
 * - PF1  Messages about the safety of an account go out by mail whatever the preferences say.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { requireMatch } from "../common/entity-tag.ts";
import type { Contact } from "../common/internal-api.ts";
import type { ShopEventType } from "../common/shop-events.ts";
import { timestamp } from "../common/timestamp.ts";
import type { ChannelName } from "./channel.ts";
import { PushTokenMissingError } from "./errors.ts";
import type { NotificationsRuntime } from "./runtime.ts";

export interface Preferences {
  readonly email: boolean;
  readonly sms: boolean;
  readonly push: boolean;
  /** Where push messages go; null: nowhere. */
  readonly pushToken: string | null;
  /** 0: never set. */
  readonly version: number;
}

/** Until a person says otherwise: mail. */
export const defaultPreferences: Preferences = {
  email: true,
  sms: false,
  push: false,
  pushToken: null,
  version: 0,
};

const safetyTypes: ReadonlySet<ShopEventType> = new Set([
  "UserRegistered",
  "EmailVerificationRequested",
  "PasswordResetRequested",
  "PasswordChanged",
  "SessionReuseDetected",
]);

/** Where a message of this type goes: one address a channel, as far as the person has one. */
export function addressesFor(
  type: ShopEventType,
  contact: Contact,
  preferences: Preferences,
): readonly { readonly channel: ChannelName; readonly address: string }[] {
  const wanted: { readonly channel: ChannelName; readonly address: string | null }[] = [];
  if (preferences.email || safetyTypes.has(type)) {
    wanted.push({ channel: "email", address: contact.email }); // PF1
  }
  if (preferences.sms) wanted.push({ channel: "sms", address: contact.phone });
  if (preferences.push) wanted.push({ channel: "push", address: preferences.pushToken });
  return wanted.flatMap(({ channel, address }) => (address === null ? [] : [{ channel, address }]));
}

interface PreferencesRow {
  readonly email: boolean;
  readonly sms: boolean;
  readonly push: boolean;
  readonly push_token: string | null;
  readonly version: number;
}

export async function findPreferences(sql: Queryable, userId: string): Promise<Preferences> {
  const rows = await sql.query<PreferencesRow>("select * from preferences where user_id = $1", [
    userId,
  ]);
  const row = rows[0];
  if (row === undefined) return defaultPreferences;
  const { email, sms, push, push_token: pushToken, version } = row;
  return { email, sms, push, pushToken, version };
}

/** @throws {PushTokenMissingError} {@link VersionStaleError} */
export function changePreferences(
  runtime: NotificationsRuntime,
  userId: string,
  wanted: {
    readonly preferences: Omit<Preferences, "version">;
    readonly ifMatch: string | undefined;
  },
): Promise<Preferences> {
  const { email, sms, push, pushToken } = wanted.preferences;
  if (push && pushToken === null) throw new PushTokenMissingError();
  return runtime.database.transaction(async (tx) => {
    const held = await lockPreferences(tx, userId, runtime.environment.clock.wallMs());
    requireMatch(wanted.ifMatch, held.version);
    const version = held.version + 1;
    await tx.execute(
      `update preferences set email = $2, sms = $3, push = $4, push_token = $5, version = $6,
         updated_at = $7
       where user_id = $1`,
      [userId, email, sms, push, pushToken, version, timestamp(runtime.environment.clock.wallMs())],
    );
    return { email, sms, push, pushToken, version };
  });
}

/** The row, locked; made with the defaults where there is none. */
async function lockPreferences(
  tx: Transaction,
  userId: string,
  nowMs: number,
): Promise<Preferences> {
  const { email, sms, push } = defaultPreferences;
  await tx.execute(
    `insert into preferences (user_id, email, sms, push, version, updated_at)
     values ($1, $2, $3, $4, 0, $5) on conflict (user_id) do nothing`,
    [userId, email, sms, push, timestamp(nowMs)],
  );
  await tx.execute("select 1 from preferences where user_id = $1 for update", [userId]);
  return findPreferences(tx, userId);
}
