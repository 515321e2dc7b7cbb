/**
 * Serves the merged OpenAPI document: fetched when it is first asked for, kept for a while.
 *
 * - GO3  A service that does not answer keeps its last known part of the document; nobody's fault empties
 *        the others'. The answer says in `x-openapi-stale` whose part is old or missing; while nothing at
 *        all is known, it is 502.
 *
 * @module
 */
import { hash } from "node:crypto";
import { type Clock, describeError, type Log } from "@ashlar/foundation";
import type { RoutePlan } from "@ashlar/model";
import type { Exchange } from "./exchange.ts";
import { isObject, type Json, type JsonObject, mergeOpenApi } from "./open-api-merge.ts";
import { problem } from "./problem.ts";
import { matchesEtag } from "./response-cache.ts";
import type { RouteTable } from "./route-table.ts";
import type { Upstream } from "./upstream.ts";

export interface OpenApiOptions {
  readonly path: string;
  readonly title: string;
  readonly version: string;
  readonly routes: readonly RoutePlan[];
  readonly table: RouteTable;
  /** By part name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly clock: Clock;
  readonly log: Log;
}

interface Merged {
  readonly body: Buffer;
  readonly etag: string;
  readonly stale: readonly string[];
}

const freshMs = 60_000;
/** A document with a missing part is tried again sooner. */
const retryMs = 2_000;
const fetchTimeoutMs = 3_000;
const documentBytesMax = 8 * 2 ** 20;

export class OpenApiDocument {
  readonly path: string;
  readonly #options: OpenApiOptions;
  readonly #known = new Map<string, JsonObject>();
  #merged: Merged | undefined;
  #merging: Promise<Merged> | undefined;
  #dueAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: OpenApiOptions) {
    this.path = options.path;
    this.#options = options;
  }

  answer(exchange: Exchange): void {
    const { method } = exchange.request;
    if (method !== "GET" && method !== "HEAD") {
      const headers = ["allow", "GET, HEAD"];
      exchange.refuse(problem("ROUTE_METHOD_REFUSED", "this path takes GET, HEAD", { headers }));
      return;
    }
    this.#current()
      .then((merged) => {
        if (this.#known.size > 0) respond(exchange, merged);
        else exchange.refuse(problem("UPSTREAM_UNREACHABLE", "no service gives its document now"));
      })
      .catch(exchange.crash);
  }

  #current(): Promise<Merged> {
    const { clock } = this.#options;
    if (this.#merged !== undefined && clock.monotonicMs() < this.#dueAtMs) {
      return Promise.resolve(this.#merged);
    }
    this.#merging ??= this.#merge().finally(() => {
      this.#merging = undefined;
    });
    return this.#merging;
  }

  async #merge(): Promise<Merged> {
    const { upstreams, title, version, routes, table, clock, log } = this.#options;
    const stale: string[] = [];
    await Promise.all(
      [...upstreams].map(async ([part, upstream]) => {
        try {
          this.#known.set(part, await fetchDocument(upstream));
        } catch (error) {
          stale.push(part);
          log.warn("OpenAPI document not fetched", { target: part, error: describeError(error) });
        }
      }),
    );
    const merged = mergeOpenApi({ title, version, routes, table, documents: this.#known });
    const body = Buffer.from(JSON.stringify(merged));
    const etag = `"${hash("sha256", body, "base64url").slice(0, 27)}"`;
    this.#merged = { body, etag, stale: stale.sort() };
    this.#dueAtMs = clock.monotonicMs() + (stale.length > 0 ? retryMs : freshMs);
    return this.#merged;
  }
}

async function fetchDocument(upstream: Upstream): Promise<JsonObject> {
  const replica = upstream.replicas[0];
  const answer = await replica?.pool.request({
    method: "GET",
    path: "/openapi.json",
    headersTimeout: fetchTimeoutMs,
    bodyTimeout: fetchTimeoutMs,
    signal: AbortSignal.timeout(fetchTimeoutMs),
  });
  if (answer === undefined || answer.statusCode !== 200) {
    await answer?.body.dump();
    return Promise.reject(new TypeError(`status ${answer?.statusCode ?? "none"}`));
  }
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer.body as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > documentBytesMax)
      return Promise.reject(new RangeError("the document is too large"));
    pieces.push(piece);
  }
  const document = JSON.parse(Buffer.concat(pieces).toString("utf8")) as Json;
  return isObject(document) ? document : Promise.reject(new TypeError("not a JSON object"));
}

function respond(exchange: Exchange, { body, etag, stale }: Merged): void {
  const headers = ["etag", etag, "cache-control", "public, max-age=60"];
  if (stale.length > 0) headers.push("x-openapi-stale", stale.join(","));
  if (matchesEtag(exchange.headers?.ifNoneMatch, etag)) exchange.respondAtOnce(304, headers, "");
  else exchange.respondAtOnce(200, ["content-type", "application/json", ...headers], body);
}
