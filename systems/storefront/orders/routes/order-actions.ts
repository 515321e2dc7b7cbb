/**
 * What can be done with an order: `payment`, `shipment`, `delivery`, `cancellation`.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import * as z from "zod";
import type { Authenticator } from "../../common/authenticate.ts";
import { requireStaff } from "../../common/principal.ts";
import { idParams, plainText } from "../../common/wire.ts";
import { cancelOrder, deliverOrder, shipOrder } from "../fulfil-order.ts";
import { idempotencyHeaders, idempotencyKeyOf } from "../idempotent-answer.ts";
import type { Order } from "../order.ts";
import { payOrder } from "../pay-order.ts";
import { listPayments } from "../payment-store.ts";
import type { OrdersRuntime } from "../runtime.ts";
import { cardSchema, type OrderDetailView, orderDetailSchema, orderDetailView } from "../wire.ts";

const tags = ["orders"];
const security = [{ bearer: [] }];

export interface OrderActionRoutesOptions {
  readonly runtime: OrdersRuntime;
  readonly authenticator: Authenticator;
  /** Aborted when the service stops: a payment that has begun outlives its client, not the process. */
  readonly signal: AbortSignal;
}

export function orderActionRoutes(http: ServiceHttp, options: OrderActionRoutesOptions): void {
  paymentRoute(http, options);
  fulfilmentRoutes(http, options);
  cancellationRoute(http, options);
}

function paymentRoute(http: ServiceHttp, options: OrderActionRoutesOptions): void {
  const { runtime, authenticator, signal } = options;
  http.route({
    method: "POST",
    url: "/api/orders/:id/payment",
    schema: {
      tags,
      security,
      summary:
        "Pay your order by card. 202: the provider has not answered yet; read the order until it has.",
      headers: idempotencyHeaders,
      params: idParams,
      body: z.object({ card: cardSchema }),
      response: { 200: orderDetailSchema, 202: orderDetailSchema },
    },
    handler: async (request, reply) => {
      const { userId } = await authenticator.principalOf(request);
      const clientKey = idempotencyKeyOf(request.headers);
      const { card } = request.body;
      const wanted = { orderId: request.params.id, userId, card, clientKey, signal };
      const { order, payment } = await payOrder(runtime, wanted);
      const detail = await detailOf(runtime, order);
      if (payment.status === "captured") return reply.code(200).send(detail);
      return reply.code(202).header("retry-after", "1").send(detail);
    },
  });
}

function fulfilmentRoutes(http: ServiceHttp, options: OrderActionRoutesOptions): void {
  const { runtime, authenticator } = options;
  http.route({
    method: "POST",
    url: "/api/orders/:id/shipment",
    schema: {
      tags,
      security,
      summary: "Record that a paid order was handed to a carrier. Staff only.",
      params: idParams,
      body: z.object({
        carrier: plainText({ min: 1, max: 100 }),
        trackingNumber: plainText({ min: 1, max: 100 }),
      }),
      response: { 200: orderDetailSchema },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      const order = await shipOrder(runtime, { orderId: request.params.id, ...request.body });
      return detailOf(runtime, order);
    },
  });
  http.route({
    method: "POST",
    url: "/api/orders/:id/delivery",
    schema: {
      tags,
      security,
      summary: "Record that a shipped order arrived. Staff only.",
      params: idParams,
      response: { 200: orderDetailSchema },
    },
    handler: async (request) => {
      requireStaff(await authenticator.principalOf(request));
      return detailOf(runtime, await deliverOrder(runtime, request.params.id));
    },
  });
}

function cancellationRoute(http: ServiceHttp, options: OrderActionRoutesOptions): void {
  const { runtime, authenticator, signal } = options;
  http.route({
    method: "POST",
    url: "/api/orders/:id/cancellation",
    schema: {
      tags,
      security,
      summary: "Cancel an order that is not shipped; what was paid is given back.",
      params: idParams,
      body: z.object({ reason: plainText({ min: 1, max: 500 }) }),
      response: { 200: orderDetailSchema },
    },
    handler: async (request) => {
      const principal = await authenticator.principalOf(request);
      const { reason } = request.body;
      const wanted = { orderId: request.params.id, principal, reason, signal };
      return detailOf(runtime, await cancelOrder(runtime, wanted));
    },
  });
}

async function detailOf(runtime: OrdersRuntime, order: Order): Promise<OrderDetailView> {
  return orderDetailView(order, await listPayments(runtime.database, order.id));
}
