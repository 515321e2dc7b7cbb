/**
 * `/api/orders`: placing and reading orders.
 *
 * - OO1  A customer sees the own orders only; another's is answered as unknown. Staff see all.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { decodeCursor, pageOf } from "../../common/cursor.ts";
import { entityTag } from "../../common/entity-tag.ts";
import { isStaff, type Principal, requireStaff } from "../../common/principal.ts";
import { idParams, pageFields, pageSchema } from "../../common/wire.ts";
import { OrderUnknownError } from "../errors.ts";
import { answerOnce, idempotencyHeaders, idempotencyKeyOf } from "../idempotent-answer.ts";
import { type Order, orderStatuses } from "../order.ts";
import { findOrder, listOrders } from "../order-store.ts";
import { listPayments } from "../payment-store.ts";
import { placeOrder } from "../place-order.ts";
import type { OrdersRuntime } from "../runtime.ts";
import { orderDetailSchema, orderDetailView, orderSchema, orderView } from "../wire.ts";

const tags = ["orders"];
const security = [{ bearer: [] }];

export interface OrderRoutesOptions {
  readonly runtime: OrdersRuntime;
  readonly authenticator: Authenticator;
}

export function orderRoutes(http: ServiceHttp, options: OrderRoutesOptions): void {
  placeRoute(http, options);
  listRoute(http, options);
  oneRoute(http, options);
}

function placeRoute(http: ServiceHttp, { runtime, authenticator }: OrderRoutesOptions): void {
  const { maxLines, maxQuantity } = runtime.config;
  http.route({
    method: "POST",
    url: "/api/orders",
    schema: {
      tags,
      security,
      summary: "Place an order; its stock is set aside until it is paid or `payBefore` has passed.",
      headers: idempotencyHeaders,
      body: z.object({
        items: z
          .array(z.object({ productId: z.uuid(), quantity: z.int().min(1).max(maxQuantity) }))
          .min(1)
          .max(maxLines),
      }),
      response: { 201: orderSchema },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      const { items } = request.body;
      const key = idempotencyKeyOf(request.headers);
      const wanted = { userId, key, request: { place: items }, answer: orderSchema };
      const order = await runtime.database.transaction((tx) =>
        answerOnce(runtime, tx, wanted, async () =>
          orderView(await placeOrder(runtime, tx, { userId, items })),
        ),
      );
      return reply
        .code(201)
        .header("location", `/api/orders/${order.id}`)
        .header("etag", entityTag(order.version))
        .send(order);
    },
  });
}

function listRoute(http: ServiceHttp, { runtime, authenticator }: OrderRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/orders",
    schema: {
      tags,
      security,
      summary: "Your orders, newest first; all orders, or one customer's, for staff.",
      querystring: z.object({
        ...pageFields,
        status: z.enum(orderStatuses).optional(),
        userId: z.uuid().optional().describe("Staff only."),
      }),
      response: { 200: pageSchema(orderSchema) },
    },
    handler: async (request) => {
      const principal = await authenticator.principalOf(request);
      const { limit, cursor, status } = request.query;
      const userId = ownerWanted(principal, request.query.userId);
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const orders = await listOrders(runtime.database, { limit, after, status, userId });
      const page = pageOf(orders, limit, (each) => ({ atMs: each.placedAtMs, id: each.id }));
      return { ...page, items: page.items.map(orderView) };
    },
  });
}

function oneRoute(http: ServiceHttp, { runtime, authenticator }: OrderRoutesOptions): void {
  http.route({
    method: "GET",
    url: "/api/orders/:id",
    schema: {
      tags,
      security,
      summary: "One order with its payments.",
      params: idParams,
      response: { 200: orderDetailSchema },
    },
    handler: async (request, reply) => {
      const principal = await authenticator.principalOf(request);
      const order = await readOrder(runtime, principal, request.params.id);
      const payments = await listPayments(runtime.database, order.id);
      return reply.header("etag", entityTag(order.version)).send(orderDetailView(order, payments));
    },
  });
}

/** OO1. @throws {OrderUnknownError} */
async function readOrder(runtime: OrdersRuntime, principal: Principal, id: string): Promise<Order> {
  const order = await findOrder(runtime.database, id);
  const visible = order !== undefined && (isStaff(principal) || order.userId === principal.userId);
  if (!visible) throw new OrderUnknownError();
  return order;
}

/** Whose orders to list; undefined: everybody's. @throws {RoleMissingError} */
function ownerWanted(principal: Principal, asked: string | undefined): string | undefined {
  if (asked !== undefined && asked !== principal.userId) requireStaff(principal);
  return asked ?? (isStaff(principal) ? undefined : principal.userId);
}
