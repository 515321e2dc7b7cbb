/**
 * What a part depends on.
 *
 * The closure of all uses is the system's network policy: a connection that no use declares is
 * refused in a cluster and on one machine alike.
 *
 * @module
 */
import type { External } from "./external.ts";
import type { PortProtocol } from "./plan/part.ts";
import type { PortRef } from "./port.ts";
import type { Store } from "./store.ts";
import type { StreamUse } from "./stream.ts";

/** A port that parts may use: any but an `ops` port. */
export type UsablePort = PortRef<string, string, PortProtocol, "part" | "public">;

export type UseTarget = UsablePort | Store | StreamUse | External;

/** A use with its details spelled out. */
export interface Use {
  readonly type: "use";
  readonly target: UseTarget | Peers;
}

/** A stateful part's own port on its other replicas. */
export interface Peers<PortName extends string = string> {
  readonly type: "peers";
  readonly port: PortName;
}

export interface UseOptions {
  /** Variable that carries the address. Default by rule: `USERS_URL`, `NODES_GRPC_URL`. */
  readonly env?: string;
  /** May the part start before its target is ready? Default `false`; always so in a cycle. */
  readonly optional?: boolean;
  /** Addresses of each replica rather than of the part as a whole. Default `false`. */
  readonly perReplica?: boolean;
}

/** Spells out a use: `use(nodes.ports.grpc, { perReplica: true, optional: true })`. */
export function use(target: UseTarget, options: UseOptions): Use {
  const built = { type: "use", target, ...options } as const;
  return built;
}

/** The other replicas of the stateful part that says so, by one of its own ports. */
export function peers<const PortName extends string>(port: PortName): Peers<PortName> {
  return { type: "peers", port };
}
