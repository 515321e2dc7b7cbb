/**
 * `/api/users`: all accounts, for staff to see and for admins to change.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { decodeCursor, pageOf } from "../../common/cursor.ts";
import { entityTag } from "../../common/entity-tag.ts";
import { requireRole, requireStaff, roles } from "../../common/principal.ts";
import { idParams, noContent, pageFields, pageSchema } from "../../common/wire.ts";
import { changeUser, readUser, removeUser } from "../profile.ts";
import { register } from "../registration.ts";
import type { UsersRuntime } from "../runtime.ts";
import { listUsers } from "../user-store.ts";
import {
  emailSchema,
  localeSchema,
  nameSchema,
  passwordSchema,
  phoneSchema,
  userSchema,
  userView,
} from "../wire.ts";

const tags = ["users"];
const security = [{ bearer: [] }];

export interface UsersRoutesOptions {
  readonly runtime: UsersRuntime;
  readonly authenticator: Authenticator;
}

export function usersRoutes(http: ServiceHttp, options: UsersRoutesOptions): void {
  listRoute(http, options);
  createRoute(http, options);
  oneRoutes(http, options);
}

function listRoute(http: ServiceHttp, { runtime, authenticator }: UsersRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/users",
    schema: {
      tags,
      security,
      summary: "Accounts, newest first. Staff only.",
      querystring: z.object({
        ...pageFields,
        role: z.enum(roles).optional(),
        search: z.string().min(1).max(100).optional(),
      }),
      response: { 200: pageSchema(userSchema) },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const { limit, cursor, role, search } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const users = await listUsers(runtime.database, { limit, after, role, search });
      const page = pageOf(users, limit, (user) => ({ atMs: user.createdAtMs, id: user.id }));
      return { ...page, items: page.items.map(userView) };
    },
  });
}

function createRoute(http: ServiceHttp, { runtime, authenticator }: UsersRoutesOptions): void {
  http.route({
    method: "POST",
    url: "/api/users",
    schema: {
      tags,
      security,
      summary: "Open an account for somebody else, with a role. Admins only.",
      body: z.object({
        email: emailSchema,
        password: passwordSchema,
        name: nameSchema,
        role: z.enum(roles),
        locale: localeSchema.default("en"),
        phone: phoneSchema.nullable().default(null),
      }),
      response: { 201: userSchema },
    },
    handler: async (request, reply) => {
      requireRole(await authenticator.principalOf(request), "admin");
      const user = await register(runtime, request.body);
      return reply
        .code(201)
        .header("location", `/api/users/${user.id}`)
        .header("etag", entityTag(user.version))
        .send(userView(user));
    },
  });
}

function oneRoutes(http: ServiceHttp, { runtime, authenticator }: UsersRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/users/:id",
    schema: {
      tags,
      security,
      summary: "One account: your own, or any for staff.",
      params: idParams,
      response: { 200: userSchema },
    },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const user = await readUser(runtime, principal, request.params.id);
      return reply.header("etag", entityTag(user.version)).send(userView(user));
    },
  });
  http.route({
    method: "PATCH",
    url: "/api/users/:id",
    schema: {
      tags,
      security,
      summary: "Change an account: your own, or any and its role for admins.",
      params: idParams,
      body: z.object({
        email: emailSchema.optional(),
        name: nameSchema.optional(),
        locale: localeSchema.optional(),
        phone: phoneSchema.nullable().optional(),
        role: z.enum(roles).optional(),
      }),
      response: { 200: userSchema },
    },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const ifMatch = request.headers["if-match"];
      const wanted = { id: request.params.id, change: request.body, ifMatch };
      const user = await changeUser(runtime, principal, wanted);
      return reply.header("etag", entityTag(user.version)).send(userView(user));
    },
  });
  http.route({
    method: "DELETE",
    url: "/api/users/:id",
    schema: {
      tags,
      security,
      summary: "Delete an account: your own, or any for admins.",
      params: idParams,
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const wanted = { id: request.params.id, ifMatch: request.headers["if-match"] };
      await removeUser(runtime, principal, wanted);
      return reply.code(204).send();
    },
  });
}
