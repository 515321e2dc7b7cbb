/**
 * A small sound system as plain data, and a way to spoil it.
 */
import { expect, test } from "vitest";
import type { Fault } from "../src/fault.ts";
import { check } from "../src/index.ts";

/** Plain data, so that a test can put anything anywhere. */
// Tests build definitions that no type allows.
// oxlint-disable-next-line typescript/no-explicit-any
export type Loose = Record<string, any>;

/** A sound system of two services, a stateful part, a gateway, and one of everything else. */
export function sound(): Loose {
  return {
    name: "shop",
    owner: { team: "shop", email: "shop@example.com" },
    namespaces: [{ name: "shop" }],
    pools: [{ name: "machines", cpu: "8", memory: "32Gi", min: 1, max: 5 }],
    stores: [
      { name: "ledger", engine: "postgres", backup: { schedule: "0 2 * * *" } },
      { name: "members", engine: "etcd", backup: { schedule: "0 */6 * * *" } },
      { name: "cache", engine: "redis" },
    ],
    streams: [{ name: "events", kind: "log" }],
    externals: [{ name: "mail", protocol: "smtp", host: "mail.example.com" }],
    secrets: [
      {
        name: "tokens",
        keys: {
          signing: { shape: "privateKey", algorithm: "ed25519" },
          api: { shape: "supplied" },
        },
      },
    ],
    parts: [
      {
        kind: "service",
        name: "users",
        program: { runtime: "node", entry: "./users.ts" },
        ports: { http: { protocol: "http", number: 3001 }, ops: opsPort(9091) },
        uses: ["ledger", "events.publish"],
        secrets: ["tokens.signing"],
        config: { type: "config", fields: { waitMs: { type: "duration", default: 1000 } } },
        metrics: [
          { kind: "gauge", name: "users_waiting", help: "Waiting users." },
          { kind: "counter", name: "users_made_total", help: "Users.", labels: { by: ["web"] } },
        ],
      },
      {
        kind: "service",
        name: "web",
        program: { runtime: "node", entry: "./web.ts" },
        ports: { http: { protocol: "http", number: 3002 }, ops: opsPort(9092) },
        uses: ["users.http", "ledger", "events.consume(web)"],
        scale: { min: 2, max: 4, on: [{ kind: "cpu", utilizationPercent: 70 }] },
      },
      {
        kind: "stateful",
        name: "nodes",
        program: { runtime: "node", entry: "./node.ts" },
        ports: { grpc: { protocol: "grpc", number: 50_051 }, ops: opsPort(9093) },
        uses: [{ type: "peers", port: "grpc" }, "members"],
        quorum: "majority",
      },
      {
        kind: "gateway",
        name: "api",
        ports: {
          http: { protocol: "http", number: 8080, exposure: "public" },
          ops: opsPort(9090),
        },
        hosts: ["shop.example.com"],
        issuers: [issuer()],
        routes: [
          { name: "users", path: "/users/{id}", target: "users.http" },
          { name: "web", path: "/*", target: "web.http" },
        ],
      },
    ],
    objectives: [
      {
        name: "latency",
        part: "api",
        latency: "http_request_duration_seconds",
        threshold: "200ms",
        target: 0.99,
      },
    ],
    alerts: [
      {
        name: "UsersWait",
        summary: "Users wait.",
        runbook: "Look.",
        when: "max(users_waiting) > 5",
      },
    ],
    dashboards: [],
    loads: [
      {
        name: "smoke",
        target: "api",
        stages: [{ for: "10s", perSecond: 5 }],
        mix: [{ route: "users", weight: 1 }],
      },
    ],
    environments: { dev: { replicas: { web: 1 } } },
  };
}

export function opsPort(number: number): Loose {
  return { protocol: "http", number, exposure: "ops" };
}

function issuer(): Loose {
  return {
    name: "us",
    issuer: "https://us.example.com",
    audiences: ["shop"],
    algorithms: ["EdDSA"],
    jwks: { part: "users", port: "http", path: "/keys" },
  };
}

/** The part called `name`. */
export function partOf(system: Loose, name: string): Loose {
  return system["parts"].find((part: Loose) => part["name"] === name);
}

/** The faults of the sound system after `spoil`. */
export function faultsAfter(spoil: (system: Loose) => void, today?: string): Fault[] {
  const system = sound();
  spoil(system);
  return check(system, today === undefined ? {} : { today });
}

/** One fault as `CODE path`. */
export function brief(fault: Fault): string {
  return `${fault.code} ${fault.path}`;
}

export const users = (system: Loose): Loose => partOf(system, "users");
export const web = (system: Loose): Loose => partOf(system, "web");
export const nodes = (system: Loose): Loose => partOf(system, "nodes");
export const api = (system: Loose): Loose => partOf(system, "api");

export function set(owner: Loose, fields: Loose): void {
  Object.assign(owner, fields);
}

/** Changes the gateway's first route. */
export function route(system: Loose, fields: Loose): void {
  set(api(system)["routes"][0], fields);
}

export function addPart(system: Loose, fields: Loose): void {
  const program = { runtime: "node", entry: "./extra.ts" };
  system["parts"].push({ name: "extra", program, ...fields });
}

export function addStore(system: Loose, fields: Loose): void {
  system["stores"].push(fields);
}

export function alertOn(system: Loose, when: unknown): void {
  set(system["alerts"][0], { when });
}

export function volume(fields: Loose): Loose {
  return {
    name: "disk",
    path: "/data",
    size: "1Gi",
    backup: { schedule: "0 2 * * *" },
    ...fields,
  };
}

/** The one fault wanted as `CODE path`, how to spoil the system, and words of the message. */
export type FaultRow = readonly [string, (system: Loose) => void, string];

/** Spoils the sound system by each row, and wants exactly its fault. */
export function wantsExactly(rows: readonly FaultRow[]): void {
  test.each(rows)("exactly %s", (wanted, spoil, words) => {
    const faults = faultsAfter(spoil);
    expect(faults.map(brief)).toEqual([wanted]);
    expect(faults[0]?.message).toContain(words);
  });
}
