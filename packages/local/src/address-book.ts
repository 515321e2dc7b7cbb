/**
 * Who is where: turns the uses of a part into the addresses that its processes are given, and into
 * the list of those that its network policy allows.
 *
 * @module
 */
import type { Plan, PortProtocol, UsePlan } from "@ashlar/model";
import type { SystemAddress } from "./policy.ts";
import type { RunnablePart } from "./runnable-part.ts";
import { loopback, type ServiceAddresses } from "./service-addresses.ts";

export interface BookedPart {
  readonly part: RunnablePart;
  readonly addresses: ServiceAddresses;
  /** How many replicas there ought to be. */
  readonly wanted: () => number;
  /** The running replicas' own ports. */
  readonly replicaPorts: () => readonly Readonly<Record<string, number>>[];
}

export interface AddressBookOptions {
  readonly plan: Plan;
  readonly overrides: Readonly<Record<string, string>>;
  readonly parts: ReadonlyMap<string, BookedPart>;
  /** Address of a store's or stream's database; undefined until it is ready, or in process. */
  readonly storeUrl: (name: string) => string | undefined;
  /** `host:port` of the captured mailbox. */
  readonly mailbox: string | undefined;
  readonly otlp: string | undefined;
}

export class AddressBook {
  readonly #options: AddressBookOptions;

  constructor(options: AddressBookOptions) {
    this.#options = options;
  }

  /** What the variable of a use holds; undefined where nothing is to be connected to. */
  addressOf(use: UsePlan): string | undefined {
    if (use.to === "store") return this.#options.storeUrl(use.store);
    if (use.to === "stream") return this.#options.storeUrl(use.stream);
    if (use.to === "external") return this.#externalUrl(use.external);
    const target = this.#options.parts.get(use.part);
    const port = target?.part.ports[use.port];
    if (target === undefined || port === undefined) return undefined;
    return this.#numbersOf(use, target)
      .map((number) => `${schemeOf(port.protocol)}://${loopback}:${number}`)
      .join(",");
  }

  /** Every address of the system, each with the parts that declared it. */
  systemAddresses(): readonly SystemAddress[] {
    const { parts, otlp, mailbox } = this.#options;
    const everyPart = new Set(parts.keys());
    return [
      ...[...parts.values()].flatMap((booked) => this.#partAddresses(booked)),
      ...this.#otherAddresses(),
      ...(otlp === undefined ? [] : [platformAddress(otlp, "telemetry receiver", everyPart)]),
      ...(mailbox === undefined ? [] : [platformAddress(mailbox, "mailbox", new Set())]),
    ];
  }

  #numbersOf(
    use: Extract<UsePlan, { readonly to: "port" }>,
    target: BookedPart,
  ): readonly number[] {
    if (use.perReplica) return target.addresses.replicaNumbers(use.port, target.wanted());
    const number = target.addresses.serviceNumber(use.port);
    return number === undefined ? [] : [number];
  }

  #externalUrl(name: string): string | undefined {
    const given = this.#options.overrides[name];
    if (given !== undefined) return given;
    const external = this.#options.plan.externals[name];
    const { mailbox } = this.#options;
    if (external?.local === "mailbox" && mailbox !== undefined) return `smtp://${mailbox}`;
    if (external?.local !== "real") return undefined;
    return `${external.protocol}://${external.host}:${external.port}`;
  }

  #partAddresses({ part, addresses, wanted, replicaPorts }: BookedPart): readonly SystemAddress[] {
    const found: SystemAddress[] = [];
    for (const port of Object.values(part.ports)) {
      const owner = {
        kind: "port",
        part: part.name,
        port: port.name,
        ops: port.exposure === "ops",
      } as const;
      const add = (number: number, users: ReadonlySet<string>): void => {
        found.push({ host: loopback, port: number, owner, users });
      };
      const service = addresses.serviceNumber(port.name);
      if (service !== undefined) add(service, this.#usersOf(part.name, port.name, "any"));
      const direct = this.#usersOf(part.name, port.name, "perReplica");
      const numbers = new Set(addresses.replicaNumbers(port.name, wanted()));
      for (const number of numbers) add(number, direct);
      for (const own of replicaPorts()) {
        const number = own[port.name];
        if (number !== undefined && !numbers.has(number)) add(number, new Set());
      }
    }
    return found;
  }

  #usersOf(part: string, port: string, how: "any" | "perReplica"): ReadonlySet<string> {
    return this.#usersWhere(
      (use) =>
        use.to === "port" &&
        use.part === part &&
        use.port === port &&
        (how === "any" || use.perReplica),
    );
  }

  /** Stores, streams and externals that have an address. */
  #otherAddresses(): readonly SystemAddress[] {
    const { plan, storeUrl } = this.#options;
    const all = [
      ...Object.keys(plan.stores).map((name) => ({ kind: "store", name, url: storeUrl(name) })),
      ...Object.keys(plan.streams).map((name) => ({ kind: "stream", name, url: storeUrl(name) })),
      ...Object.keys(plan.externals).map((name) => ({
        kind: "external",
        name,
        url: this.#externalUrl(name),
      })),
    ] as const;
    return all.flatMap(({ kind, name, url }) => {
      const users = this.#usersWhere((use) => {
        if (use.to === "store") return kind === "store" && use.store === name;
        if (use.to === "stream") return kind === "stream" && use.stream === name;
        return use.to === "external" && kind === "external" && use.external === name;
      });
      return hostsOf(url).map(({ host, port }) => ({
        host,
        port,
        owner: { kind: kind as "store" | "stream" | "external", name },
        users,
      }));
    });
  }

  #usersWhere(matches: (use: UsePlan) => boolean): ReadonlySet<string> {
    const users = [...this.#options.parts.values()].filter(({ part }) => part.uses.some(matches));
    return new Set(users.map(({ part }) => part.name));
  }
}

function platformAddress(
  hostAndPort: string,
  name: string,
  users: ReadonlySet<string>,
): SystemAddress {
  const [host = loopback, port = "0"] = hostAndPort.split(":");
  return { host, port: Number(port), owner: { kind: "platform", name }, users };
}

function schemeOf(protocol: PortProtocol): string {
  return protocol === "websocket" ? "ws" : protocol;
}

const defaultPorts: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "postgres:": 5432,
  "postgresql:": 5432,
  "redis:": 6379,
  "rediss:": 6379,
  "nats:": 4222,
  "smtp:": 25,
  "smtps:": 465,
};

/** Addresses in a URL, or in a comma-separated list of URLs. */
function hostsOf(
  urls: string | undefined,
): readonly { readonly host: string; readonly port: number }[] {
  if (urls === undefined) return [];
  return urls.split(",").flatMap((text) => {
    if (!URL.canParse(text)) return [];
    const url = new URL(text);
    const port = url.port === "" ? (defaultPorts[url.protocol] ?? 0) : Number(url.port);
    return url.hostname === "" ? [] : [{ host: url.hostname.replace(/^\[|\]$/g, ""), port }];
  });
}
