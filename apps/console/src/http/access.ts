/**
 * Who may talk to the console.
 *
 * Any page in any tab of the developer's browser can send requests to loopback. So a request must
 * show the token, come from the console's own page, and name this machine.
 *
 * - CN1  The console binds to loopback addresses only, and refuses any other at start.
 * - CN2  Every request but health and OTLP needs the token, as a bearer or as the session cookie
 *        made from it; comparison takes the same time wherever it fails.
 * - CN3  A Host header that does not name loopback is refused (DNS rebinding); with the cookie a
 *        request from another origin is refused, and a change needs the console's own header.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { CrossSiteRefusedError, HostRefusedError, UnauthorizedError } from "../errors.ts";

/** A change must carry this header: another site's page cannot set it without our consent. */
const ownHeader = "x-ashlar-console";

/** `127.0.0.0/8`, `::1` or `localhost`. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (bare === "localhost" || bare === "::1") return true;
  return isIP(bare) === 4 && bare.startsWith("127.");
}

export class Access {
  readonly #tokenDigest: Buffer;
  readonly #session: string;
  readonly #sessionDigest: Buffer;
  /** Cookies do not know ports: the name keeps two systems on one machine apart. */
  readonly cookieName: string;

  constructor(token: string, system: string) {
    this.#tokenDigest = digest(token);
    // Not the token itself: other programs on loopback ports see the cookie too.
    this.#session = createHmac("sha256", token).update("console session").digest("base64url");
    this.#sessionDigest = digest(this.#session);
    this.cookieName = `ashlar_console_${system.replaceAll(/[^a-z0-9]/gi, "_")}`;
  }

  isToken(candidate: string): boolean {
    return timingSafeEqual(digest(candidate), this.#tokenDigest);
  }

  sessionCookie(): string {
    return `${this.cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** @throws {HostRefusedError} */
  checkHost(request: IncomingMessage): void {
    const host = request.headers.host ?? "";
    const name = host.replace(/:\d+$/, "");
    if (!isLoopback(name)) throw new HostRefusedError(host.slice(0, 200));
  }

  /** @throws {UnauthorizedError} {@link CrossSiteRefusedError} */
  checkRequest(request: IncomingMessage): void {
    if (this.#hasBearer(request)) return; // A bearer is never sent by a browser on its own.
    if (!this.hasSession(request)) throw new UnauthorizedError();
    const site = request.headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin" && site !== "none") {
      throw new CrossSiteRefusedError("the request must come from the console's own page");
    }
    const changes = request.method !== "GET" && request.method !== "HEAD";
    if (changes && request.headers[ownHeader] === undefined) {
      throw new CrossSiteRefusedError(`a change must carry the header ${ownHeader}: 1`);
    }
  }

  hasSession(request: IncomingMessage): boolean {
    const cookie = cookieOf(request, this.cookieName);
    return cookie !== undefined && timingSafeEqual(digest(cookie), this.#sessionDigest);
  }

  #hasBearer(request: IncomingMessage): boolean {
    const match = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "");
    return match?.[1] !== undefined && this.isToken(match[1]);
  }
}

export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
