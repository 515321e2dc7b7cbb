/**
 * One attempt to pay for an order, as a pure state machine over what the provider says.
 *
 * The provider moves money; this service only records what it knows of it. A call to the provider
 * may be answered, refused, or vanish, and the process may die between any two steps. Each state
 * therefore names the one call that is safe to make next, whatever happened before: all calls carry
 * the payment's id as idempotency key.
 *
 * - PA1  A capture is asked for only after the provider said that it authorised this key.
 * - PA2  A payment is given up only after the provider confirmed that the key is void: a call that
 *        is still on its way finds it void and moves no money.
 * - PA3  `captured`, `declined`, `voided` and `refunded` are settled; of these only `captured` moves
 *        again, to `refunding`, and only on request.
 * - PA4  From every unsettled state, a provider that answers leads to a settled state in at most
 *        three calls.
 *
 * @module
 */

export const paymentStatuses = [
  "authorizing",
  "capturing",
  "captured",
  "declined",
  "voiding",
  "voided",
  "refunding",
  "refunded",
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/** What the provider knows about a key. */
export type ProviderStatus =
  | "unknown"
  | "authorized"
  | "captured"
  | "declined"
  | "voided"
  | "refunded";

/** The call to make next; `null` where nothing is left to do. */
export type PaymentStep = "find" | "capture" | "void" | "refund" | null;

/** The safe call in each state when nobody knows what happened before. */
export function nextStep(status: PaymentStatus): PaymentStep {
  return stepByStatus[status];
}

const stepByStatus: Readonly<Record<PaymentStatus, PaymentStep>> = {
  authorizing: "find",
  capturing: "capture",
  captured: null,
  declined: null,
  voiding: "void",
  voided: null,
  refunding: "refund",
  refunded: null,
};

/** The payment's state after the provider said that the key is in `answer`. */
export function afterAnswer(status: PaymentStatus, answer: ProviderStatus): PaymentStatus {
  return afterTable[status][answer];
}

const same = (status: PaymentStatus): Readonly<Record<ProviderStatus, PaymentStatus>> => ({
  unknown: status,
  authorized: status,
  captured: status,
  declined: status,
  voided: status,
  refunded: status,
});

/** Total: every state and every answer. An answer that cannot follow leaves a settled state alone. */
const afterTable: Readonly<Record<PaymentStatus, Readonly<Record<ProviderStatus, PaymentStatus>>>> =
  {
    authorizing: {
      unknown: "voiding", // PA2: our request may still be under way, so the key is closed first.
      authorized: "capturing",
      captured: "captured",
      declined: "declined",
      voided: "voided",
      refunded: "refunded",
    },
    capturing: {
      unknown: "voiding",
      authorized: "capturing",
      captured: "captured",
      declined: "voiding", // The provider will not capture what it authorised: let go of the hold.
      voided: "voided",
      refunded: "refunded",
    },
    voiding: {
      unknown: "voiding",
      authorized: "voiding",
      captured: "captured", // A void that comes too late: the money moved, so the order is paid.
      declined: "declined",
      voided: "voided",
      refunded: "refunded",
    },
    refunding: { ...same("refunding"), refunded: "refunded", voided: "refunded" },
    captured: same("captured"),
    declined: same("declined"),
    voided: same("voided"),
    refunded: same("refunded"),
  };

/** Whether nothing is left to do. */
export function isSettled(status: PaymentStatus): boolean {
  return nextStep(status) === null;
}

/** What a settled payment means for an order in `paying`. */
export function orderActionAfter(
  status: PaymentStatus,
): "paymentCaptured" | "paymentFailed" | undefined {
  if (status === "captured") return "paymentCaptured";
  if (status === "declined" || status === "voided" || status === "refunded") return "paymentFailed";
  return undefined;
}
