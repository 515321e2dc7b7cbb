/**
 * Contacts by the users service's internal API.
 *
 * @module
 */
import { CodedError, describeError } from "@ashlar/foundation";
import { type HttpClient, path, UpstreamRefusedError } from "@ashlar/service";
import type * as z from "zod";
import type { Contact } from "../common/internal-api.ts";
import { contactSchema, mailedTokenSchema, serviceKeyHeader } from "../common/internal-api.ts";
import type { Contacts } from "./contacts.ts";
import { ContactUnavailableError } from "./errors.ts";

export interface UsersContactsOptions {
  readonly users: HttpClient;
  /** This service's own key. */
  readonly key: string;
}

export class UsersContacts implements Contacts {
  readonly #options: UsersContactsOptions;

  constructor(options: UsersContactsOptions) {
    this.#options = options;
  }

  find(userId: string, signal: AbortSignal): Promise<Contact | undefined> {
    return this.#ask(path`/internal/contacts/${userId}`, contactSchema, { gone: 404, signal });
  }

  async mailedToken(requestId: string, signal: AbortSignal): Promise<string | undefined> {
    const where = path`/internal/mailed-tokens/${requestId}`;
    return (await this.#ask(where, mailedTokenSchema, { gone: 410, signal }))?.token;
  }

  /** Undefined for the one status that means "there is none". */
  async #ask<Answer>(
    where: string,
    schema: z.ZodType<Answer>,
    options: { readonly gone: number; readonly signal: AbortSignal },
  ): Promise<Answer | undefined> {
    const { users, key } = this.#options;
    try {
      return await users.get(where, schema, {
        headers: { [serviceKeyHeader]: key },
        signal: options.signal,
      });
    } catch (error) {
      const refused = error instanceof UpstreamRefusedError ? error.detail.upstreamStatus : 0;
      if (refused === options.gone) return undefined;
      const reason = error instanceof CodedError ? error.message : describeError(error);
      throw new ContactUnavailableError(reason, { cause: error });
    }
  }
}
