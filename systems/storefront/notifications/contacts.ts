/**
 * The port to those who know where a person can be reached.
 *
 * Addresses are asked for when they are needed and not carried in events: an event is kept for
 * days, and a person may change the address or leave.
 *
 * @module
 */

import type { Contact } from "../common/internal-api.ts";

export interface Contacts {
  /** Undefined where the account is gone. @throws {ContactUnavailableError} */
  find(userId: string, signal: AbortSignal): Promise<Contact | undefined>;
  /** The token of a mailed request; undefined where it cannot be used any more. @throws {ContactUnavailableError} */
  mailedToken(requestId: string, signal: AbortSignal): Promise<string | undefined>;
}
