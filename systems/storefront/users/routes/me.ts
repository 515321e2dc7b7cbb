/**
 * `/api/users/me`: the signed-in user's own account.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { entityTag } from "../../common/entity-tag.ts";
import { idParams, noContent } from "../../common/wire.ts";
import { SessionUnknownError } from "../errors.ts";
import { changePassword } from "../password-change.ts";
import { changeUser, readUser, removeUser, requestVerification } from "../profile.ts";
import type { UsersRuntime } from "../runtime.ts";
import { listSessions, revokeSession } from "../session-store.ts";
import {
  emailSchema,
  localeSchema,
  nameSchema,
  passwordSchema,
  phoneSchema,
  sessionSchema,
  sessionView,
  userSchema,
  userView,
} from "../wire.ts";

const tags = ["me"];
const security = [{ bearer: [] }];

export interface MeRoutesOptions {
  readonly runtime: UsersRuntime;
  readonly authenticator: Authenticator;
}

export function meRoutes(http: ServiceHttp, options: MeRoutesOptions): void {
  profileRoutes(http, options);
  passwordRoutes(http, options);
  sessionRoutes(http, options);
}

function profileRoutes(http: ServiceHttp, { runtime, authenticator }: MeRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/users/me",
    schema: { tags, security, summary: "Your account.", response: { 200: userSchema } },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const user = await readUser(runtime, principal, principal.userId);
      return reply.header("etag", entityTag(user.version)).send(userView(user));
    },
  });
  http.route({
    method: "PATCH",
    url: "/api/users/me",
    schema: {
      tags,
      security,
      summary: "Change your account. `If-Match` refuses what somebody changed meanwhile.",
      body: z.object({
        email: emailSchema.optional(),
        name: nameSchema.optional(),
        locale: localeSchema.optional(),
        phone: phoneSchema.nullable().optional(),
      }),
      response: { 200: userSchema },
    },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const ifMatch = request.headers["if-match"];
      const wanted = { id: principal.userId, change: request.body, ifMatch };
      const user = await changeUser(runtime, principal, wanted);
      return reply.header("etag", entityTag(user.version)).send(userView(user));
    },
  });
  http.route({
    method: "DELETE",
    url: "/api/users/me",
    schema: { tags, security, summary: "Delete your account.", response: { 204: noContent } },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const wanted = { id: principal.userId, ifMatch: request.headers["if-match"] };
      await removeUser(runtime, principal, wanted);
      return reply.code(204).send();
    },
  });
}

function passwordRoutes(http: ServiceHttp, { runtime, authenticator }: MeRoutesOptions): void {
  http.route({
    method: "POST",
    url: "/api/users/me/password",
    schema: {
      tags,
      security,
      summary: "Change your password; ends your other sessions.",
      body: z.object({ currentPassword: passwordSchema, newPassword: passwordSchema }),
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      const { userId, sessionId } = await authenticator.principalOf(request);
      await changePassword(runtime, { ...request.body, userId, sessionId });
      return reply.code(204).send();
    },
  });
  http.route({
    method: "POST",
    url: "/api/users/me/verification",
    schema: {
      tags,
      security,
      summary: "Have another token to verify your address mailed.",
      response: { 202: z.object({ status: z.literal("accepted") }) },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      await requestVerification(runtime, userId);
      return reply.code(202).send({ status: "accepted" as const });
    },
  });
}

function sessionRoutes(http: ServiceHttp, { runtime, authenticator }: MeRoutesOptions): void {
  const { clock } = runtime.environment;
  http.route({
    method: "GET",
    url: "/api/users/me/sessions",
    schema: {
      tags,
      security,
      summary: "Where you are signed in.",
      response: { 200: z.object({ items: z.array(sessionSchema) }) },
    },
    handler: async (request) => {
      const { userId, sessionId } = await authenticator.principalOf(request);
      const sessions = await listSessions(runtime.database, userId, clock.wallMs());
      return { items: sessions.map((each) => sessionView(each, sessionId)) };
    },
  });
  http.route({
    method: "DELETE",
    url: "/api/users/me/sessions/:id",
    schema: {
      tags,
      security,
      summary: "End one of your sessions.",
      params: idParams,
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      const which = { id: request.params.id, userId };
      const ending = { reason: "logout" as const, nowMs: clock.wallMs() };
      if (!(await revokeSession(runtime.database, which, ending))) throw new SessionUnknownError();
      return reply.code(204).send();
    },
  });
}
