/**
 * Goal: every fault of size and storage is found where it stands, alone, and by its own code.
 * Method: one sound system, spoiled in one way a row; each row wants exactly the fault it names.
 */
import { describe } from "vitest";
import { api, type FaultRow, nodes, set, users, volume, wantsExactly, web } from "./fixture.ts";

const sizeRows: readonly FaultRow[] = [
  [
    "SCALE_RANGE services.web.scale.min",
    (s) => set(web(s)["scale"], { min: 5 }),
    "min 5 is more than max 4",
  ],
  ["SCALE_RANGE pools.machines.min", (s) => set(s["pools"][0], { min: 9 }), "max"],
  [
    "SCALE_SIGNAL_MISSING services.web.scale.on",
    (s) => set(web(s)["scale"], { on: [] }),
    "nothing makes it grow",
  ],
  [
    "SCALE_SIGNAL_IDLE services.web.scale.on",
    (s) => set(web(s)["scale"], { max: 2 }),
    "change nothing",
  ],
  [
    "SCALE_SIGNAL_DUPLICATE services.web.scale.on[1]",
    (s) => web(s)["scale"]["on"].push({ kind: "cpu", utilizationPercent: 50 }),
    "twice",
  ],
  [
    "SCALE_METRIC_NOT_EXPORTED services.web.scale.on[1].metric",
    (s) => web(s)["scale"]["on"].push({ kind: "metric", metric: "users_waiting", perReplica: 5 }),
    "does not export",
  ],
  [
    "SCALE_METRIC_KIND services.web.scale.on[1].metric",
    (s) =>
      web(s)["scale"]["on"].push({ kind: "metric", metric: "http_requests_total", perReplica: 5 }),
    "is a counter",
  ],
  [
    "SCALE_METRIC_KIND services.web.scale.on[1].metric",
    (s) =>
      web(s)["scale"]["on"].push({
        kind: "metric",
        metric: "http_request_duration_seconds",
        perReplica: 5,
      }),
    "is a histogram",
  ],
  [
    "SCALE_VERTICAL_CONFLICT services.web.scale.vertical",
    (s) =>
      set(web(s)["scale"], {
        vertical: "memory",
        on: [{ kind: "memory", utilizationPercent: 80 }],
      }),
    "against each other",
  ],
  [
    "DISRUPTION_TOTAL services.web.disruption.maxUnavailable",
    (s) => set(web(s), { disruption: { maxUnavailable: 2 } }),
    "all 2",
  ],
  [
    "DISRUPTION_BREAKS_QUORUM stateful.nodes.disruption.maxUnavailable",
    (s) => set(nodes(s), { disruption: { maxUnavailable: 2 } }),
    "2 must live",
  ],
  ["QUORUM_UNSAFE stateful.nodes.quorum", (s) => set(nodes(s), { quorum: 4 }), "never form"],
  ["QUORUM_UNSAFE stateful.nodes.quorum", (s) => set(nodes(s), { scale: 2 }), "lost with any one"],
  [
    "LIMIT_BELOW_REQUEST services.web.resources.cpuLimit",
    (s) => set(web(s), { resources: { cpu: "2", cpuLimit: "1" } }),
    "below the request",
  ],
  [
    "LIMIT_BELOW_REQUEST stores.ledger.resources.memoryLimit",
    (s) => set(s["stores"][0], { resources: { memory: "2Gi", memoryLimit: "1Gi" } }),
    "below the request",
  ],
  [
    "GUARANTEED_LIMITS services.web.resources.qos",
    (s) => set(web(s), { resources: { cpu: "1", cpuLimit: "2", qos: "guaranteed" } }),
    "equal",
  ],
  [
    "CPU_UNLIMITED services.web.resources.cpuLimit",
    (s) => set(web(s), { resources: { cpuLimit: "none" } }),
    "waiver",
  ],
  [
    "ROLLOUT_UNFIT stateful.nodes.rollout.strategy",
    (s) => set(nodes(s), { rollout: { strategy: "rolling" } }),
    "partitioned",
  ],
  [
    "ROLLOUT_UNFIT services.web.rollout.strategy",
    (s) => set(web(s), { rollout: { strategy: "partitioned" } }),
    "rolling",
  ],
  [
    "ROLLOUT_STUCK services.web.rollout",
    (s) =>
      set(web(s), { rollout: { strategy: "rolling", surgePercent: 0, unavailablePercent: 0 } }),
    "no replica",
  ],
  [
    "ROLLOUT_STUCK stateful.nodes.rollout",
    (s) => set(nodes(s), { rollout: { strategy: "partitioned", waves: [0, 2] } }),
    "fall to 0",
  ],
  [
    "ROLLOUT_STUCK gateways.api.rollout",
    (s) =>
      set(api(s), {
        rollout: {
          strategy: "canary",
          steps: [
            { weightPercent: 50, pause: "1m" },
            { weightPercent: 20, pause: "1m" },
          ],
        },
      }),
    "rise",
  ],
  [
    "ROLLOUT_UNJUDGED services.web.rollout.objectives",
    (s) =>
      set(web(s), { rollout: { strategy: "canary", steps: [{ weightPercent: 50, pause: "1m" }] } }),
    "no objective",
  ],
];

