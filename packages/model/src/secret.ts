/**
 * Secrets, declared by shape and never by value.
 *
 * The shape is enough to make one for a single machine and to check what a cluster supplies. Parts
 * refer to keys as values: `tokens.keys.signing`, or `tokens.keys.signing.public` for the half that
 * may be shown.
 *
 * @module
 */
import type { Duration } from "@ashlar/foundation";
import type { Namespace } from "./namespace.ts";
import type { SecretShapePlan } from "./plan/secret.ts";

export type SecretShape<Shape extends SecretShapePlan["shape"] = SecretShapePlan["shape"]> =
  Extract<SecretShapePlan, { readonly shape: Shape }>;

export type SecretShapes = Readonly<Record<string, SecretShapePlan>>;

/** A reference to one key of a secret, as a part uses it. */
export interface SecretKeyRef<Secret extends string = string, Key extends string = string> {
  readonly type: "secretKey";
  readonly secret: Secret;
  readonly key: Key;
  readonly half: "whole" | "public";
  readonly as?: "file" | "env";
  readonly env?: string;
}

/** A private key's reference also gives its public half. */
export interface PrivateKeyRef<Secret extends string = string, Key extends string = string>
  extends SecretKeyRef<Secret, Key> {
  readonly public: SecretKeyRef<Secret, Key>;
}

export interface Secret<Name extends string = string, Keys extends SecretShapes = SecretShapes> {
  readonly type: "secret";
  readonly name: Name;
  readonly keys: {
    readonly [Key in keyof Keys & string]: Keys[Key]["shape"] extends "privateKey"
      ? PrivateKeyRef<Name, Key>
      : SecretKeyRef<Name, Key>;
  };
}

export interface SecretOptions<Keys extends SecretShapes> {
  /** What it is for, in one sentence. */
  readonly summary?: string;
  /** Its keys by name, each with its shape. */
  readonly keys: Keys;
  /** Each replica of a user gets a value of its own (node keys, staking keys). Default `false`. */
  readonly perReplica?: boolean;
  /**
   * Where a cluster takes it from: an external store through External Secrets, a sealed secret in
   * Git, or a plain Secret that somebody applies. Default `external`.
   */
  readonly source?: "external" | "sealed" | "plain";
  /** How often it is replaced, in whole days: `"90d"`. Default: never by plan. */
  readonly rotation?: Duration;
  /** Default: the namespace of its first user by name. */
  readonly namespace?: Namespace;
}

/** A secret of one or more keys. */
export function secret<const Name extends string, const Keys extends SecretShapes>(
  name: Name,
  options: SecretOptions<Keys>,
): Secret<Name, Keys> {
  const keys: Record<string, SecretKeyRef> = {};
  for (const [key, shape] of Object.entries(options.keys)) {
    const whole = { type: "secretKey", secret: name, key, half: "whole", shape } as const;
    keys[key] =
      shape.shape === "privateKey"
        ? ({ ...whole, public: { ...whole, half: "public" } } as SecretKeyRef)
        : whole;
  }
  return { ...options, type: "secret", name, keys } as unknown as Secret<Name, Keys>;
}

/** A password of `length` letters and digits, 12 or more. Default 32. */
export function password(length = 32): SecretShape<"password"> {
  return { shape: "password", length };
}

/** `count` random bytes, 16 or more, as text. Default 32 bytes in base64url. */
export function bytes(
  count = 32,
  encoding: "base64url" | "hex" = "base64url",
): SecretShape<"bytes"> {
  return { shape: "bytes", count, encoding };
}

/** A PEM private key (PKCS #8); its public half is `secret.keys.<key>.public` (SPKI PEM). */
export function privateKey(
  algorithm: "ed25519" | "rs256" | "secp256k1",
): SecretShape<"privateKey"> {
  return { shape: "privateKey", algorithm };
}

/** A PEM certificate with its key, for these DNS names; at least one. */
export function certificate(names: readonly string[]): SecretShape<"certificate"> {
  return { shape: "certificate", names };
}

/** A value that another party gives. `local` stands in for it on one machine; default: none. */
export function supplied(options: { readonly local?: string } = {}): SecretShape<"supplied"> {
  return { shape: "supplied", local: options.local ?? null };
}

/** The key as a file whose path stands in `env`. This is the default form; here `env` is chosen. */
export function asFile(ref: SecretKeyRef, env: string): SecretKeyRef {
  return { ...ref, as: "file", env };
}

/** The key's value in an environment variable, for programs that cannot read a file. */
export function asEnv(ref: SecretKeyRef, env?: string): SecretKeyRef {
  return env === undefined ? { ...ref, as: "env" } : { ...ref, as: "env", env };
}
