/**
 * Something that is sold.
 *
 * @module
 */
import type { Position } from "../common/cursor.ts";

export interface Product {
  readonly id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly priceMinor: number;
  readonly currency: string;
  /** False: no longer sold. */
  readonly active: boolean;
  /** Pieces free to be ordered. */
  readonly available: number;
  /** Pieces promised to orders that are not shipped. */
  readonly reserved: number;
  /** Grows with every change of the description or price; stock does not count. */
  readonly version: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export type NewProduct = Pick<
  Product,
  "sku" | "name" | "description" | "priceMinor" | "currency" | "active"
> & {
  /** Pieces in stock from the start. */
  readonly stock: number;
};

export type ProductChange = {
  readonly [Field in "sku" | "name" | "description" | "priceMinor" | "currency" | "active"]?:
    | Product[Field]
    | undefined;
};

export interface ProductQuery {
  readonly limit: number;
  readonly after: Position | undefined;
  /** Words that the name, SKU or description must hold; the last one may be a beginning. */
  readonly search: string | undefined;
  /** Also those that are no longer sold. */
  readonly withInactive: boolean;
}
