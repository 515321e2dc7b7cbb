/**
 * The orders service's use cases on a real PostgreSQL, with the sandbox provider.
 *
 * @module
 */
import { join } from "node:path";
import { type Environment, silentLog } from "@ashlar/foundation";
import { parseConfig } from "@ashlar/model";
import { realEnvironment } from "@ashlar/program";
import { openEmbeddedDatabase } from "../../test/harness/embedded-database.ts";
import { RecordedEvents } from "../../test/harness/recorded-events.ts";
import type { Card } from "../card.ts";
import { createProduct } from "../catalogue.ts";
import { type OrdersConfig, ordersConfig } from "../config.ts";
import type { Order } from "../order.ts";
import type { PaymentProvider } from "../payment-provider.ts";
import { placeOrder } from "../place-order.ts";
import type { Product } from "../product.ts";
import type { OrdersRuntime } from "../runtime.ts";
import { SandboxPaymentProvider, testCards } from "../sandbox-payment-provider.ts";

/** A clock that runs like the real one, and can be set forward. */
interface OffsetClock {
  offsetMs: number;
}

export interface OrdersFixture extends AsyncDisposable {
  readonly runtime: OrdersRuntime;
  readonly events: RecordedEvents;
  readonly time: OffsetClock;
  readonly url: string;
  /** The same service with another provider or configuration. */
  with(changes: {
    readonly provider?: PaymentProvider;
    readonly config?: Partial<OrdersConfig>;
  }): OrdersRuntime;
}

const quiet = { action: () => undefined, payment: () => undefined, stockRefusal: () => undefined };

export async function openOrders(): Promise<OrdersFixture> {
  const time: OffsetClock = { offsetMs: 0 };
  const environment = offsetEnvironment(time);
  const migrations = join(import.meta.dirname, "../migrations");
  const database = await openEmbeddedDatabase({ environment, migrations });
  const { pool } = database;
  const events = await RecordedEvents.open(pool);
  const config = parseConfig(ordersConfig, { file: { paymentTimeoutMs: 300 } });
  const runtime: OrdersRuntime = {
    config,
    environment,
    database: pool,
    events,
    provider: new SandboxPaymentProvider({ database: pool, clock: environment.clock }),
    log: silentLog,
    count: quiet,
  };
  return {
    runtime,
    events,
    time,
    url: database.url,
    with: (changes) => ({
      ...runtime,
      ...(changes.provider === undefined ? {} : { provider: changes.provider }),
      config: { ...config, ...changes.config },
    }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

function offsetEnvironment(time: OffsetClock): Environment {
  const { clock, entropy } = realEnvironment();
  return {
    entropy,
    clock: {
      monotonicMs: () => clock.monotonicMs(),
      wallMs: () => clock.wallMs() + time.offsetMs,
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    },
  };
}

let skus = 0;

/** A product of which there are `stock`. */
export function stocked(runtime: OrdersRuntime, stock: number): Promise<Product> {
  skus += 1;
  return createProduct(runtime, {
    sku: `TEST-${skus}`,
    name: `Test ${skus}`,
    description: "",
    priceMinor: 1_000,
    currency: "EUR",
    active: true,
    stock,
  });
}

export function place(
  runtime: OrdersRuntime,
  userId: string,
  items: readonly { readonly productId: string; readonly quantity: number }[],
): Promise<Order> {
  return runtime.database.transaction((tx) => placeOrder(runtime, tx, { userId, items }));
}

/** A card with a number of {@link testCards}. */
export function cardOf(name: keyof typeof testCards): Card {
  return { number: testCards[name], expiryMonth: 12, expiryYear: 2040, cvc: "123" };
}

/** What every history must leave true (ST1, ST2, PY1, PY2, PY3). Returns every violation. */
export async function violations(runtime: OrdersRuntime): Promise<readonly string[]> {
  const rows = await runtime.database.query<{ readonly violation: string }>(invariants);
  return rows.map((each) => each.violation);
}

const invariants = `
  select 'ST2 stock of ' || stock.product_id as violation
  from stock left join (
    select product_id,
      sum(case kind when 'ship' then -quantity when 'restock' then quantity when 'correct' then quantity else 0 end) as total,
      sum(case kind when 'reserve' then quantity when 'release' then -quantity when 'ship' then -quantity else 0 end) as promised
    from stock_movements group by product_id
  ) as moved using (product_id)
  where available + reserved <> coalesce(total, 0) or reserved <> coalesce(promised, 0)
     or available < 0 or reserved < 0
  union all
  select 'OR2 reserved of ' || product_id from stock
  where reserved <> coalesce((
    select sum(quantity) from order_lines join orders on orders.id = order_id
    where order_lines.product_id = stock.product_id and status in ('placed', 'paying', 'paid')
  ), 0)
  union all
  select 'PY2 charges of order ' || orders.id from orders
  where (
    select count(*) filter (where kind = 'charge') - count(*) filter (where kind = 'refund')
    from payments join sandbox_entries on sandbox_entries.key = payments.id
    where payments.order_id = orders.id
  ) not in (0, 1)
  union all
  select 'PY3 order ' || orders.id || ' is ' || orders.status from orders
  where (orders.status in ('paid', 'shipped', 'delivered')) <> exists (
    select 1 from payments where order_id = orders.id and status = 'captured'
  )
  union all
  select 'PY2 payment ' || payments.id || ' and its ledger differ' from payments
  where status = 'captured' and not exists (
    select 1 from sandbox_payments where key = payments.id and status = 'captured'
  )
`;
