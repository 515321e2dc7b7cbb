/**
 * Schema of secrets in a Plan.
 *
 * @module
 */
import { z } from "zod";
import type { SecretPlan, SecretShapePlan, SecretUsePlan } from "./secret.ts";

const text = z.string();

const shape: z.ZodType<SecretShapePlan> = z.discriminatedUnion("shape", [
  z.strictObject({ shape: z.literal("password"), length: z.int().positive() }),
  z.strictObject({
    shape: z.literal("bytes"),
    count: z.int().positive(),
    encoding: z.enum(["base64url", "hex"]),
  }),
  z.strictObject({
    shape: z.literal("privateKey"),
    algorithm: z.enum(["ed25519", "rs256", "secp256k1"]),
  }),
  z.strictObject({ shape: z.literal("certificate"), names: z.array(text).readonly() }),
  z.strictObject({ shape: z.literal("supplied"), local: text.nullable() }),
]);

export const secretSchema: z.ZodType<SecretPlan> = z
  .strictObject({
    name: text,
    summary: text,
    namespace: text,
    keys: z.record(text, shape),
    perReplica: z.boolean(),
    source: z.enum(["external", "sealed", "plain"]),
    rotationDays: z.int().positive().nullable(),
  })
  .meta({ id: "SecretPlan" });

export const secretUseSchema: z.ZodType<SecretUsePlan> = z
  .strictObject({
    secret: text,
    key: text,
    half: z.enum(["whole", "public"]),
    as: z.enum(["file", "env"]),
    env: text,
  })
  .meta({ id: "SecretUsePlan" });
