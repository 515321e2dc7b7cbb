/**
 * The client of the gateway benchmark: one run of autocannon, told by the environment.
 *
 * @module
 */
import autocannon from "autocannon";

const result = await autocannon({
  url: process.env["TARGET"] ?? "",
  connections: Number(process.env["CONNECTIONS"]),
  duration: Number(process.env["SECONDS"]),
  headers: {
    authorization: `Bearer ${process.env["TOKEN"]}`,
    accept: "application/json",
    "user-agent": "bench",
  },
});
process.send?.({
  rps: result.requests.average,
  p99Ms: result.latency.p99,
  failed: result.errors + result.timeouts + result.non2xx,
});
