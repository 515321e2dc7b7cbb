/**
 * Shapes that the APIs of all three services share.
 *
 * @module
 */

import * as z from "zod";
import { timestamp } from "./timestamp.ts";

/** Text that people read: trimmed, without control characters. */
export function plainText(limits: { readonly min: number; readonly max: number }): z.ZodString {
  return z
    .string()
    .trim()
    .min(limits.min)
    .max(limits.max)
    .regex(/^[^\p{Cc}]*$/u, "holds control characters");
}

/** The path of one resource. */
export const idParams: z.ZodObject<{ readonly id: z.ZodUUID }> = z.object({ id: z.uuid() });

export type PageFields = {
  readonly limit: z.ZodDefault<z.ZodPipe<z.ZodString, z.ZodTransform<number, string>>>;
  readonly cursor: z.ZodOptional<z.ZodString>;
};

/** Query fields of every list: how many, and from where. */
export const pageFields: PageFields = {
  limit: z
    .string()
    .regex(/^([1-9][0-9]?|100)$/, "is a number from 1 to 100")
    .transform(Number)
    .default(20),
  cursor: z.string().min(1).max(200).optional(),
};

/** A page as it goes over the wire. */
export function pageSchema<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{
  readonly items: z.ZodReadonly<z.ZodArray<Item>>;
  readonly nextCursor: z.ZodNullable<z.ZodString>;
}> {
  return z.object({
    items: z.array(item).readonly(),
    nextCursor: z.string().nullable().describe("Give it as `cursor` for the next page."),
  });
}

/** A moment as it goes over the wire. */
export const timeSchema: z.ZodISODateTime = z.iso.datetime();

/** ISO 8601 in UTC. */
export function isoTime(wallMs: number): string {
  return timestamp(wallMs).toISOString();
}

/** For answers without a body. */
export const noContent: z.ZodVoid = z.void();
