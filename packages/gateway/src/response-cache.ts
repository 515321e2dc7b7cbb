/**
 * Responses kept for a short while and shared between clients. Knows no socket.
 *
 * - GC1  Only what may be shared is kept: `GET` answered 200, asked without credentials or cookies, and
 *        without `Set-Cookie`, `Vary: *`, `private`, `no-store` or `no-cache`.
 * - GC2  An entry answers only requests that agree in route, host, path, query, and every header named by
 *        the plan's `vary` or by the response's `Vary`.
 * - GC3  The service's own freshness (`s-maxage`, `max-age`, less `Age`) governs; without one, the plan's.
 * - GC4  A successful write on a route named in `invalidatedBy` empties the route's entries, and an
 *        answer that was asked for before the write is not kept after it.
 * - GC5  Requests that would fetch the same thing wait for one fetch; if its answer cannot be shared, each
 *        fetches for itself.
 * - GC6  The cache never holds more than `bytesMax`; what was used longest ago goes first.
 *
 * Source: RFC 9111.
 *
 * @module
 */
import { hash } from "node:crypto";
import type { Clock } from "@ashlar/foundation";
import type { CachePlan, RoutePlan } from "@ashlar/model";
import type { RequestHeaders } from "./request-headers.ts";

/** What is asked for, as far as the cache cares. */
export interface CacheQuestion {
  readonly route: RoutePlan;
  readonly plan: CachePlan;
  readonly host: string;
  /** Path and query as the service gets them. */
  readonly path: string;
  /** As forwarded: name, value, name, value. */
  readonly headers: readonly string[];
}

export interface CachedResponse {
  readonly headers: readonly string[];
  readonly etag: string;
  readonly body: Buffer;
  readonly storedAtMs: number;
  readonly freshUntilMs: number;
  readonly staleUntilMs: number;
  /** Names and the values that the request must have for them (GC2). */
  readonly variant: readonly (readonly [name: string, value: string])[];
}

interface Resource {
  readonly routeName: string;
  variants: CachedResponse[];
  bytes: number;
}

const variantsMax = 16;
/** What an entry costs beside its body. */
const overheadBytes = 1_024;

export class ResponseCache {
  readonly #clock: Clock;
  readonly #bytesMax: number;
  readonly #resources = new Map<string, Resource>();
  readonly #fetches = new Map<string, Recording>();
  readonly #generations = new Map<string, number>();
  #bytes = 0;

  constructor(clock: Clock, bytesMax: number) {
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An entry that may still be served: fresh, or stale within the plan's `staleMs`. */
  find(question: CacheQuestion): CachedResponse | undefined {
    const key = keyOf(question);
    const resource = this.#resources.get(key);
    const nowMs = this.#clock.wallMs();
    const entry = resource?.variants.find(
      (each) => each.staleUntilMs > nowMs && isVariant(each, question.headers),
    );
    if (resource === undefined || entry === undefined) return undefined;
    this.#resources.delete(key);
    this.#resources.set(key, resource); // The youngest now (GC6).
    return entry;
  }

  isFresh(entry: CachedResponse): boolean {
    return entry.freshUntilMs > this.#clock.wallMs();
  }

  /** The fetch under way for the same thing, if there is one (GC5). */
  pending(question: CacheQuestion): Recording | undefined {
    return this.#fetches.get(fetchKeyOf(question));
  }

  /** Announces a fetch; its answer goes into the recording. */
  record(question: CacheQuestion): Recording {
    const fetchKey = fetchKeyOf(question);
    const generation = this.#generationOf(question.route.name);
    const recording: Recording = new Recording(question, this.#clock, (entry) => {
      if (this.#fetches.get(fetchKey) === recording) this.#fetches.delete(fetchKey);
      if (entry !== undefined && generation === this.#generationOf(question.route.name)) {
        this.#store(question, entry);
      }
    });
    this.#fetches.set(fetchKey, recording);
    return recording;
  }

  /** GC4: empties the entries of these routes. */
  invalidate(routeNames: readonly string[]): void {
    for (const name of routeNames) {
      this.#generations.set(name, this.#generationOf(name) + 1);
      for (const [key, resource] of this.#resources) {
        if (resource.routeName === name) this.#remove(key, resource);
      }
      for (const [key, fetch] of this.#fetches) {
        if (fetch.question.route.name === name) this.#fetches.delete(key);
      }
    }
  }

  #generationOf(routeName: string): number {
    return this.#generations.get(routeName) ?? 0;
  }

  #store(question: CacheQuestion, entry: CachedResponse): void {
    const key = keyOf(question);
    const before = this.#resources.get(key);
    if (before !== undefined) this.#remove(key, before);
    const others = (before?.variants ?? []).filter((each) => !isVariant(each, question.headers));
    const variants = [entry, ...others].slice(0, variantsMax);
    const bytes = variants.reduce((sum, each) => sum + sizeOf(each), 0);
    this.#resources.set(key, { routeName: question.route.name, variants, bytes });
    this.#bytes += bytes;
    for (const [oldest, resource] of this.#resources) {
      if (this.#bytes <= this.#bytesMax) break;
      this.#remove(oldest, resource);
    }
  }

  #remove(key: string, resource: Resource): void {
    this.#resources.delete(key);
    this.#bytes -= resource.bytes;
  }
}

