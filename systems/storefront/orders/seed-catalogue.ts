/**
 * A few products for an empty shop, so that somebody who starts the system for the first time sees
 * something.
 *
 * The ids are fixed: examples and tests can name them, and replicas that start at the same time
 * insert them once.
 *
 * @module
 */
import { brokenConstraint } from "../common/constraint.ts";
import { SkuTakenError } from "./errors.ts";
import { adjust } from "./inventory.ts";
import type { NewProduct } from "./product.ts";
import { findProduct, insertProduct } from "./product-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

const eur = { currency: "EUR", active: true };

export const seedProducts: readonly (NewProduct & { readonly id: string })[] = [
  {
    id: "0b5e7f30-0000-4000-8000-000000000001",
    sku: "MUG-STONE",
    name: "Stoneware mug",
    description: "Thrown by hand, glazed grey, holds 300 ml.",
    priceMinor: 1_450,
    stock: 10_000,
    ...eur,
  },
  {
    id: "0b5e7f30-0000-4000-8000-000000000002",
    sku: "NOTE-A5",
    name: "Notebook A5",
    description: "160 dotted pages, lies flat.",
    priceMinor: 990,
    stock: 10_000,
    ...eur,
  },
  {
    id: "0b5e7f30-0000-4000-8000-000000000003",
    sku: "LAMP-OAK",
    name: "Oak desk lamp",
    description: "Turned oak, linen shade, warm light.",
    priceMinor: 8_900,
    stock: 250,
    ...eur,
  },
  {
    id: "0b5e7f30-0000-4000-8000-000000000004",
    sku: "TEA-ASSAM",
    name: "Assam tea, 250 g",
    description: "Second flush, malty.",
    priceMinor: 1_290,
    stock: 500,
    ...eur,
  },
  {
    id: "0b5e7f30-0000-4000-8000-000000000005",
    sku: "CLOCK-WALL",
    name: "Wall clock",
    description: "Silent movement, 30 cm. The last three.",
    priceMinor: 4_900,
    stock: 3,
    ...eur,
  },
];

/** Inserts what an empty catalogue lacks. Returns how many products it added. */
export async function seedCatalogue(runtime: OrdersRuntime): Promise<number> {
  const present = await runtime.database.query("select 1 from products limit 1");
  if (present.length > 0) return 0;
  const nowMs = runtime.environment.clock.wallMs();
  try {
    return await runtime.database.transaction(async (tx) => {
      let added = 0;
      for (const [index, { stock, ...product }] of seedProducts.entries()) {
        if ((await findProduct(tx, product.id)) !== undefined) continue;
        // One millisecond apart, so that the list shows them in this order.
        const createdAtMs = nowMs - index;
        const times = { createdAtMs, updatedAtMs: createdAtMs };
        await insertProduct(tx, { ...product, ...times, available: 0, reserved: 0, version: 1 });
        await adjust(tx, { productId: product.id, by: stock, nowMs });
        added += 1;
      }
      return added;
    });
  } catch (error) {
    // Another replica was faster: what it inserted is what we would have.
    if (error instanceof SkuTakenError || brokenConstraint(error) !== undefined) return 0;
    throw error;
  }
}
