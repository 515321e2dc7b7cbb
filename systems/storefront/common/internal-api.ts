/**
 * What users tells notifications over `/internal`; both sides compile against these shapes.
 *
 * @module
 */
import * as z from "zod";

/** Where a person can be reached. */
export interface Contact {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  /** E.164; null: none. */
  readonly phone: string | null;
  /** BCP 47. */
  readonly locale: string;
}

/** The header that carries the calling service's own key. */
export const serviceKeyHeader = "x-service-key";

/** Where a person can be reached. */
export const contactSchema: z.ZodType<Contact> = z.object({
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  locale: z.string(),
});

/** The token of a mailed request. */
export const mailedTokenSchema: z.ZodType<{ readonly token: string }> = z.object({
  token: z.string(),
});
