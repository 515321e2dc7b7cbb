/**
 * An event writer that records into a table of the test's database, in the transaction it is given:
 * what a rolled-back transaction tells is not told.
 *
 * @module
 */
import type { Pool, Transaction } from "@ashlar/postgres";
import type { EventWriter } from "../../common/event-writer.ts";
import { parseShopEvent, type ShopEventDraft } from "../../common/shop-events.ts";

export class RecordedEvents implements EventWriter<Transaction> {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(pool: Pool): Promise<RecordedEvents> {
    await pool.execute(
      `create table recorded_events (
         id bigint generated always as identity, key text not null unique, type text not null,
         subject text not null, data jsonb not null)`,
    );
    return new RecordedEvents(pool);
  }

  async write(tx: Transaction, ...drafts: readonly ShopEventDraft[]): Promise<void> {
    for (const { key, type, subject, data } of drafts) {
      parseShopEvent(type, data); // What a consumer would read.
      await tx.execute(
        "insert into recorded_events (key, type, subject, data) values ($1, $2, $3, $4)",
        [key, type, subject, JSON.stringify(data)],
      );
    }
  }

  /** Everything told, in order. */
  all(): Promise<readonly ShopEventDraft[]> {
    return this.#pool.query<ShopEventDraft>(
      "select key, type, subject, data from recorded_events order by id",
    );
  }

  /** The types of the events of one subject, in order. */
  async typesOf(subject: string): Promise<readonly string[]> {
    const events = await this.all();
    return events.filter((each) => each.subject === subject).map((each) => each.type);
  }
}
