/**
 * Reads `/metrics` of one replica over HTTP on loopback.
 *
 * @module
 */
import { Agent, request } from "node:http";
import { ScrapeFailedError } from "../errors.ts";
import type { Scrape } from "./collector.ts";

const timeoutMs = 1_500;
const textBytesMax = 4 * 2 ** 20;

/** Connections are kept open between scrapes. */
export function httpScrape(host: string): Scrape & Disposable {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 2 });
  const scrape: Scrape = (port, signal) =>
    new Promise((resolve, reject) => {
      const fail = (reason: string, cause?: unknown): void =>
        reject(new ScrapeFailedError(port, reason, { cause }));
      const sent = request({ host, port, path: "/metrics", agent, signal, timeout: timeoutMs });
      sent.once("timeout", () => sent.destroy());
      sent.once("error", (error) => fail("no answer", error));
      sent.once("response", (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > textBytesMax) sent.destroy();
          else chunks.push(chunk);
        });
        response.once("error", (error) => fail("broken answer", error));
        response.once("end", () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString("utf8"));
          else fail(`status ${response.statusCode}`);
        });
      });
      sent.end();
    });
  return Object.assign(scrape, { [Symbol.dispose]: () => agent.destroy() });
}
