/**
 * What an operator may set for the users service.
 *
 * @module
 */
import {
  boolean,
  type ConfigDeclaration,
  type ConfigField,
  type ConfigValues,
  config,
  duration,
  integer,
  string,
} from "@ashlar/model";
import { tokenAudience, tokenIssuer } from "../common/issuer.ts";

type UsersFields = {
  readonly issuer: ConfigField<string>;
  readonly audience: ConfigField<string>;
  readonly accessTokenMs: ConfigField<number>;
  readonly refreshTokenMs: ConfigField<number>;
  readonly sessionMs: ConfigField<number>;
  readonly mailedTokenMs: ConfigField<number>;
  readonly previousPublicKey: ConfigField<string>;
  readonly adminEmail: ConfigField<string>;
  readonly adminNeedsVerifiedEmail: ConfigField<boolean>;
  readonly passwordMemoryKib: ConfigField<number>;
  readonly passwordPasses: ConfigField<number>;
  readonly passwordConcurrency: ConfigField<number>;
  readonly passwordQueue: ConfigField<number>;
  readonly trustedHops: ConfigField<number>;
  readonly loginFailuresPerAccountAndAddress: ConfigField<number>;
  readonly loginFailuresPerAccount: ConfigField<number>;
  readonly loginFailuresPerAddress: ConfigField<number>;
};

export const usersConfig: ConfigDeclaration<UsersFields> = config({
  issuer: string({ default: tokenIssuer, min: 1, description: "The iss claim of access tokens." }),
  audience: string({
    default: tokenAudience,
    min: 1,
    description: "The aud claim of access tokens.",
  }),
  accessTokenMs: duration({
    default: "15m",
    min: "1m",
    max: "1h",
    description: "How long an access token is accepted.",
  }),
  refreshTokenMs: duration({
    default: "14d",
    min: "1h",
    max: "90d",
    description: "How long a refresh token may lie unused.",
  }),
  sessionMs: duration({
    default: "90d",
    min: "1h",
    max: "365d",
    description: "How long a session lasts however often it is refreshed.",
  }),
  mailedTokenMs: duration({
    default: "30m",
    min: "5m",
    max: "1d",
    description: "How long a mailed reset or verification token is accepted.",
  }),
  previousPublicKey: string({
    default: "",
    max: 1000,
    description:
      "Public key (SPKI PEM) that signed before the last rotation; still published, so that its tokens live out their time.",
  }),
  adminEmail: string({
    default: "admin@storefront.example.com",
    max: 254,
    description: "While there is no admin, the account with this address becomes one.",
  }),
  adminNeedsVerifiedEmail: boolean({
    default: true,
    description: "The first admin must prove the address by the mailed token first.",
  }),
  passwordMemoryKib: integer({
    default: 19_456,
    min: 7_168,
    max: 1_048_576,
    description: "argon2id memory for one hash.",
  }),
  passwordPasses: integer({ default: 2, min: 1, max: 10, description: "argon2id passes." }),
  passwordConcurrency: integer({
    default: 2,
    min: 1,
    max: 16,
    description: "Passwords hashed at the same time; bounds memory and CPU.",
  }),
  passwordQueue: integer({
    default: 64,
    min: 1,
    max: 10_000,
    description: "Passwords that wait to be hashed; more are refused with 503.",
  }),
  trustedHops: integer({
    default: 0,
    min: 0,
    max: 10,
    description:
      "Proxies before the gateway; the client's address is this many places from the end of x-forwarded-for.",
  }),
  loginFailuresPerAccountAndAddress: integer({
    default: 5,
    min: 1,
    max: 100,
    description: "Wrong passwords for one account from one address before it must wait.",
  }),
  loginFailuresPerAccount: integer({
    default: 50,
    min: 1,
    max: 10_000,
    description: "Wrong passwords for one account from anywhere before it must wait.",
  }),
  loginFailuresPerAddress: integer({
    default: 100,
    min: 1,
    max: 10_000,
    description: "Wrong passwords from one address for any account before it must wait.",
  }),
});

export type UsersConfig = ConfigValues<typeof usersConfig>;
