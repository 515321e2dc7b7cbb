/**
 * Goal: wrong wiring is a compile error, before anything runs.
 * Method: each wrong line stands under `@ts-expect-error`; the type checker fails where one of them
 * compiles. The definitions run as well, so that right lines stay right.
 */
import { counter, gauge, histogram } from "@ashlar/foundation";
import { expect, test } from "vitest";
import {
  alert,
  type ConfigValues,
  check,
  config,
  cpu,
  daemon,
  daily,
  defineSystem,
  duration,
  environment,
  gateway,
  grpc,
  http,
  httpProbe,
  image,
  integer,
  load,
  metric,
  node,
  none,
  objective,
  oneOf,
  ops,
  parseConfig,
  partitioned,
  peers,
  postgres,
  privateKey,
  promql,
  redis,
  rolling,
  route,
  secret,
  series,
  service,
  stateful,
  stream,
  supplied,
  udp,
} from "../src/index.ts";

const ledger = postgres("ledger", { backup: daily() });
const events = stream("events", { kind: "log" });
const tokens = secret("tokens", {
  keys: { signing: privateKey("ed25519"), api: supplied() },
});
const waiting = gauge("waiting", { help: "Waiting." });
const made = counter("made_total", { help: "Made.", labels: { by: ["web", "app"] } });
const took = histogram("took_seconds", { help: "Took." });

const users = service("users", {
  program: node("./users.ts"),
  ports: { http: http(3001), grpc: grpc(3002), dns: udp(5353), ops: ops(9091) },
  uses: [ledger, events.publish],
  secrets: [tokens.keys.signing, tokens.keys.signing.public],
  metrics: { waiting, made, took },
  probes: { readiness: httpProbe("ops", "/readyz") },
  scale: { min: 2, max: 4, on: [metric(waiting, { perReplica: 10 })] },
});
const nodes = stateful("nodes", {
  program: image("example/node:1.0"),
  ports: { peer: grpc(7000) },
  uses: [peers("peer"), users.ports.grpc],
  rollout: partitioned(),
});
const toUsers = route("users", "/users/*", users.ports.http);
const api = gateway("api", {
  ports: { http: http(8080, { exposure: "public" }), ops: ops(9090) },
  hosts: ["example.com"],
  routes: [toUsers],
});

test("a reference to what is declared compiles, and the system is sound", () => {
  const system = defineSystem({
    name: "typed",
    owner: { team: "a", email: "a@example.com" },
    parts: [users, nodes, api],
    stores: [ledger],
    streams: [events],
    secrets: [tokens],
    alerts: [
      alert("Waiting", {
        summary: "s",
        runbook: "r",
        when: promql`${series(waiting, { part: users })} > 5`,
      }),
      alert("Made", {
        summary: "s",
        runbook: "r",
        when: promql`rate(${series(made, { by: "web" })}[5m]) == 0`,
      }),
    ],
    environments: {
      dev: environment({ replicas: { users: 1 } }),
      large: environment({ scale: { users: { max: 9 } }, resources: { nodes: { cpu: "2" } } }),
    },
  });
  expect(check(system)).toEqual([]);
});

test("an unknown port, secret key or half does not compile", () => {
  // @ts-expect-error There is no such port.
  expect(users.ports.htpp).toBeUndefined();
  // @ts-expect-error There is no such key.
  expect(tokens.keys.sining).toBeUndefined();
  // @ts-expect-error A supplied value has no public half.
  expect(tokens.keys.api.public).toBeUndefined();
  // @ts-expect-error There is no port of this name to be peers on.
  stateful("x", { program: node("./x.ts"), ports: { peer: grpc(7000) }, uses: [peers("pear")] });
  const probes = { readiness: httpProbe("htpp", "/readyz") };
  // @ts-expect-error There is no port of this name to probe.
  service("x", { program: node("./x.ts"), ports: { http: http(3000) }, probes });
});

