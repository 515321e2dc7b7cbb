/**
 * What the gateway is compared with: `@fastify/http-proxy` alone, without checks or limits.
 *
 * @module
 */
import proxy from "@fastify/http-proxy";
import fastify from "fastify";

const app = fastify({ logger: false });
await app.register(proxy, {
  upstream: process.env["UPSTREAM"] ?? "",
  prefix: "/api",
  rewritePrefix: "/api",
});
await app.listen({ port: Number(process.env["PORT"]), host: "127.0.0.1" });
process.send?.("ready");
