/**
 * Secrets by shape. No Plan, manifest, log or error ever holds a value.
 *
 * @module
 */

/** How a value looks, and so how one can be generated for a single machine. */
export type SecretShapePlan =
  | { readonly shape: "password"; readonly length: number }
  | { readonly shape: "bytes"; readonly count: number; readonly encoding: "base64url" | "hex" }
  /** A PEM private key (PKCS #8); the public one is derived as `<key>.pub` (SPKI PEM). */
  | { readonly shape: "privateKey"; readonly algorithm: "ed25519" | "rs256" | "secp256k1" }
  | { readonly shape: "certificate"; readonly names: readonly string[] }
  /** Given by another party; on one machine `local` stands in where it is not null. */
  | { readonly shape: "supplied"; readonly local: string | null };

export interface SecretPlan {
  readonly name: string;
  readonly summary: string;
  readonly namespace: string;
  readonly keys: Readonly<Record<string, SecretShapePlan>>;
  /** Each replica of a user has its own value (node keys, staking keys). */
  readonly perReplica: boolean;
  /** Where a cluster takes it from. */
  readonly source: "external" | "sealed" | "plain";
  readonly rotationDays: number | null;
}

export interface SecretUsePlan {
  readonly secret: string;
  readonly key: string;
  /** The public half of a `privateKey` only. */
  readonly half: "whole" | "public";
  /** `file` (preferred): the variable holds a path. `env`: it holds the value. */
  readonly as: "file" | "env";
  readonly env: string;
}