test("a route leads to an HTTP port that is not ops", () => {
  // @ts-expect-error An ops port is the platform's.
  route("ops", "/metrics", users.ports.ops);
  // @ts-expect-error gRPC is no HTTP route's target.
  route("grpc", "/g", users.ports.grpc);
  // @ts-expect-error UDP is none either.
  route("udp", "/u", users.ports.dns);
  // @ts-expect-error A part is not a port.
  route("part", "/p", users);
  // @ts-expect-error A path starts with a slash.
  route("path", "users", users.ports.http);
});

test("uses are ports, stores, sides of streams and externals", () => {
  const program = node("./x.ts");
  // @ts-expect-error A stream is published to or consumed from.
  service("x", { program, uses: [events] });
  // @ts-expect-error A part is used by one of its ports.
  service("x", { program, uses: [users] });
  // @ts-expect-error An ops port is used by nobody.
  service("x", { program, uses: [users.ports.ops] });
  // @ts-expect-error Only a stateful part has peers.
  service("x", { program, ports: { http: http(3000) }, uses: [peers("http")] });
  // @ts-expect-error A name is no reference.
  service("x", { program, uses: ["ledger"] });
});

test("a scale signal is a gauge", () => {
  // @ts-expect-error A counter only rises.
  metric(made, { perReplica: 1 });
  // @ts-expect-error A histogram is no amount.
  metric(took, { perReplica: 1 });
  expect(cpu(70).kind).toBe("cpu");
});

test("labels and their listed values are known", () => {
  // @ts-expect-error There is no such label.
  series(made, { bye: "web" });
  // @ts-expect-error The label never has this value.
  series(made, { by: "wbe" });
});

test("objectives measure histograms, and loads drive gateways", () => {
  // @ts-expect-error A gauge has no buckets.
  objective("o", { part: users, latency: waiting, threshold: "1s", target: 0.9 });
  // @ts-expect-error A service is no way in.
  load("l", { target: users, stages: [], mix: [] });
});

test("durable stores say whether they are backed up, and kinds roll out as they can", () => {
  // @ts-expect-error A database needs a backup, or a reason for none.
  postgres("p", {});
  expect(postgres("p", { backup: none("rebuilt from events") }).name).toBe("p");
  expect(redis("r").engine).toBe("redis");
  const program = node("./x.ts");
  // @ts-expect-error A named replica cannot exist twice.
  stateful("x", { program, rollout: rolling() });
  // @ts-expect-error A daemon runs once on each machine.
  daemon("x", { program, scale: 3 });
  // @ts-expect-error Shared limits are kept in PostgreSQL or Redis.
  gateway("g", { hosts: ["x"], routes: [], sharedState: { ...ledger, engine: "etcd" } });
});

test("environments size parts that exist", () => {
  const owner = { team: "a", email: "a@example.com" };
  const common = { name: "x", owner, parts: [users] } as const;
  const dev = environment({ scale: { usrs: { max: 2 } } });
  // @ts-expect-error There is no such part.
  defineSystem({ ...common, environments: { dev } });
});

test("quantities have units", () => {
  // @ts-expect-error Thirty of what?
  duration({ default: "30" });
  // @ts-expect-error Decimal units are not used.
  service("x", { program: node("./x.ts"), resources: { memory: "1GB" } });
});

test("configuration has the types that it declares", () => {
  const declared = config({
    attempts: integer({ default: 3 }),
    waitMs: duration({ default: "5s" }),
    mode: oneOf(["fast", "safe"], { default: "safe" }),
  });
  const values: ConfigValues<typeof declared> = parseConfig(declared, {});
  const attempts: number = values.attempts;
  const mode: "fast" | "safe" = values.mode;
  // @ts-expect-error It is one of two words.
  const wrong: "slow" = values.mode;
  expect([attempts, mode, wrong, values.waitMs]).toEqual([3, "safe", "safe", 5000]);
  // @ts-expect-error The default is one of the words.
  oneOf(["fast", "safe"], { default: "slow" });
});
