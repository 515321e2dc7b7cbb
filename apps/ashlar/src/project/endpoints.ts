/**
 * The addresses of a running system, by name. Pure.
 *
 * - CEP1  A part's first port that is not for operators goes by the part's name, its other ports by
 *        `<part>.<port>`; so a gateway is `api` and its health is `api.ops`.
 * - CEP2  `console` carries its token, so that the address alone opens it.
 *
 * @module
 */
import type { PartStatus, SystemStatus } from "@ashlar/local";
import type { Plan, PortPlan } from "@ashlar/model";

export type Endpoints = Readonly<Record<string, string>>;

export function endpointsOf(
  status: SystemStatus,
  plan: Plan,
  consoleToken: string | undefined,
): Endpoints {
  const endpoints: Record<string, string> = { ...status.endpoints };
  for (const part of status.parts) {
    const ports = plan.parts[part.name]?.ports ?? {};
    const first = Object.values(ports).find((port) => port.exposure !== "ops")?.name;
    for (const port of Object.values(ports)) {
      const place = part.addresses[port.name] ?? ownAddress(part, port.name);
      if (place === undefined) continue;
      const name = port.name === first ? part.name : `${part.name}.${port.name}`;
      endpoints[name] ??= `${schemeOf(port)}://${place}`;
    }
  }
  const address = endpoints["console"];
  if (address !== undefined && consoleToken !== undefined) {
    endpoints["console"] = withToken(address, consoleToken);
  }
  return Object.fromEntries(Object.entries(endpoints).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The endpoints that people open: public ports and the console. */
export function publicEndpointsOf(endpoints: Endpoints, plan: Plan): Endpoints {
  const names = new Set(["console"]);
  for (const part of Object.values(plan.parts)) {
    const first = Object.values(part.ports).find((port) => port.exposure !== "ops")?.name;
    for (const port of Object.values(part.ports)) {
      if (port.exposure !== "public") continue;
      names.add(port.name === first ? part.name : `${part.name}.${port.name}`);
    }
  }
  return Object.fromEntries(Object.entries(endpoints).filter(([name]) => names.has(name)));
}

function ownAddress(part: PartStatus, port: string): string | undefined {
  const number = part.replicas.find((each) => each.ports[port] !== undefined)?.ports[port];
  return number === undefined ? undefined : `127.0.0.1:${number}`;
}

function schemeOf(port: PortPlan): string {
  if (port.protocol === "websocket") return "ws";
  return port.protocol === "tcp" || port.protocol === "udp" ? port.protocol : "http";
}

/** The page turns it into a cookie and takes it out of the address at once. */
function withToken(address: string, token: string): string {
  const url = new URL(address);
  url.searchParams.set("token", token);
  return url.href;
}
