/**
 * `/internal`: what notifications, and nobody else, may ask. No route of the gateway leads here, the
 * network policy lets only declared users of this service in, and each call carries a key that only
 * the two services hold.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import { ServiceKeyInvalidError } from "../../common/errors.ts";
import { contactSchema, mailedTokenSchema, serviceKeyHeader } from "../../common/internal-api.ts";
import { idParams } from "../../common/wire.ts";
import { MailedTokenInvalidError, UserUnknownError } from "../errors.ts";
import { readMailedToken } from "../mailed-token.ts";
import type { UsersRuntime } from "../runtime.ts";
import { sameSecret } from "../secret-token.ts";
import { findUser } from "../user-store.ts";

export interface InternalRoutesOptions {
  readonly runtime: UsersRuntime;
  /** The key that notifications shows. */
  readonly contactsKey: string;
}

export function internalRoutes(http: ServiceHttp, options: InternalRoutesOptions): void {
  const { runtime, contactsKey } = options;
  const tags = ["internal"];
  const headers = z.looseObject({ [serviceKeyHeader]: z.string().optional() });
  const requireKey = (given: unknown): void => {
    if (typeof given !== "string" || !sameSecret(given, contactsKey)) {
      throw new ServiceKeyInvalidError();
    }
  };
  http.route({
    method: "GET",
    url: "/internal/contacts/:id",
    schema: {
      tags,
      summary: "Where a person can be reached. For notifications only.",
      headers,
      params: idParams,
      response: { 200: contactSchema },
    },
    handler: async (request) => {
      requireKey(request.headers[serviceKeyHeader]);
      const user = await findUser(runtime.database, request.params.id);
      if (user === undefined) throw new UserUnknownError();
      const { id: userId, name, email, phone, locale } = user;
      return { userId, name, email, phone, locale };
    },
  });
  http.route({
    method: "GET",
    url: "/internal/mailed-tokens/:id",
    schema: {
      tags,
      summary: "The token of a mailed request that can still be used. For notifications only.",
      headers,
      params: idParams,
      response: { 200: mailedTokenSchema },
    },
    handler: async (request, reply) => {
      requireKey(request.headers[serviceKeyHeader]);
      const token = await readMailedToken(runtime, request.params.id);
      if (token === undefined) throw new MailedTokenInvalidError();
      return reply.header("cache-control", "no-store").send({ token });
    },
  });
}
