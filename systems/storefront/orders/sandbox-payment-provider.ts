/**
 * A payment provider for one machine and for tests. It behaves like a company on the other side of
 * a network: it has a ledger of its own, it commits before it answers, it may not answer at all,
 * and it knows nothing of orders.
 *
 * Only its test cards work; see {@link testCards}. Any other card is declined, so that nobody's real
 * card ever looks as if it had been charged.
 *
 * - PP1  One key is charged at most once and refunded at most once: the primary key of the ledger's
 *        entries holds it.
 * - PP2  A void of an unknown key closes the key.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Clock } from "@ashlar/foundation";
import type { Pool, Transaction } from "@ashlar/postgres";
import { timestamp } from "../common/timestamp.ts";
import type { Card } from "./card.ts";
import { PaymentProviderError } from "./errors.ts";
import type { ProviderStatus } from "./payment.ts";
import type { Authorization, PaymentProvider, ProviderAnswer } from "./payment-provider.ts";

/** Card numbers and what the sandbox does with them. All have a valid check digit. */
export const testCards = {
  approved: "4242424242424242",
  approvedMastercard: "5555555555554444",
  declined: "4000000000000002",
  insufficientFunds: "4000000000009995",
  wrongCvc: "4000000000000127",
  /** Authorised, but the answer never comes. */
  silentAuthorization: "4000000000004004",
  /** The request is lost before the provider sees it. */
  lostAuthorization: "4000000000005001",
  /** The first capture is made, but its answer never comes. */
  silentCapture: "4000000000006009",
  /** Authorised, then the capture is refused. */
  refusedCapture: "4000000000007007",
} as const;

const declineCodes: Readonly<Record<string, string>> = {
  [testCards.declined]: "card_declined",
  [testCards.insufficientFunds]: "insufficient_funds",
  [testCards.wrongCvc]: "incorrect_cvc",
};
const knownCards: ReadonlySet<string> = new Set(Object.values(testCards));

interface LedgerRow {
  readonly key: string;
  readonly status: Exclude<ProviderStatus, "unknown">;
  readonly amount_minor: number;
  readonly decline_code: string | null;
  readonly silent_captures: number;
}

/** Longer than any caller waits: how silence looks from outside. */
const silenceMs = 600_000;

export class SandboxPaymentProvider implements PaymentProvider {
  readonly #database: Pool;
  readonly #clock: Clock;

  constructor(options: { readonly database: Pool; readonly clock: Clock }) {
    this.#database = options.database;
    this.#clock = options.clock;
  }

  async authorize(authorization: Authorization, signal: AbortSignal): Promise<ProviderAnswer> {
    const { key, amount, card } = authorization;
    if (card.number === testCards.lostAuthorization)
      return this.#stayAway("authorize", key, signal);
    const answer = await this.#database.transaction(async (tx) => {
      const { status, reason } = judge(card);
      await tx.execute(
        `insert into sandbox_payments (key, status, amount_minor, currency, card_fingerprint,
           decline_code, silent_captures, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict (key) do nothing`,
        [
          key,
          status,
          amount.amountMinor,
          amount.currency,
          createHash("sha256").update(card.number).digest("hex").slice(0, 16),
          reason,
          card.number === testCards.silentCapture ? 1 : 0,
          this.#now(),
        ],
      );
      return this.#answerFor(await lockKey(tx, key));
    });
    if (card.number === testCards.silentAuthorization) {
      return this.#stayAway("authorize", key, signal);
    }
    return answer;
  }

  async capture(key: string, signal: AbortSignal): Promise<ProviderAnswer> {
    const { answer, silent } = await this.#database.transaction(async (tx) => {
      const row = await lockKey(tx, key);
      if (row?.status !== "authorized") return { answer: this.#answerFor(row), silent: false };
      if (row.decline_code === "capture_refused") {
        return { answer: { status: "declined" as const, reason: row.decline_code }, silent: false };
      }
      await this.#book(tx, row, { kind: "charge", status: "captured" });
      return { answer: { status: "captured" as const }, silent: row.silent_captures > 0 };
    });
    return silent ? this.#stayAway("capture", key, signal) : answer;
  }

  void(key: string, _signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#database.transaction(async (tx) => {
      await tx.execute(
        `insert into sandbox_payments (key, status, amount_minor, created_at, updated_at)
         values ($1, 'voided', 0, $2, $2) on conflict (key) do nothing`,
        [key, this.#now()],
      );
      const row = await lockKey(tx, key);
      if (row?.status !== "authorized") return this.#answerFor(row);
      await this.#setStatus(tx, key, "voided");
      return { status: "voided" };
    });
  }

  refund(key: string, _signal: AbortSignal): Promise<ProviderAnswer> {
    return this.#database.transaction(async (tx) => {
      const row = await lockKey(tx, key);
      if (row?.status !== "captured") return this.#answerFor(row);
      await this.#book(tx, row, { kind: "refund", status: "refunded" });
      return { status: "refunded" };
    });
  }

  async find(key: string, _signal: AbortSignal): Promise<ProviderAnswer> {
    const rows = await this.#database.query<LedgerRow>(
      "select * from sandbox_payments where key = $1",
      [key],
    );
    return this.#answerFor(rows[0]);
  }

  #answerFor(row: LedgerRow | undefined): ProviderAnswer {
    if (row === undefined) return { status: "unknown" };
    if (row.status !== "declined" || row.decline_code === null) return { status: row.status };
    return { status: row.status, reason: row.decline_code };
  }

  async #book(
    tx: Transaction,
    row: LedgerRow,
    booking: { readonly kind: "charge" | "refund"; readonly status: "captured" | "refunded" },
  ): Promise<void> {
    await tx.execute(
      "insert into sandbox_entries (key, kind, amount_minor, booked_at) values ($1, $2, $3, $4)",
      [row.key, booking.kind, row.amount_minor, this.#now()],
    );
    await this.#setStatus(tx, row.key, booking.status);
  }

  async #setStatus(tx: Transaction, key: string, status: ProviderStatus): Promise<void> {
    await tx.execute("update sandbox_payments set status = $2, updated_at = $3 where key = $1", [
      key,
      status,
      this.#now(),
    ]);
  }

  /** What was to be done is done or lost; the caller hears nothing. */
  async #stayAway(call: string, key: string, signal: AbortSignal): Promise<never> {
    try {
      await this.#clock.sleep(silenceMs, signal);
    } catch (error) {
      throw new PaymentProviderError(call, key, { cause: error });
    }
    throw new PaymentProviderError(call, key);
  }

  #now(): Date {
    return timestamp(this.#clock.wallMs());
  }
}

async function lockKey(tx: Transaction, key: string): Promise<LedgerRow | undefined> {
  const rows = await tx.query<LedgerRow>(
    "select * from sandbox_payments where key = $1 for update",
    [key],
  );
  return rows[0];
}

/** What becomes of an authorisation; `capture_refused` is remembered for the capture. */
function judge(card: Card): { readonly status: ProviderStatus; readonly reason: string | null } {
  if (!knownCards.has(card.number)) return { status: "declined", reason: "not_a_test_card" };
  if (card.number === testCards.refusedCapture) {
    return { status: "authorized", reason: "capture_refused" };
  }
  const reason = declineCodes[card.number] ?? null;
  return { status: reason === null ? "authorized" : "declined", reason };
}
