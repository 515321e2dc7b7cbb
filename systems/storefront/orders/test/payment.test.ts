/**
 * Goal: whatever dies, times out or runs twice, one payment charges once, and always settles.
 * Method: histories of several workers that each make the safe next call from a state that may be
 * stale, against a model of a provider that keeps PP1 and PP2. A call may be lost before the
 * provider, answered, or done and not answered; its record may be delayed behind others' records.
 */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  afterAnswer,
  isSettled,
  nextStep,
  orderActionAfter,
  type PaymentStatus,
  type ProviderStatus,
  paymentStatuses,
} from "../payment.ts";

type Step = "authorize" | "find" | "capture" | "void" | "refund";

/** What a provider that keeps its promises does. */
class ModelProvider {
  status: ProviderStatus = "unknown";
  charges = 0;
  refunds = 0;
  readonly declines: boolean;
  readonly refusesCapture: boolean;

  constructor(declines: boolean, refusesCapture: boolean) {
    this.declines = declines;
    this.refusesCapture = refusesCapture;
  }

  do(step: Step): ProviderStatus {
    if (step === "authorize" && this.status === "unknown") {
      this.status = this.declines ? "declined" : "authorized";
    }
    if (step === "capture" && this.status === "authorized") {
      if (this.refusesCapture) return "declined";
      this.status = "captured";
      this.charges += 1;
    }
    if (step === "void" && (this.status === "unknown" || this.status === "authorized")) {
      this.status = "voided";
    }
    if (step === "refund" && this.status === "captured") {
      this.status = "refunded";
      this.refunds += 1;
    }
    return this.status;
  }
}

const move = fc.record({
  worker: fc.nat(2),
  fate: fc.constantFrom("answered", "lost", "unanswered", "late"),
});

test("PA1 PA2 PY2: no history of lost, late and doubled calls charges twice or charges in vain", () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.array(move, { maxLength: 40 }),
      (declines, refusesCapture, history) => {
        const provider = new ModelProvider(declines, refusesCapture);
        let recorded = "authorizing" as PaymentStatus;
        let authorizeSent = false;
        const late: ProviderStatus[] = [];
        const record = (answer: ProviderStatus): void => {
          const before: PaymentStatus = recorded;
          recorded = afterAnswer(recorded, answer);
          if (isSettled(before)) expect(recorded, "PA3").toBe(before);
        };
        for (const { worker, fate } of history) {
          // Worker 0 is the one that has the card; the others reconcile.
          const first = worker === 0 && !authorizeSent;
          const step: Step | null = first ? "authorize" : nextStep(recorded);
          if (step === null) break;
          if (first) authorizeSent = true;
          if (step === "capture") expect(provider.status, "PA1").not.toBe("unknown");
          if (fate === "lost") continue;
          const answer = provider.do(step);
          if (fate === "answered") record(answer);
          if (fate === "late") late.push(answer);
          if (late.length > 2) record(late.shift() as ProviderStatus);
        }
        if (!authorizeSent) provider.do("authorize"); // Still under way when all else has settled.
        for (const answer of late) record(answer);
        for (let calls = 0; calls < 3 && nextStep(recorded) !== null; calls += 1) {
          record(provider.do(nextStep(recorded) as Step)); // PA4
        }
        expect(isSettled(recorded), "PA4").toBe(true);
        expect(provider.charges).toBeLessThanOrEqual(1);
        expect(recorded === "captured", "PY3").toBe(provider.status === "captured");
        expect(provider.charges - provider.refunds).toBe(recorded === "captured" ? 1 : 0);
      },
    ),
    { numRuns: 2_000 },
  );
});

test("PA3: every state names its next call; settled ones have none and mean something", () => {
  for (const status of paymentStatuses) {
    expect(isSettled(status)).toBe(nextStep(status) === null);
    if (!isSettled(status)) expect(orderActionAfter(status)).toBeUndefined();
    else expect(orderActionAfter(status)).toBeDefined();
  }
});

test("a refund that is asked for settles", () => {
  const provider = new ModelProvider(false, false);
  provider.do("authorize");
  provider.do("capture");
  expect(afterAnswer("refunding", provider.do("refund"))).toBe("refunded");
  expect(afterAnswer("refunding", provider.do("refund"))).toBe("refunded");
  expect(provider.refunds).toBe(1);
});
