/**
 * Node's response, knowing its exchange: one shared listener serves all, none is made per request.
 *
 * @module
 */
import { ServerResponse } from "node:http";
import type { Exchange } from "./exchange.ts";

export class GatewayResponse extends ServerResponse {
  exchange: Exchange | undefined = undefined;
}

const onClose = function (this: GatewayResponse): void {
  this.exchange?.onClose();
};

const onDrain = function (this: GatewayResponse): void {
  this.exchange?.forwarding?.onClientReady();
};

/** Tells the exchange when the response is over, and when the client takes more. */
export function observeResponse(response: GatewayResponse): void {
  response.on("close", onClose);
  response.on("drain", onDrain);
}
