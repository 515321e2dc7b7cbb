/**
 * What users tells notifications over `/internal`; both sides compile against these shapes.
 *
 * @module
 */
import * as z from "zod";

/** The header that carries the calling service's own key. */
export const serviceKeyHeader = "x-service-key";

const contactFields = {
  userId: z.uuid(),
  name: z.string(),
  email: z.string(),
  phone: z.string().nullable(),
  locale: z.string(),
};

/** Where a person can be reached. */
export const contactSchema: z.ZodObject<typeof contactFields> = z.object(contactFields);

/** The token of a mailed request. */
export const mailedTokenSchema: z.ZodObject<{ readonly token: z.ZodString }> = z.object({
  token: z.string(),
});
