/**
 * Goal: every fault of shape, reference and part is found where it stands, alone, and by its own code.
 * Method: one sound system, spoiled in one way a row; each row wants exactly the fault it names.
 */
import { describe, expect, test } from "vitest";
import { check } from "../src/index.ts";
import {
  addPart,
  addStore,
  alertOn,
  brief,
  type FaultRow,
  faultsAfter,
  type Loose,
  nodes,
  opsPort,
  set,
  sound,
  users,
  wantsExactly,
  web,
} from "./fixture.ts";

const shapeRows: readonly FaultRow[] = [
  ["FIELD_UNKNOWN services.web.replica", (s) => set(web(s), { replica: 2 }), "unknown field"],
  ["FIELD_MISSING services.web.program", (s) => delete web(s)["program"], "is missing"],
  ["FIELD_MISSING owner", (s) => delete s["owner"], "is missing"],
  ["TYPE_WRONG services.web.uses", (s) => set(web(s), { uses: "ledger" }), "not a list"],
  ["TYPE_WRONG parts[4]", (s) => s["parts"].push(7), "7 is not a part"],
  ["VALUE_INVALID owner.email", (s) => set(s["owner"], { email: "nobody" }), "e-mail"],
  ["VALUE_INVALID parts[4].kind", (s) => addPart(s, { kind: "servce" }), 'mean "service"'],
  [
    "VALUE_INVALID services.web.ports.http.number",
    (s) => set(web(s)["ports"]["http"], { number: 80 }),
    "1024",
  ],
  [
    "QUANTITY_INVALID services.web.resources.memory",
    (s) => set(web(s), { resources: { memory: "1GB" } }),
    "512Mi",
  ],
  ["NAME_INVALID name", (s) => set(s, { name: "Shop!" }), "lower-case"],
  [
    "NAME_DUPLICATE stores.users",
    (s) => addStore(s, { name: "users", engine: "redis" }),
    "taken by services.users",
  ],
  [
    "CRON_INVALID stores.ledger.backup.schedule",
    (s) => set(s["stores"][0]["backup"], { schedule: "61 * * * *" }),
    "minute",
  ],
];

const referenceRows: readonly FaultRow[] = [
  [
    "REFERENCE_UNKNOWN services.web.uses[1]",
    (s) => set(web(s), { uses: ["users.http", "ledgre", "events.consume(web)"] }),
    'unknown store "ledgre"; did you mean "ledger"?',
  ],
  [
    "REFERENCE_UNKNOWN services.web.uses[0]",
    (s) => set(web(s), { uses: ["users.htpp", "events.consume(web)"] }),
    'did you mean "http"?',
  ],
  [
    "REFERENCE_UNKNOWN services.users.secrets[0]",
    (s) => set(users(s), { secrets: ["tokens.sining"] }),
    'did you mean "signing"?',
  ],
  [
    "REFERENCE_UNKNOWN services.users.namespace",
    (s) => set(users(s), { namespace: "shp" }),
    "namespace",
  ],
  [
    "REFERENCE_UNKNOWN services.users.placement.pool",
    (s) => set(users(s), { placement: { pool: "machine" } }),
    "pool",
  ],
  [
    "REFERENCE_UNKNOWN loads.smoke.mix[0].route",
    (s) => set(s["loads"][0]["mix"][0], { route: "user" }),
    "route of api",
  ],
  [
    "REFERENCE_UNKNOWN objectives.latency.part",
    (s) => set(s["objectives"][0], { part: "apy" }),
    "part",
  ],
  [
    "REFERENCE_UNKNOWN environments.dev.replicas.wbe",
    (s) => set(s["environments"]["dev"], { replicas: { wbe: 1 } }),
    'did you mean "web"?',
  ],
  [
    "REFERENCE_UNKNOWN environments.dev.scale.usrs",
    (s) => set(s["environments"]["dev"], { scale: { usrs: { max: 9 } } }),
    'did you mean "users"?',
  ],
  [
    "REFERENCE_VAGUE services.web.uses[1]",
    (s) => set(web(s), { uses: ["events.consume(web)", "users"] }),
    "users.<port>",
  ],
  [
    "REFERENCE_VAGUE services.web.uses[1]",
    (s) => set(web(s), { uses: ["events.consume(web)", { type: "stream", name: "events" }] }),
    ".publish",
  ],
  ["USE_DUPLICATE services.users.uses[2]", (s) => users(s)["uses"].push("ledger"), "twice"],
  ["USE_SELF services.users.uses[2]", (s) => users(s)["uses"].push("users.http"), "itself"],
  ["PORT_OPS_USED services.web.uses[3]", (s) => web(s)["uses"].push("users.ops"), "platform alone"],
  [
    "PEERS_UNFIT services.users.uses[2]",
    (s) => users(s)["uses"].push({ type: "peers", port: "http" }),
    "no peers",
  ],
  [
    "SECRET_HALF_INVALID services.users.secrets[1]",
    (s) => users(s)["secrets"].push({ secret: "tokens", key: "api", half: "public" }),
    "public half",
  ],
  [
    "SECRET_PER_REPLICA_UNFIT services.users.secrets",
    (s) => set(s["secrets"][0], { perReplica: true }),
    "their own",
  ],
];

