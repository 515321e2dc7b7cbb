/**
 * Ports: what a part listens on, and the values by which others refer to them.
 *
 * A part's declared ports come back as references: `users.ports.http` knows its part, its protocol
 * and its exposure, so that the compiler refuses a port that does not exist, a route to a port that
 * does not speak HTTP, and any use of an `ops` port.
 *
 * @module
 */
import type { PortProtocol } from "./plan/part.ts";

/** Who reaches a port: declared users, also the outside, or the platform alone. */
export type Exposure = "part" | "public" | "ops";

/** A port as a part declares it. */
export interface PortDeclaration<
  Protocol extends PortProtocol = PortProtocol,
  Exposed extends Exposure = Exposure,
> {
  readonly protocol: Protocol;
  /** Number inside the cluster, 1024..65535; the local runner picks another where it is taken. */
  readonly number: number;
  readonly exposure: Exposed;
}

export type Ports = Readonly<Record<string, PortDeclaration>>;
export type NoPorts = Readonly<Record<never, never>>;

/** A reference to one port of one part. */
export interface PortRef<
  Part extends string = string,
  Name extends string = string,
  Protocol extends PortProtocol = PortProtocol,
  Exposed extends Exposure = Exposure,
> extends PortDeclaration<Protocol, Exposed> {
  readonly type: "port";
  readonly part: Part;
  readonly port: Name;
  /** A path on this port, for example where an issuer publishes its keys. */
  path(path: `/${string}`): PortPath;
}

/** A path on a part's port. Made by {@link PortRef.path}. */
export interface PortPath {
  readonly type: "portPath";
  readonly part: string;
  readonly port: string;
  readonly path: string;
}

export type PortRefs<Part extends string, Declared extends Ports> = {
  readonly [Name in keyof Declared & string]: PortRef<
    Part,
    Name,
    Declared[Name]["protocol"],
    Declared[Name]["exposure"]
  >;
};

interface PortOptions<Exposed extends "part" | "public"> {
  /** `part`: for declared users; `public`: also from outside. Default `part`. */
  readonly exposure?: Exposed;
}

/** HTTP/1.1 and HTTP/2; also carries WebSocket upgrades. */
export function http<const Exposed extends "part" | "public" = "part">(
  number: number,
  options: PortOptions<Exposed> = {},
): PortDeclaration<"http", Exposed> {
  return declare("http", number, options);
}

/** gRPC over HTTP/2. */
export function grpc<const Exposed extends "part" | "public" = "part">(
  number: number,
  options: PortOptions<Exposed> = {},
): PortDeclaration<"grpc", Exposed> {
  return declare("grpc", number, options);
}

/** Any protocol over TCP. */
export function tcp<const Exposed extends "part" | "public" = "part">(
  number: number,
  options: PortOptions<Exposed> = {},
): PortDeclaration<"tcp", Exposed> {
  return declare("tcp", number, options);
}

/** Any protocol over UDP. May share its number with a TCP port of the same part. */
export function udp<const Exposed extends "part" | "public" = "part">(
  number: number,
  options: PortOptions<Exposed> = {},
): PortDeclaration<"udp", Exposed> {
  return declare("udp", number, options);
}

/** A port that speaks WebSocket alone. */
export function websocket<const Exposed extends "part" | "public" = "part">(
  number: number,
  options: PortOptions<Exposed> = {},
): PortDeclaration<"websocket", Exposed> {
  return declare("websocket", number, options);
}

/** Health and metrics over HTTP: `/healthz`, `/readyz`, `/metrics`. The platform alone reaches it. */
export function ops(number: number): PortDeclaration<"http", "ops"> {
  return { protocol: "http", number, exposure: "ops" };
}

function declare<Protocol extends PortProtocol, Exposed extends "part" | "public">(
  protocol: Protocol,
  number: number,
  options: PortOptions<Exposed>,
): PortDeclaration<Protocol, Exposed> {
  return { protocol, number, exposure: options.exposure ?? ("part" as Exposed) };
}

/** Turns a part's declared ports into references to them. */
export function portRefs<const Part extends string, const Declared extends Ports>(
  part: Part,
  declared: Declared,
): PortRefs<Part, Declared> {
  const refs: Record<string, PortRef> = {};
  for (const [port, declaration] of Object.entries(declared)) {
    refs[port] = {
      ...declaration,
      type: "port",
      part,
      port,
      path: (path) => ({ type: "portPath", part, port, path }),
    };
  }
  return refs as PortRefs<Part, Declared>;
}
