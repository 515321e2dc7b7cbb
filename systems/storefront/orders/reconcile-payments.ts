/**
 * Finishes payments that nobody works on any more: the process died, or the provider was silent.
 *
 * @module
 */
import { advancePayment } from "./pay-order.ts";
import { claimUnsettled } from "./payment-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

const batch = 20;

/** Takes over lapsed payments and asks the provider about each. Returns how many were settled. */
export async function reconcilePayments(
  runtime: OrdersRuntime,
  signal: AbortSignal,
): Promise<number> {
  const claimed = await claimUnsettled(runtime.database, {
    nowMs: runtime.environment.clock.wallMs(),
    leaseMs: runtime.config.paymentLeaseMs,
    limit: batch,
  });
  const advanced = await Promise.all(
    claimed.map((payment) => advancePayment(runtime, payment, signal)),
  );
  const moved = advanced.filter((payment, index) => payment.status !== claimed[index]?.status);
  for (const payment of moved) {
    runtime.log.info("payment reconciled", {
      paymentId: payment.id,
      orderId: payment.orderId,
      status: payment.status,
    });
  }
  return moved.length;
}
