/**
 * `/api/products`: the catalogue. Anyone reads it; staff change it.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { decodeCursor, pageOf } from "../../common/cursor.ts";
import { entityTag } from "../../common/entity-tag.ts";
import { requireStaff } from "../../common/principal.ts";
import { idParams, noContent, pageFields, pageSchema, plainText } from "../../common/wire.ts";
import {
  changeProduct,
  changeStock,
  createProduct,
  readProduct,
  removeProduct,
} from "../catalogue.ts";
import { stockMax } from "../inventory.ts";
import { totalMinorMax } from "../place-order.ts";
import { listProducts } from "../product-store.ts";
import type { OrdersRuntime } from "../runtime.ts";
import { currencySchema, productSchema, productView, stockSchema, stockView } from "../wire.ts";

const tags = ["products"];
const security = [{ bearer: [] }];

const skuSchema = z
  .string()
  .regex(/^[A-Z0-9][A-Z0-9-]{1,39}$/, "is 2 to 40 of A-Z, 0-9 and -, such as MUG-STONE");
const described = {
  sku: skuSchema,
  name: plainText({ min: 1, max: 200 }),
  description: z.string().max(5000),
  priceMinor: z.int().min(1).max(totalMinorMax),
  currency: currencySchema,
  active: z.boolean(),
};

export interface ProductRoutesOptions {
  readonly runtime: OrdersRuntime;
  readonly authenticator: Authenticator;
}

export function productRoutes(http: ServiceHttp, options: ProductRoutesOptions): void {
  readRoutes(http, options);
  writeRoutes(http, options);
  stockRoute(http, options);
}

function readRoutes(http: ServiceHttp, { runtime, authenticator }: ProductRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/products",
    schema: {
      tags,
      summary: "Products, newest first; `search` finds words in name, SKU and description.",
      querystring: z.object({
        ...pageFields,
        search: z.string().min(1).max(100).optional(),
        includeInactive: z.enum(["true", "false"]).optional().describe("Staff only."),
      }),
      response: { 200: pageSchema(productSchema) },
    },
    handler: async (request) => {
      const { limit, cursor, search } = request.query;
      const withInactive = request.query.includeInactive === "true";
      if (withInactive) requireStaff(await authenticator.principalOf(request));
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const query = { limit, after, search, withInactive };
      const products = await listProducts(runtime.database, query);
      const page = pageOf(products, limit, (each) => ({ atMs: each.createdAtMs, id: each.id }));
      return { ...page, items: page.items.map(productView) };
    },
  });
  http.route({
    method: "GET",
    url: "/api/products/:id",
    schema: {
      tags,
      summary: "One product.",
      params: idParams,
      response: { 200: productSchema },
    },
    handler: async (request, reply) => {
      const product = await readProduct(runtime, request.params.id);
      // Weak: the stock in it changes without a new version.
      return reply.header("etag", `W/${entityTag(product.version)}`).send(productView(product));
    },
  });
}

function writeRoutes(http: ServiceHttp, { runtime, authenticator }: ProductRoutesOptions): void {
  http.route({
    method: "POST",
    url: "/api/products",
    schema: {
      tags,
      security,
      summary: "Add a product. Staff only.",
      body: z.object({
        ...described,
        description: described.description.default(""),
        active: described.active.default(true),
        stock: z.int().min(0).max(stockMax).default(0),
      }),
      response: { 201: productSchema },
    },
    handler: async (request, reply) => {
      requireStaff(await authenticator.principalOf(request));
      const product = await createProduct(runtime, request.body);
      return reply
        .code(201)
        .header("location", `/api/products/${product.id}`)
        .header("etag", entityTag(product.version))
        .send(productView(product));
    },
  });
  http.route({
    method: "PATCH",
    url: "/api/products/:id",
    schema: {
      tags,
      security,
      summary: "Change a product; orders keep the name and price that they were placed with.",
      params: idParams,
      body: z.object(described).partial(),
      response: { 200: productSchema },
    },
    handler: async (request, reply) => {
      requireStaff(await authenticator.principalOf(request));
      const ifMatch = request.headers["if-match"];
      const wanted = { id: request.params.id, change: request.body, ifMatch };
      const product = await changeProduct(runtime, wanted);
      return reply.header("etag", entityTag(product.version)).send(productView(product));
    },
  });
  http.route({
    method: "DELETE",
    url: "/api/products/:id",
    schema: {
      tags,
      security,
      summary: "Delete a product that nothing refers to. Staff only.",
      params: idParams,
      response: { 204: noContent },
    },
    handler: async (request, reply) => {
      requireStaff(await authenticator.principalOf(request));
      await removeProduct(runtime, {
        id: request.params.id,
        ifMatch: request.headers["if-match"],
      });
      return reply.code(204).send();
    },
  });
}

function stockRoute(http: ServiceHttp, { runtime, authenticator }: ProductRoutesOptions): void {
  http.route({
    method: "POST",
    url: "/api/products/:id/stock",
    schema: {
      tags,
      security,
      summary: "Add pieces to the stock, or take free ones away. Staff only.",
      params: idParams,
      body: z.object({
        by: z
          .int()
          .min(-stockMax)
          .max(stockMax)
          .refine((by) => by !== 0, "is not 0"),
      }),
      response: { 200: stockSchema },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const { by } = request.body;
      return stockView(await changeStock(runtime, { id: request.params.id, by }));
    },
  });
}