const storeRows: readonly FaultRow[] = [
  ["BACKUP_MISSING stores.ledger.backup", (s) => delete s["stores"][0]["backup"], "daily()"],
  [
    "BACKUP_POINT_UNREACHABLE stores.ledger.backup.recoveryPoint",
    (s) => set(s["stores"][0]["backup"], { recoveryPoint: "1h" }),
    "86400000",
  ],
  [
    "STORE_LOCAL_UNFIT stores.cache.local",
    (s) => set(s["stores"][2], { local: "embedded" }),
    "inProcess",
  ],
  [
    "STORE_REPLICAS_EVEN stores.members.replicas",
    (s) => set(s["stores"][1], { replicas: 4 }),
    "odd",
  ],
  [
    "STORE_REPLICAS_UNFIT stores.cache.replicas",
    (s) => set(s["stores"][2], { replicas: 3 }),
    "different redis",
  ],
  [
    "STREAM_UNPUBLISHED streams.events",
    (s) => set(users(s), { uses: ["ledger"] }),
    "nobody publishes",
  ],
  [
    "QUEUE_GROUPS streams.events",
    (s) => {
      set(s["streams"][0], { kind: "queue" });
      users(s)["uses"].push("events.consume(users)");
    },
    "taken once",
  ],
  [
    "VOLUME_NEEDS_STATEFUL services.web.volumes[0].scope",
    (s) => set(web(s), { volumes: [volume({})] }),
    "no names",
  ],
  [
    "VOLUME_BACKUP_MISSING stateful.nodes.volumes[0].backup",
    (s) => set(nodes(s), { volumes: [volume({ backup: undefined })] }),
    "retained",
  ],
  [
    "VOLUME_DUPLICATE stateful.nodes.volumes[1]",
    (s) => set(nodes(s), { volumes: [volume({}), volume({ name: "more" })] }),
    "path /data",
  ],
  [
    "BACKUP_POINT_UNREACHABLE stateful.nodes.volumes[0].backup.recoveryPoint",
    (s) =>
      set(nodes(s), {
        volumes: [volume({ backup: { schedule: "0 2 * * *", recoveryPoint: "5m" } })],
      }),
    "between two",
  ],
  ["FIELD_MISSING externals.mail.port", (s) => set(s["externals"][0], { protocol: "tcp" }), "tcp"],
  [
    "TYPE_WRONG externals.mail.local",
    (s) => set(s["externals"][0], { protocol: "https", local: "mailbox" }),
    "mail alone",
  ],
];

describe("CK1: sizes", () => wantsExactly(sizeRows));
describe("CK1: stores", () => wantsExactly(storeRows));
