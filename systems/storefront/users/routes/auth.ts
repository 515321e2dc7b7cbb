/**
 * `/api/auth`: becoming somebody, and ceasing to be. Open to all; the gateway limits it by address.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { noContent } from "../../common/wire.ts";
import { requestReset, resetPassword } from "../password-change.ts";
import { verifyEmail } from "../profile.ts";
import { register } from "../registration.ts";
import type { UsersRuntime } from "../runtime.ts";
import { logIn, logOut, logOutEverywhere, refreshSession, startSession } from "../sign-in.ts";
import {
  emailSchema,
  localeSchema,
  nameSchema,
  opaqueTokenSchema,
  passwordSchema,
  phoneSchema,
  signedInSchema,
  signedInView,
} from "../wire.ts";

const tags = ["auth"];
const refreshBody = z.object({ refreshToken: opaqueTokenSchema });

export interface AuthRoutesOptions {
  readonly runtime: UsersRuntime;
  readonly authenticator: Authenticator;
}

export function authRoutes(http: ServiceHttp, options: AuthRoutesOptions): void {
  registerRoute(http, options.runtime);
  signInRoutes(http, options.runtime);
  signOutRoutes(http, options);
  mailedTokenRoutes(http, options.runtime);
}

function registerRoute(http: ServiceHttp, runtime: UsersRuntime): void {
  http.route({
    method: "POST",
    url: "/api/auth/register",
    schema: {
      tags,
      summary: "Open an account and sign in.",
      body: z.object({
        email: emailSchema,
        password: passwordSchema,
        name: nameSchema,
        locale: localeSchema.default("en"),
        phone: phoneSchema.nullable().default(null),
      }),
      response: { 201: signedInSchema },
    },
    handler: async (request, reply) => {
      const user = await register(runtime, request.body);
      const signedIn = await startSession(runtime, user, userAgentOf(request));
      return reply
        .code(201)
        .header("location", `/api/users/${user.id}`)
        .header("cache-control", "no-store")
        .send(signedInView(signedIn, runtime.mint.accessTokenMs));
    },
  });
}

function signInRoutes(http: ServiceHttp, runtime: UsersRuntime): void {
  http.route({
    method: "POST",
    url: "/api/auth/login",
    schema: {
      tags,
      summary: "Log in with address and password.",
      body: z.object({ email: emailSchema, password: passwordSchema }),
      response: { 200: signedInSchema },
    },
    handler: async (request, reply) => {
      const signedIn = await logIn(runtime, {
        ...request.body,
        address: addressOf(request, runtime.config.trustedHops),
        userAgent: userAgentOf(request),
      });
      return reply
        .header("cache-control", "no-store")
        .send(signedInView(signedIn, runtime.mint.accessTokenMs));
    },
  });
  http.route({
    method: "POST",
    url: "/api/auth/refresh",
    schema: {
      tags,
      summary: "Trade a refresh token for a new pair. Using one twice ends its session.",
      body: refreshBody,
      response: { 200: signedInSchema },
    },
    handler: async (request, reply) => {
      const signedIn = await refreshSession(runtime, request.body.refreshToken);
      return reply
        .header("cache-control", "no-store")
        .send(signedInView(signedIn, runtime.mint.accessTokenMs));
    },
  });
}

function signOutRoutes(http: ServiceHttp, { runtime, authenticator }: AuthRoutesOptions): void {
  http.route({
    method: "POST",
    url: "/api/auth/logout",
    schema: {
      tags,
      summary: "End the session of a refresh token.",
      body: refreshBody,
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      await logOut(runtime, request.body.refreshToken);
      return reply.code(204).send();
    },
  });
  http.route({
    method: "POST",
    url: "/api/auth/logout-all",
    schema: {
      tags,
      summary: "End every session of the signed-in user.",
      security: [{ bearer: [] }],
      response: { 200: z.object({ sessionsEnded: z.int() }) },
    },
    handler: async (request) => {
      const { userId } = await authenticator.principalOf(request);
      return { sessionsEnded: await logOutEverywhere(runtime, userId) };
    },
  });
}

function mailedTokenRoutes(http: ServiceHttp, runtime: UsersRuntime): void {
  http.route({
    method: "POST",
    url: "/api/auth/password-reset",
    schema: {
      tags,
      summary: "Have a token for a new password mailed. Answers alike for unknown addresses.",
      body: z.object({ email: emailSchema }),
      response: { 202: z.object({ status: z.literal("accepted") }) },
    },
    handler: async (request, reply) => {
      await requestReset(runtime, request.body.email);
      return reply.code(202).send({ status: "accepted" as const });
    },
  });
  http.route({
    method: "POST",
    url: "/api/auth/password-reset/confirm",
    schema: {
      tags,
      summary: "Set a new password by a mailed token; ends every session.",
      body: z.object({ token: opaqueTokenSchema, newPassword: passwordSchema }),
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      await resetPassword(runtime, request.body);
      return reply.code(204).send();
    },
  });
  http.route({
    method: "POST",
    url: "/api/auth/verify-email",
    schema: {
      tags,
      summary: "Prove an address by a mailed token.",
      body: z.object({ token: opaqueTokenSchema }),
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      await verifyEmail(runtime, request.body.token);
      return reply.code(204).send();
    },
  });
}

interface Addressed {
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** The client's address: as the gateway tells it, `trustedHops` places from the end. */
function addressOf(request: Addressed, trustedHops: number): string {
  const chain = String(request.headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
  return chain.at(-1 - trustedHops) ?? chain[0] ?? request.ip;
}

function userAgentOf(request: Pick<Addressed, "headers">): string {
  return String(request.headers["user-agent"] ?? "");
}
