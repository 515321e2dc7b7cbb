/**
 * Accounts and sessions as the API shows them.
 *
 * @module
 */
import * as z from "zod";
import { type Role, roles } from "../common/principal.ts";
import { isoTime, plainText, timeSchema } from "../common/wire.ts";
import { passwordCharsMax } from "./password-policy.ts";
import type { SessionSummary } from "./session-store.ts";
import type { SignedIn } from "./sign-in.ts";
import type { User } from "./user.ts";

export const emailSchema: z.ZodEmail = z.email().max(254);
/** Any text: the policy says what is wrong with a weak one. */
export const passwordSchema: z.ZodString = z.string().min(1).max(passwordCharsMax);
export const nameSchema: z.ZodString = plainText({ min: 1, max: 100 });
export const localeSchema: z.ZodString = z
  .string()
  .max(35)
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, "is a language such as en or de-AT");
export const phoneSchema: z.ZodString = z
  .string()
  .regex(/^\+[1-9][0-9]{6,14}$/, "is a number in international form such as +4912345678");
export const opaqueTokenSchema: z.ZodString = z.string().min(1).max(200);

export interface UserView {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly name: string;
  readonly role: Role;
  readonly locale: string;
  readonly phone: string | null;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const userSchema: z.ZodType<UserView> = z.object({
  id: z.uuid(),
  email: z.string(),
  emailVerified: z.boolean(),
  name: z.string(),
  role: z.enum(roles),
  locale: z.string(),
  phone: z.string().nullable(),
  version: z.int(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});

export function userView(user: User): UserView {
  return {
    id: user.id,
    email: user.email,
    emailVerified: user.emailVerifiedAtMs !== null,
    name: user.name,
    role: user.role,
    locale: user.locale,
    phone: user.phone,
    version: user.version,
    createdAt: isoTime(user.createdAtMs),
    updatedAt: isoTime(user.updatedAtMs),
  };
}

export interface SignedInView {
  readonly tokenType: "Bearer";
  readonly accessToken: string;
  readonly expiresInSeconds: number;
  readonly refreshToken: string;
  readonly refreshExpiresAt: string;
  readonly sessionId: string;
  readonly user: UserView;
}

export const signedInSchema: z.ZodType<SignedInView> = z.object({
  tokenType: z.literal("Bearer"),
  accessToken: z.string().describe("Send it as `authorization: Bearer …`."),
  expiresInSeconds: z.int(),
  refreshToken: z.string().describe("Good for one use; the answer holds the next."),
  refreshExpiresAt: timeSchema,
  sessionId: z.uuid(),
  user: userSchema,
});

export function signedInView(signedIn: SignedIn, accessTokenMs: number): SignedInView {
  return {
    tokenType: "Bearer",
    accessToken: signedIn.accessToken,
    expiresInSeconds: Math.floor(accessTokenMs / 1000),
    refreshToken: signedIn.refreshToken,
    refreshExpiresAt: isoTime(signedIn.session.tokenExpiresAtMs),
    sessionId: signedIn.session.id,
    user: userView(signedIn.user),
  };
}

export interface SessionView {
  readonly id: string;
  readonly current: boolean;
  readonly userAgent: string;
  readonly createdAt: string;
  readonly refreshedAt: string;
  readonly endsAt: string;
}

export const sessionSchema: z.ZodType<SessionView> = z.object({
  id: z.uuid(),
  current: z.boolean().describe("Whether it is the one that asks."),
  userAgent: z.string(),
  createdAt: timeSchema,
  refreshedAt: timeSchema,
  endsAt: timeSchema,
});

export function sessionView(session: SessionSummary, currentId: string): SessionView {
  return {
    id: session.id,
    current: session.id === currentId,
    userAgent: session.userAgent,
    createdAt: isoTime(session.createdAtMs),
    refreshedAt: isoTime(session.refreshedAtMs),
    endsAt: isoTime(session.endsAtMs),
  };
}
