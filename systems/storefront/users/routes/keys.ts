/**
 * The public keys that verify access tokens, for the gateway and the other services.
 *
 * @module
 */
import type { ServiceHttp } from "@ashlar/service";
import { keySetSchema } from "../../common/key-set.ts";
import type { TokenMint } from "../token-mint.ts";

export function keyRoutes(http: ServiceHttp, mint: TokenMint): void {
  http.route({
    method: "GET",
    url: "/.well-known/jwks.json",
    schema: {
      tags: ["keys"],
      summary: "Keys that verify access tokens.",
      response: { 200: keySetSchema },
    },
    handler: async (_request, reply) =>
      reply.header("cache-control", "public, max-age=300").send(mint.keySet),
  });
}