const partRows: readonly FaultRow[] = [
  [
    "PORT_NUMBER_DUPLICATE services.web.ports.ops.number",
    (s) => set(web(s)["ports"]["ops"], { number: 3002 }),
    "already",
  ],
  [
    "OPS_PORT_SEVERAL services.web.ports",
    (s) => set(web(s)["ports"], { more: opsPort(9999) }),
    "one ops port",
  ],
  [
    "PORT_HTTP_MISSING sites.extra.ports",
    (s) => addPart(s, { kind: "site", ports: { ops: opsPort(9099) } }),
    "http port",
  ],
  [
    "EXPOSURE_INVALID services.web.ports.raw.exposure",
    (s) => set(web(s)["ports"], { raw: { protocol: "tcp", number: 4000, exposure: "ops" } }),
    "HTTP",
  ],
  [
    "EXPOSURE_INVALID jobs.extra.ports.http.exposure",
    (s) =>
      addPart(s, {
        kind: "job",
        ports: { http: { protocol: "http", number: 4000, exposure: "public" } },
      }),
    "comes and goes",
  ],
  [
    "METRICS_WITHOUT_OPS services.extra.metrics",
    (s) => addPart(s, { kind: "service", metrics: [{ kind: "gauge", name: "x" }] }),
    "ops port",
  ],
  [
    "METRIC_CONFLICT services.web.metrics",
    (s) => set(web(s), { metrics: [{ kind: "counter", name: "users_made_total" }] }),
    "declared otherwise in users",
  ],
  [
    "IMAGE_UNPINNED services.web.program.image",
    (s) => set(web(s)["program"], { image: "shop/web:latest" }),
    "digest",
  ],
  [
    "ENV_COLLISION services.web.config.x",
    (s) =>
      set(web(s), { config: { fields: { x: { type: "string", default: "", env: "USERS_URL" } } } }),
    "users.http",
  ],
  [
    "ENV_RESERVED services.web.config.x",
    (s) =>
      set(web(s), { config: { fields: { x: { type: "string", default: "", env: "ASHLAR_X" } } } }),
    "own",
  ],
  [
    "CONFIG_DEFAULT_INVALID services.users.config.waitMs.default",
    (s) => set(users(s)["config"]["fields"]["waitMs"], { min: 5000 }),
    "5000",
  ],
  [
    "CONFIG_BOUNDS_INVALID services.users.config.waitMs",
    (s) => set(users(s)["config"]["fields"]["waitMs"], { min: 5000, max: 10 }),
    "5000..10",
  ],
  [
    "CONFIG_VALUE_INVALID environments.dev.config.users.waitMs",
    (s) => set(s["environments"]["dev"], { config: { users: { waitMs: "long" } } }),
    "duration",
  ],
  [
    "NAMESPACE_AMBIGUOUS services.users.namespace",
    (s) => {
      s["namespaces"].push({ name: "other" });
      for (const each of [...s["parts"], ...s["stores"], ...s["streams"]])
        set(each, { namespace: "shop" });
      delete users(s)["namespace"];
    },
    "several namespaces",
  ],
  [
    "HOST_NETWORK_UNWAIVED daemons.extra.hostNetwork",
    (s) => {
      s["namespaces"].push({ name: "host" });
      for (const each of [...s["parts"], ...s["stores"], ...s["streams"]])
        set(each, { namespace: "shop" });
      addPart(s, { kind: "daemon", namespace: "host", hostNetwork: true });
    },
    "waiver",
  ],
  [
    "NAMESPACE_MIXED daemons.extra.hostNetwork",
    (s) =>
      addPart(s, {
        kind: "daemon",
        hostNetwork: true,
        waivers: [{ check: "pod-security/host-network", reason: "r", until: "2099-01-01" }],
      }),
    "privileged",
  ],
  [
    "JOB_PARALLELISM jobs.extra.parallelism",
    (s) => addPart(s, { kind: "job", parallelism: 3 }),
    "completions",
  ],
  [
    "PROBE_TIMEOUT services.web.probes.readiness.timeout",
    (s) =>
      set(web(s), {
        probes: {
          readiness: { kind: "http", port: "ops", path: "/readyz", period: "2s", timeout: "5s" },
        },
      }),
    "period",
  ],
  [
    "REFERENCE_UNKNOWN services.web.probes.readiness.port",
    (s) => set(web(s), { probes: { readiness: { kind: "tcp", port: "htttp" } } }),
    'did you mean "http"?',
  ],
  [
    "PROBE_PROTOCOL stateful.nodes.probes.liveness.port",
    (s) => set(nodes(s), { probes: { liveness: { kind: "http", port: "grpc", path: "/" } } }),
    "speaks grpc",
  ],
  [
    "PROBES_IDENTICAL services.web.probes.liveness",
    (s) =>
      set(web(s), {
        probes: {
          readiness: { kind: "http", port: "ops", path: "/x" },
          liveness: { kind: "http", port: "ops", path: "/x" },
        },
      }),
    "restarted",
  ],
];

