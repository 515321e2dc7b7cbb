/**
 * The orders service: joins its parts.
 *
 * @module
 */

import type { Pool } from "@ashlar/postgres";
import type { ServiceContext, ServiceDefinition } from "@ashlar/service";
import { authenticatorByUsers } from "../common/account-keys.ts";
import { openEventWriter } from "../common/event-writer.ts";
import { Periodic } from "../common/periodic.ts";
import { ordersConfig } from "./config.ts";
import { expireOrders } from "./fulfil-order.ts";
import { HttpPaymentProvider } from "./http-payment-provider.ts";
import { sweepAnswers } from "./idempotent-answer.ts";
import { orderMetrics } from "./metrics.ts";
import type { PaymentProvider } from "./payment-provider.ts";
import { countUnsettled } from "./payment-store.ts";
import { reconcilePayments } from "./reconcile-payments.ts";
import { orderActionRoutes } from "./routes/order-actions.ts";
import { orderRoutes } from "./routes/orders.ts";
import { productRoutes } from "./routes/products.ts";
import type { OrdersCounters, OrdersRuntime } from "./runtime.ts";
import { SandboxPaymentProvider } from "./sandbox-payment-provider.ts";
import { seedCatalogue } from "./seed-catalogue.ts";

type OrdersFields = (typeof ordersConfig)["fields"];
type OrdersContext = ServiceContext<OrdersFields>;

export const ordersService: ServiceDefinition<OrdersFields> = {
  config: ordersConfig,
  metrics: orderMetrics,
  limits: { bodyBytes: 64 * 1024 },
  openapi: { title: "Orders", version: "1.0.0" },
  open: async (context) => {
    const { http, scope, log } = context;
    const runtime = await openRuntime(context);
    const authenticator = authenticatorByUsers(context);
    productRoutes(http, { runtime, authenticator });
    orderRoutes(http, { runtime, authenticator });
    orderActionRoutes(http, { runtime, authenticator, signal: context.signal });
    if (context.config.seedCatalogue) {
      const products = await seedCatalogue(runtime);
      if (products > 0) log.info("catalogue seeded", { products });
    }
    scope.own(reconciler(context, runtime));
    scope.own(expirer(context, runtime));
    scope.own(sweeper(context, runtime));
  },
};

async function openRuntime(context: OrdersContext): Promise<OrdersRuntime> {
  const { config, environment, log, metrics, uses } = context;
  const database = await uses.postgres("ORDERS_DB_URL");
  return {
    config,
    environment,
    database,
    events: await openEventWriter(context, database),
    provider: providerFor(context, database),
    log,
    count: countersOf(metrics),
  };
}

/** The provider that the definition names; on one machine, where it names none, the sandbox. */
function providerFor(context: OrdersContext, database: Pool): PaymentProvider {
  const { environment, log, uses } = context;
  const url = uses.optionalUrl("PAYMENTS_URL");
  if (url === undefined) {
    log.info("payments go to the sandbox provider: only its test cards work");
    return new SandboxPaymentProvider({ database, clock: environment.clock });
  }
  return new HttpPaymentProvider({ url: url.href, apiKey: uses.secret("PAYMENT_API"), fetch });
}

function countersOf(metrics: ServiceContext["metrics"]): OrdersCounters {
  const orders = metrics.counter(orderMetrics.ordersTotal);
  const payments = metrics.counter(orderMetrics.paymentsTotal);
  const refusals = metrics.counter(orderMetrics.stockRefusalsTotal);
  return {
    action: (action) => orders.add({ action }),
    payment: (outcome) => payments.add({ outcome }),
    stockRefusal: () => refusals.add({}),
  };
}

function reconciler(context: OrdersContext, runtime: OrdersRuntime): Periodic {
  const pending = context.metrics.gauge(orderMetrics.paymentsPending);
  return new Periodic({
    name: "payments reconciled",
    clock: context.environment.clock,
    intervalMs: context.config.reconcileIntervalMs,
    log: context.log,
    run: async (signal) => {
      const settled = await reconcilePayments(runtime, signal);
      pending.set({}, await countUnsettled(runtime.database));
      return settled;
    },
  });
}

const expiredAtOnceMax = 200;

function expirer(context: OrdersContext, runtime: OrdersRuntime): Periodic {
  return new Periodic({
    name: "unpaid orders expired",
    clock: context.environment.clock,
    intervalMs: context.config.expiryIntervalMs,
    log: context.log,
    run: () => expireOrders(runtime, expiredAtOnceMax),
  });
}

const answersKeptMs = 7 * 86_400_000;

function sweeper(context: OrdersContext, runtime: OrdersRuntime): Periodic {
  const { clock } = context.environment;
  return new Periodic({
    name: "old idempotent answers swept",
    clock,
    intervalMs: 600_000,
    log: context.log,
    run: () => sweepAnswers(runtime.database, clock.wallMs() - answersKeptMs),
  });
}
