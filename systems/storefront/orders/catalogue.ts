/**
 * Products as staff keep them.
 *
 * @module
 */
import { requireMatch } from "../common/entity-tag.ts";
import { ProductUnknownError } from "./errors.ts";
import { adjust } from "./inventory.ts";
import type { NewProduct, Product, ProductChange } from "./product.ts";
import {
  deleteProduct,
  findProduct,
  insertProduct,
  lockProduct,
  updateProduct,
} from "./product-store.ts";
import type { OrdersRuntime } from "./runtime.ts";

/** @throws {SkuTakenError} */
export async function createProduct(runtime: OrdersRuntime, wanted: NewProduct): Promise<Product> {
  const nowMs = runtime.environment.clock.wallMs();
  const { stock, ...described } = wanted;
  const product: Product = {
    ...described,
    id: runtime.environment.entropy.uuid(),
    available: stock,
    reserved: 0,
    version: 1,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  await runtime.database.transaction(async (tx) => {
    await insertProduct(tx, product);
    if (stock > 0) await adjust(tx, { productId: product.id, by: stock, nowMs });
  });
  return product;
}

/** @throws {ProductUnknownError} */
export async function readProduct(runtime: OrdersRuntime, id: string): Promise<Product> {
  const product = await findProduct(runtime.database, id);
  if (product === undefined) throw new ProductUnknownError([id]);
  return product;
}

/** @throws {ProductUnknownError} {@link SkuTakenError} {@link VersionStaleError} */
export function changeProduct(
  runtime: OrdersRuntime,
  wanted: {
    readonly id: string;
    readonly change: ProductChange;
    readonly ifMatch: string | undefined;
  },
): Promise<Product> {
  return runtime.database.transaction(async (tx) => {
    const product = await lockProduct(tx, wanted.id);
    if (product === undefined) throw new ProductUnknownError([wanted.id]);
    requireMatch(wanted.ifMatch, product.version);
    const { change } = wanted;
    const next: Product = {
      ...product,
      sku: change.sku ?? product.sku,
      name: change.name ?? product.name,
      description: change.description ?? product.description,
      priceMinor: change.priceMinor ?? product.priceMinor,
      currency: change.currency ?? product.currency,
      active: change.active ?? product.active,
      version: product.version + 1,
      updatedAtMs: runtime.environment.clock.wallMs(),
    };
    await updateProduct(tx, next);
    return next;
  });
}

/** @throws {ProductUnknownError} {@link StockRangeError} */
export function changeStock(
  runtime: OrdersRuntime,
  wanted: { readonly id: string; readonly by: number },
): Promise<Product> {
  const nowMs = runtime.environment.clock.wallMs();
  return runtime.database.transaction(async (tx) => {
    await adjust(tx, { productId: wanted.id, by: wanted.by, nowMs });
    const product = await findProduct(tx, wanted.id);
    if (product === undefined) throw new ProductUnknownError([wanted.id]);
    return product;
  });
}

/** @throws {ProductUnknownError} {@link ProductInUseError} {@link VersionStaleError} */
export async function removeProduct(
  runtime: OrdersRuntime,
  wanted: { readonly id: string; readonly ifMatch: string | undefined },
): Promise<void> {
  await runtime.database.transaction(async (tx) => {
    const product = await lockProduct(tx, wanted.id);
    if (product === undefined) throw new ProductUnknownError([wanted.id]);
    requireMatch(wanted.ifMatch, product.version);
    await deleteProduct(tx, wanted.id);
  });
}