describe("CK1: shape", () => wantsExactly(shapeRows));
describe("CK1: references", () => wantsExactly(referenceRows));
describe("CK1: parts", () => wantsExactly(partRows));

test("CK2: the sound system has no fault", () => {
  expect(check(sound()).map((fault) => fault.message)).toEqual([]);
});

test("CK1: a waiver that has ended is a fault from the day after", () => {
  const spoil = (s: Loose): void =>
    set(web(s), { waivers: [{ check: "a/b", reason: "r", until: "2026-05-01" }] });
  expect(faultsAfter(spoil, "2026-05-01")).toEqual([]);
  expect(faultsAfter(spoil, "2026-05-02").map(brief)).toEqual([
    "WAIVER_EXPIRED services.web.waivers.a/b",
  ]);
});

test("CK3: a fault that one environment brings about names it", () => {
  const faults = faultsAfter((s) =>
    set(s["environments"]["dev"], { replicas: 1, scale: { users: { min: 9, max: 4, on: [] } } }),
  );
  expect(faults.map((fault) => fault.message)).toEqual([
    'services.users.scale.min: min 9 is more than max 4; expected at most max, which is 4 (in environment "dev")',
  ]);
});

test("FT1: the message reads as path, problem and suggestion", () => {
  const faults = faultsAfter((s) => web(s)["uses"].splice(1, 1, "ledgre"));
  expect(faults[0]).toEqual({
    code: "REFERENCE_UNKNOWN",
    path: "services.web.uses[1]",
    value: "ledgre",
    expected:
      "a name that the system lists: ledger, members, cache, mail, events, users, web, nodes, api",
    suggestion: "ledger",
    message: 'services.web.uses[1]: unknown store "ledgre"; did you mean "ledger"?',
  });
});

test("CK1: all faults are reported at once", () => {
  const faults = faultsAfter((s) => {
    web(s)["uses"].push("nothing-like-it");
    set(users(s)["ports"]["http"], { number: "3001" });
    set(nodes(s), { quorum: 4 });
    delete s["stores"][0]["backup"];
    alertOn(s, "nobody_counts_this > 1");
  });
  expect(faults.map((fault) => fault.code).toSorted()).toEqual([
    "BACKUP_MISSING",
    "METRIC_UNKNOWN",
    "QUORUM_UNSAFE",
    "REFERENCE_UNKNOWN",
    "TYPE_WRONG",
  ]);
});
