import type { Plan } from "@ashlar/model";
import { expect, test } from "vitest";
import { overridesFrom, variableOf } from "../src/engines/overrides.ts";

interface Shape {
  readonly stores?: Readonly<Record<string, "postgres" | "redis" | "etcd">>;
  readonly streams?: readonly string[];
  readonly externals?: readonly string[];
}

function planWith({ stores = {}, streams = [], externals = [] }: Shape): Plan {
  const byName = <Value>(names: readonly string[], value: (name: string) => Value) =>
    Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    system: "shop",
    stores: byName(Object.keys(stores), (name) => ({ name, engine: stores[name] })),
    streams: byName(streams, (name) => ({ name })),
    externals: byName(externals, (name) => ({ name })),
  } as unknown as Plan;
}

const whole = planWith({
  stores: { "users-db": "postgres", "orders-db": "postgres", cache: "redis", leases: "etcd" },
  streams: ["events"],
  externals: ["smtp"],
});

test("without variables nothing is replaced", () => {
  expect(overridesFrom(whole, {})).toEqual({ urls: {}, server: null });
});

test("COV1: a variable of its own names one store, stream or external", () => {
  const variables = {
    USERS_DB_URL: "postgres://a/b",
    EVENTS_URL: "nats://a",
    SMTP_URL: "smtp://a",
    LEASES_URL: "http://a:2379",
  };
  expect(overridesFrom(whole, variables).urls).toEqual({
    "users-db": "postgres://a/b",
    events: "nats://a",
    smtp: "smtp://a",
    leases: "http://a:2379",
  });
});

test("COV2: DATABASE_URL is the server of all databases but those with a variable of their own", () => {
  const variables = { DATABASE_URL: "postgres://admin@h/postgres", USERS_DB_URL: "postgres://a/b" };
  expect(overridesFrom(whole, variables)).toEqual({
    urls: { "users-db": "postgres://a/b" },
    server: { adminUrl: "postgres://admin@h/postgres", names: ["orders-db", "events"] },
  });
});

test("COV2: a system with one database uses the one that DATABASE_URL names", () => {
  const single = planWith({ stores: { db: "postgres", cache: "redis" } });
  expect(overridesFrom(single, { DATABASE_URL: "postgres://h/mine" })).toEqual({
    urls: { db: "postgres://h/mine" },
    server: null,
  });
});

test("COV3: REDIS_URL serves redis stores alone", () => {
  expect(overridesFrom(whole, { REDIS_URL: "redis://h" }).urls).toEqual({ cache: "redis://h" });
});

test("what is not a URL is refused by the variable's name", () => {
  expect(() => overridesFrom(whole, { SMTP_URL: "mail server" })).toThrow("SMTP_URL is not a URL");
  expect(variableOf("users-db")).toBe("USERS_DB_URL");
});
