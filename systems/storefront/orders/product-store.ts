/**
 * Products in the database.
 *
 * @module
 */

import type { Queryable, Transaction } from "@ashlar/postgres";
import { brokenConstraint } from "../common/constraint.ts";
import { timestamp } from "../common/timestamp.ts";
import { ProductInUseError, SkuTakenError } from "./errors.ts";
import type { Product, ProductQuery } from "./product.ts";

interface ProductRow {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price_minor: number;
  readonly currency: string;
  readonly active: boolean;
  readonly available: number;
  readonly reserved: number;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const columns = `products.id, sku, name, description, price_minor, currency, active, available,
  reserved, version, created_at, updated_at`;
const joined = "products join stock on stock.product_id = products.id";

/** Inserts a product with an empty stock. @throws {SkuTakenError} */
export async function insertProduct(tx: Transaction, product: Product): Promise<void> {
  await refuseTaken(product.sku, () =>
    tx.execute(
      `insert into products (id, sku, name, description, price_minor, currency, active, version,
         created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      valuesOf(product),
    ),
  );
  await tx.execute("insert into stock (product_id) values ($1)", [product.id]);
}

/** Writes every field of a product but its stock. @throws {SkuTakenError} */
export async function updateProduct(tx: Transaction, product: Product): Promise<void> {
  await refuseTaken(product.sku, () =>
    tx.execute(
      `update products set sku = $2, name = $3, description = $4, price_minor = $5, currency = $6,
         active = $7, version = $8, created_at = $9, updated_at = $10
       where id = $1`,
      valuesOf(product),
    ),
  );
}

/** @throws {ProductInUseError} where orders or stock movements name it. */
export async function deleteProduct(tx: Transaction, id: string): Promise<void> {
  const used = await tx.query(
    `select 1 from stock_movements where product_id = $1
     union all select 1 from order_lines where product_id = $1 limit 1`,
    [id],
  );
  if (used.length > 0) throw new ProductInUseError();
  await tx.execute("delete from stock where product_id = $1", [id]);
  await tx.execute("delete from products where id = $1", [id]);
}

export async function findProduct(sql: Queryable, id: string): Promise<Product | undefined> {
  return (await findProducts(sql, [id]))[0];
}

export async function findProducts(
  sql: Queryable,
  ids: readonly string[],
): Promise<readonly Product[]> {
  const rows = await sql.query<ProductRow>(
    `select ${columns} from ${joined} where products.id = any($1)`,
    [ids],
  );
  return rows.map(productOf);
}

/** The product, locked against changes of everything but its stock. */
export async function lockProduct(tx: Transaction, id: string): Promise<Product | undefined> {
  const rows = await tx.query<ProductRow>(
    `select ${columns} from ${joined} where products.id = $1 for update of products`,
    [id],
  );
  return rows[0] && productOf(rows[0]);
}

/** Newest first; one row more than `limit` where there are more. */
export async function listProducts(
  sql: Queryable,
  query: ProductQuery,
): Promise<readonly Product[]> {
  const rows = await sql.query<ProductRow>(
    `select ${columns} from ${joined}
     where ($1::timestamptz is null or (created_at, products.id) < ($1, $2::uuid))
       and ($3::text is null or search @@ to_tsquery('simple', $3))
       and (active or $4)
     order by created_at desc, products.id desc
     limit $5`,
    [
      query.after === undefined ? null : timestamp(query.after.atMs),
      query.after?.id ?? null,
      query.search === undefined ? null : searchTerms(query.search),
      query.withInactive,
      query.limit + 1,
    ],
  );
  return rows.map(productOf);
}

/**
 * All words, the last one as a beginning: `oak cha` → `'oak' & 'cha':*`. Only letters and digits
 * reach the query language, so no text can be a syntax error in it. Null: nothing to search for.
 */
function searchTerms(text: string): string | null {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  if (words.length === 0) return null;
  return words
    .slice(0, 10)
    .map((word, index, kept) => (index === kept.length - 1 ? `'${word}':*` : `'${word}'`))
    .join(" & ");
}

async function refuseTaken(sku: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (brokenConstraint(error) === "products_sku_key") throw new SkuTakenError(sku);
    throw error;
  }
}

function valuesOf(product: Product): readonly unknown[] {
  return [
    product.id,
    product.sku,
    product.name,
    product.description,
    product.priceMinor,
    product.currency,
    product.active,
    product.version,
    timestamp(product.createdAtMs),
    timestamp(product.updatedAtMs),
  ];
}

function productOf(row: ProductRow): Product {
  return {
    id: row.id,
    sku: row.sku,
    name: row.name,
    description: row.description,
    priceMinor: row.price_minor,
    currency: row.currency,
    active: row.active,
    available: row.available,
    reserved: row.reserved,
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    updatedAtMs: row.updated_at.getTime(),
  };
}
