/**
 * What other rooms may know of the console: what it answers. The program itself is
 * `@ashlar/console/main`.
 *
 * @module
 */
export type { NumberedEvent } from "./control.ts";
export type { EdgeRate } from "./edge-rates.ts";
export type { Mail, MailSummary } from "./mail/mailbox.ts";
export type { Overview, PartOverview, Totals } from "./overview.ts";
export type { PartDetail } from "./part-detail.ts";
export type { Span } from "./traces/span.ts";
export type { TraceSummary } from "./traces/trace-store.ts";