/** Takes one answer down while it passes, and decides at its end whether it is worth keeping. */
export class Recording {
  readonly question: CacheQuestion;
  /** Settles when the fetch is over, whatever came of it. */
  readonly over: Promise<void>;
  readonly #clock: Clock;
  readonly #onOver: (entry: CachedResponse | undefined) => void;
  #resolve: () => void = () => undefined;
  #isOver = false;
  #headers: readonly string[] = [];
  #freshMs = 0;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(
    question: CacheQuestion,
    clock: Clock,
    onOver: (entry: CachedResponse | undefined) => void,
  ) {
    this.question = question;
    this.#clock = clock;
    this.#onOver = onOver;
    this.over = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  head(status: number, headers: readonly string[]): void {
    const freshMs = shareableMs(status, headers, this.question.plan);
    if (freshMs === undefined) this.#finish(undefined);
    else {
      this.#headers = headers;
      this.#freshMs = freshMs;
    }
  }

  piece(piece: Buffer): void {
    if (this.#isOver) return;
    this.#bytes += piece.length;
    if (this.#bytes > this.question.plan.maxEntryBytes) this.#finish(undefined);
    else this.#pieces.push(Buffer.from(piece)); // A copy: the piece is a view of a larger read.
  }

  end(): void {
    if (this.#isOver) return;
    const body = Buffer.concat(this.#pieces);
    const nowMs = this.#clock.wallMs();
    const sent = headerIn(this.#headers, "etag");
    const etag = sent ?? `"${hash("sha256", body, "base64url").slice(0, 27)}"`;
    const names = new Set(this.question.plan.vary.map((each) => each.toLowerCase()));
    for (const name of listIn(headerIn(this.#headers, "vary"))) names.add(name);
    this.#finish({
      headers: sent === undefined ? [...this.#headers, "etag", etag] : this.#headers,
      etag,
      body,
      storedAtMs: nowMs,
      freshUntilMs: nowMs + this.#freshMs,
      staleUntilMs: nowMs + this.#freshMs + this.question.plan.staleMs,
      variant: [...names].map((each) => [each, headerIn(this.question.headers, each) ?? ""]),
    });
  }

  /** The fetch failed, or its client went away. */
  abandon(): void {
    this.#finish(undefined);
  }

  #finish(entry: CachedResponse | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces = [];
    this.#onOver(entry);
    this.#resolve();
  }
}

/** Whether a request may be answered from, and fill, the shared cache (GC1). */
export function isCacheable(method: string, headers: RequestHeaders): boolean {
  return (
    (method === "GET" || method === "HEAD") &&
    headers.authorization === undefined &&
    headers.cookie === undefined &&
    headers.apiKey === undefined &&
    headers.range === undefined &&
    headers.contentLength <= 0 &&
    !headers.chunked &&
    !listIn(headers.cacheControl).includes("no-store")
  );
}

/** True for a client that wants to be answered by the service itself. */
export function wantsFresh(headers: RequestHeaders): boolean {
  const wishes = listIn(headers.cacheControl);
  return wishes.includes("no-cache") || wishes.includes("max-age=0");
}

/** RFC 9110 section 13.1.2: weak comparison. */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const plain = etag.replace(/^W\//, "");
  return ifNoneMatch.split(",").some((each) => each.trim().replace(/^W\//, "") === plain);
}

/** GC1 and GC3: for how long an answer may be shared; undefined: it may not. */
function shareableMs(
  status: number,
  headers: readonly string[],
  plan: CachePlan,
): number | undefined {
  if (status !== 200 || headerIn(headers, "set-cookie") !== undefined) return undefined;
  if (listIn(headerIn(headers, "vary")).includes("*")) return undefined;
  const control = listIn(headerIn(headers, "cache-control"));
  if (control.some((each) => /^(?:private|no-store|no-cache)(?:=|$)/.test(each))) return undefined;
  const seconds = secondsIn(control, "s-maxage") ?? secondsIn(control, "max-age");
  if (seconds === undefined) return plan.ttlMs;
  const ageSeconds = Number(headerIn(headers, "age") ?? 0) || 0;
  const freshMs = (seconds - ageSeconds) * 1_000;
  return freshMs > 0 ? freshMs : undefined;
}

function secondsIn(control: readonly string[], name: string): number | undefined {
  const found = control.find((each) => each.startsWith(`${name}=`));
  const value = found?.slice(name.length + 1).replaceAll('"', "");
  return value !== undefined && /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}

function listIn(value: string | undefined): readonly string[] {
  if (value === undefined) return [];
  return value.split(",").map((each) => each.trim().toLowerCase());
}

/** All values of a header joined; undefined without it. */
export function headerIn(headers: readonly string[], name: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i] !== name) continue;
    found = found === undefined ? (headers[i + 1] as string) : `${found}, ${headers[i + 1]}`;
  }
  return found;
}

function isVariant(entry: CachedResponse, headers: readonly string[]): boolean {
  return entry.variant.every(([name, value]) => (headerIn(headers, name) ?? "") === value);
}

function keyOf({ route, host, path }: CacheQuestion): string {
  return `${route.name} ${host} ${path}`;
}

function fetchKeyOf(question: CacheQuestion): string {
  const { plan, headers } = question;
  const values = plan.vary.map((each) => headerIn(headers, each.toLowerCase()) ?? "");
  return `${keyOf(question)} ${JSON.stringify(values)}`;
}

function sizeOf({ body, headers }: CachedResponse): number {
  return body.length + headers.reduce((sum, each) => sum + each.length, overheadBytes);
}
