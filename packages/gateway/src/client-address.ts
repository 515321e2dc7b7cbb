/**
 * Who is at the other end: the peer itself, or, where the peer is a trusted proxy, whom it names.
 *
 * - GH4  `X-Forwarded-*` counts only from peers in `trustedProxies`; the client's address is the
 *        right-most one in the chain that is not itself a trusted proxy.
 *
 * @module
 */
import { BlockList, isIP } from "node:net";
import { GatewayPlanError } from "./errors.ts";
import type { RequestHeaders } from "./request-headers.ts";

export interface ClientAddress {
  readonly ip: string;
  readonly proto: "http" | "https";
  readonly host: string;
  /** The whole chain, to be sent on as `x-forwarded-for`. */
  readonly forwardedFor: string;
}

export interface PeerAddress {
  readonly ip: string;
  readonly encrypted: boolean;
}

export class ClientAddresses {
  readonly #trusted = new BlockList();
  readonly #trustsSome: boolean;

  /** @throws {GatewayPlanError} for what is neither an address nor a CIDR range. */
  constructor(trustedProxies: readonly string[]) {
    const faults = trustedProxies.filter((range) => !addRange(this.#trusted, range));
    if (faults.length > 0) {
      throw new GatewayPlanError(
        faults.map((each) => `trusted proxy "${each}" is not a CIDR range`),
      );
    }
    this.#trustsSome = trustedProxies.length > 0;
  }

  resolve(peer: PeerAddress, headers: RequestHeaders): ClientAddress {
    const ip = plainAddress(peer.ip);
    const proto = peer.encrypted ? "https" : "http";
    const host = headers.host ?? "";
    if (!this.#trustsSome || !this.#isTrusted(ip)) return { ip, proto, host, forwardedFor: ip };
    const chain = (headers.forwardedFor ?? "")
      .split(",")
      .map((each) => plainAddress(each.trim()))
      .filter((each) => isIP(each) !== 0);
    chain.push(ip);
    const client = chain.findLast((each) => !this.#isTrusted(each)) ?? chain[0] ?? ip;
    const claimed = lastOf(headers.forwardedProto);
    return {
      ip: client,
      proto: claimed === "https" || claimed === "http" ? claimed : proto,
      host: lastOf(headers.forwardedHost) ?? host,
      forwardedFor: chain.join(", "),
    };
  }

  #isTrusted(ip: string): boolean {
    return this.#trusted.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4");
  }
}

function addRange(list: BlockList, range: string): boolean {
  const [address = "", prefix] = range.split("/");
  const version = isIP(address);
  const bits = prefix === undefined ? (version === 6 ? 128 : 32) : Number(prefix);
  if (version === 0 || !Number.isInteger(bits) || bits < 0) return false;
  if (bits > (version === 6 ? 128 : 32)) return false;
  list.addSubnet(address, bits, version === 6 ? "ipv6" : "ipv4");
  return true;
}

/** IPv4 peers of a dual-stack socket appear as `::ffff:192.0.2.1`. */
function plainAddress(ip: string): string {
  return ip.startsWith("::ffff:") && ip.includes(".") ? ip.slice(7) : ip;
}

function lastOf(list: string | undefined): string | undefined {
  return list?.split(",").at(-1)?.trim();
}
