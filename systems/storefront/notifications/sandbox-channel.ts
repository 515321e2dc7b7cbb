/**
 * SMS and push providers for one machine and for tests: they keep what they are given in a table of
 * their own, drop what comes twice under one message id, and refuse as real ones do.
 *
 * An address that ends in `0000` is refused for good (no such number or device); one that ends in
 * `0001` fails as a provider that is overloaded does, until the third attempt.
 *
 * @module
 */

import type { Clock } from "@ashlar/foundation";
import type { Pool, Queryable } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import type { Channel, Envelope } from "./channel.ts";
import { MessageRefusedError, MessageUndeliveredError } from "./errors.ts";

/** What the providers have taken. */
export interface SandboxMessage {
  readonly messageId: string;
  readonly channel: "sms" | "push";
  readonly address: string;
  readonly text: string;
  readonly acceptedAtMs: number;
}

const failuresBeforeSuccess = 2;

export class SandboxChannel implements Channel {
  readonly #name: "sms" | "push";
  readonly #database: Pool;
  readonly #clock: Clock;
  readonly #failures = new Map<string, number>();

  constructor(options: {
    readonly name: "sms" | "push";
    readonly database: Pool;
    readonly clock: Clock;
  }) {
    this.#name = options.name;
    this.#database = options.database;
    this.#clock = options.clock;
  }

  async send(envelope: Envelope, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { messageId, address, text } = envelope;
    if (address.endsWith("0000")) throw new MessageRefusedError(this.#name, "no such address");
    if (address.endsWith("0001")) this.#failAtFirst(messageId);
    await this.#database.execute(
      `insert into sandbox_messages (message_id, channel, address, text, accepted_at)
       values ($1, $2, $3, $4, $5) on conflict (message_id) do nothing`,
      [messageId, this.#name, address, text, timestamp(this.#clock.wallMs())],
    );
  }

  #failAtFirst(messageId: string): void {
    const failures = this.#failures.get(messageId) ?? 0;
    if (failures >= failuresBeforeSuccess) {
      this.#failures.delete(messageId);
      return;
    }
    this.#failures.set(messageId, failures + 1);
    throw new MessageUndeliveredError(this.#name, "the provider is overloaded");
  }
}

interface SandboxRow {
  readonly message_id: string;
  readonly channel: "sms" | "push";
  readonly address: string;
  readonly text: string;
  readonly accepted_at: Date;
}

/** Newest first. */
export async function listSandboxMessages(
  sql: Queryable,
  limit: number,
): Promise<readonly SandboxMessage[]> {
  const rows = await sql.query<SandboxRow>(
    "select * from sandbox_messages order by accepted_at desc, message_id desc limit $1",
    [limit],
  );
  return rows.map((row) => ({
    messageId: row.message_id,
    channel: row.channel,
    address: row.address,
    text: row.text,
    acceptedAtMs: row.accepted_at.getTime(),
  }));
}
