/**
 * Mail addresses as names of accounts.
 *
 * Two spellings of one mailbox are one account: letter case, Unicode form and the case of the
 * domain do not count. Tags (`a+b@…`) do count: they are different addresses to their owner.
 *
 * @module
 */
import { domainToASCII } from "node:url";

/** The key under which an account is unique. Give it an address that the schema accepted. */
export function mailKey(address: string): string {
  const text = address.trim().normalize("NFKC");
  const at = text.lastIndexOf("@");
  return `${text.slice(0, at).toLowerCase()}@${domainToASCII(text.slice(at + 1)).toLowerCase()}`;
}
