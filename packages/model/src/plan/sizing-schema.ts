/**
 * Schema of what parts and stores share: resources and backups.
 *
 * @module
 */
import { z } from "zod";
import type { BackupPlan, ResourcesPlan } from "./part.ts";

const count = z.int().nonnegative();

export const resourcesSchema: z.ZodType<ResourcesPlan> = z
  .strictObject({
    cpuMillicores: z.int().positive(),
    cpuLimitMillicores: z.int().positive().nullable(),
    memoryBytes: z.int().positive(),
    memoryLimitBytes: z.int().positive(),
    ephemeralBytes: count,
    ephemeralLimitBytes: count,
    qos: z.enum(["guaranteed", "burstable"]),
  })
  .meta({ id: "ResourcesPlan" });

export const backupSchema: z.ZodType<BackupPlan> = z
  .strictObject({
    schedule: z.string(),
    keepDays: count,
    keepWeeks: count,
    keepMonths: count,
    recoveryPointMs: count,
    recoveryTimeMs: count,
  })
  .meta({ id: "BackupPlan" });
