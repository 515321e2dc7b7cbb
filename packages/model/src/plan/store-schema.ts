/**
 * Schema of stores, streams and externals in a Plan.
 *
 * @module
 */
import { z } from "zod";
import { backupSchema, resourcesSchema } from "./sizing-schema.ts";
import type { ExternalPlan, StorePlan, StreamPlan } from "./store.ts";

const text = z.string();
const count = z.int().nonnegative();
const port = z.int().min(1).max(65_535);

export const storeSchema: z.ZodType<StorePlan> = z
  .strictObject({
    name: text,
    summary: text,
    engine: z.enum(["postgres", "etcd", "redis", "bucket"]),
    namespace: text,
    version: text,
    realization: z.enum(["statefulSet", "operator", "external"]),
    local: z.enum(["embedded", "inProcess", "postgres", "url"]),
    port,
    replicas: z.int().positive(),
    storageBytes: count,
    storageClass: text,
    resources: resourcesSchema,
    migrations: text.nullable(),
    maxConnections: count,
    backup: backupSchema.nullable(),
  })
  .meta({ id: "StorePlan" });

export const streamSchema: z.ZodType<StreamPlan> = z
  .strictObject({
    name: text,
    summary: text,
    namespace: text,
    kind: z.enum(["log", "queue"]),
    engine: z.enum(["nats", "kafka"]),
    partitions: z.int().positive(),
    retentionMs: count,
    maxEventBytes: count,
    maxDeliveries: z.int().positive(),
  })
  .meta({ id: "StreamPlan" });

export const externalSchema: z.ZodType<ExternalPlan> = z
  .strictObject({
    name: text,
    summary: text,
    protocol: z.enum(["https", "http", "smtp", "tcp"]),
    host: text,
    port,
    local: z.enum(["mailbox", "none", "real"]),
  })
  .meta({ id: "ExternalPlan" });
