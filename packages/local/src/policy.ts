/**
 * What each part may connect to, as the guard in its processes reads it. Pure.
 *
 * - LNP1  A part reaches the addresses of its declared uses, its own ports, the telemetry receiver,
 *        and nothing else.
 * - LNP2  Every other address of the same system is known by name, so that a refusal can say which
 *        use is missing.
 *
 * @module
 */

/** The file's content. The guard declares the same shape by itself: it imports nothing. */
export interface PolicyDocument {
  readonly format: "ashlar.policy/1";
  readonly part: string;
  /** Built-in programs of the platform may connect to anything. */
  readonly unrestricted: boolean;
  /** `host:port`, lower case; a loopback address in any form is written `loopback:port`. */
  readonly allowed: readonly string[];
  /** Unix sockets below these directories are the part's own. */
  readonly directories: readonly string[];
  /** What the other addresses of the system are, by `host:port` as above. */
  readonly known: Readonly<Record<string, KnownAddress>>;
}

interface KnownAddress {
  /** For people, for example `notifications.http`. */
  readonly name: string;
  /** What to add to the uses, for example `notifications.ports.http`; null: never to be used. */
  readonly use: string | null;
}

/** One address in the system that somebody listens on. */
export interface SystemAddress {
  readonly host: string;
  readonly port: number;
  readonly owner:
    | { readonly kind: "port"; readonly part: string; readonly port: string; readonly ops: boolean }
    | { readonly kind: "store" | "stream" | "external"; readonly name: string }
    | { readonly kind: "platform"; readonly name: string };
  /** Parts that declared it. */
  readonly users: ReadonlySet<string>;
}

export function policyOf(
  part: string,
  addresses: readonly SystemAddress[],
  directories: readonly string[],
): PolicyDocument {
  const allowed = new Set<string>();
  const known: Record<string, KnownAddress> = {};
  for (const address of addresses) {
    const key = addressKey(address.host, address.port);
    if (address.users.has(part)) allowed.add(key);
    else known[key] ??= describe(address.owner);
  }
  for (const key of allowed) delete known[key]; // Stores that share an engine share its address.
  return {
    format: "ashlar.policy/1",
    part,
    unrestricted: false,
    allowed: [...allowed].toSorted(),
    directories,
    known,
  };
}

export function unrestrictedPolicy(part: string): PolicyDocument {
  return {
    format: "ashlar.policy/1",
    part,
    unrestricted: true,
    allowed: [],
    directories: [],
    known: {},
  };
}

function addressKey(host: string, port: number): string {
  return `${isLoopback(host) ? "loopback" : host.toLowerCase()}:${port}`;
}

function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  const written = ["localhost", "::1", "::", "0.0.0.0"].includes(name);
  return written || name.endsWith(".localhost") || name.startsWith("127.");
}

function describe(owner: SystemAddress["owner"]): KnownAddress {
  if (owner.kind === "platform") return { name: owner.name, use: null };
  if (owner.kind !== "port") return { name: `${owner.kind} ${owner.name}`, use: owner.name };
  return {
    name: `${owner.part}.${owner.port}`,
    use: owner.ops ? null : `${owner.part}.ports.${owner.port}`,
  };
}
