/**
 * Goverse: distributed objects on a cluster of nodes, reached through gates.
 *
 * A node owns some of 8192 shards and runs their objects; membership and the shard map live in
 * etcd, the objects' state in PostgreSQL, fenced by epoch. Gates take clients' calls and push to
 * them. The inspector shows and moves shards, and so is behind a sign-in.
 */
import {
  aggressive,
  alert,
  asFile,
  certificate,
  conservative,
  containerLimits,
  containerMemoryBytes,
  cpu,
  daily,
  dashboard,
  defineSystem,
  environment,
  etcd,
  everyHours,
  gateway,
  grpc,
  grpcProbe,
  http,
  httpProbe,
  httpRequestsTotal,
  jwtIssuer,
  load,
  memory,
  namespace,
  node,
  objective,
  ops,
  panel,
  partitioned,
  password,
  peers,
  postgres,
  promql,
  resources,
  route,
  secret,
  series,
  service,
  site,
  stateful,
  up,
  use,
  volume,
} from "@ashlar/model";
import { gateConfig, nodeConfig } from "./config.ts";
import { gateMetrics, inspectorMetrics, nodeMetrics } from "./metrics.ts";

const space = namespace("goverse", { tier: "application" });

const coordination = etcd("coordination", {
  summary: "Membership, leases, epochs and the shard map.",
  replicas: 3,
  storage: "10Gi",
  storageClass: "fast-ssd",
  resources: resources({ cpu: "100m", cpuLimit: "500m", memory: "128Mi", memoryLimit: "512Mi" }),
  backup: everyHours(6, { keepDays: 7, keepWeeks: 4, keepMonths: 0, recoveryTime: "30m" }),
});

const objectState = postgres("object-state", {
  summary: "State of objects, recorded calls and timers.",
  storage: "100Gi",
  storageClass: "fast-ssd",
  resources: resources({ cpu: "500m", cpuLimit: "2", memory: "1Gi", memoryLimit: "4Gi" }),
  maxConnections: 200,
  backup: daily({ at: "02:00", recoveryTime: "4h" }),
});

const nodeTls = secret("node-tls", {
  summary: "Proves one node to another; each has its own.",
  keys: { identity: certificate(["*.nodes.goverse.svc", "nodes.goverse.svc"]) },
  perReplica: true,
  rotation: "90d",
});
const gateTls = secret("gate-tls", {
  summary: "Proves a gate to the nodes.",
  keys: { identity: certificate(["gate.goverse.svc"]) },
  rotation: "90d",
});
const cluster = secret("cluster", {
  summary: "Token of the coordination store's first start.",
  keys: { token: password(32) },
});

const nodes = stateful("nodes", {
  summary: "Host objects; each owns some of the shards.",
  program: node("@ashlar/object-node"),
  ports: { grpc: grpc(50_051), ops: ops(8080) },
  uses: [coordination, objectState, peers("grpc")],
  config: nodeConfig,
  secrets: [nodeTls.keys.identity, cluster.keys.token],
  metrics: nodeMetrics,
  start: "parallel",
  scale: { min: 3, vertical: "recommend" },
  disruption: { maxUnavailable: 1 },
  rollout: partitioned({ waves: [2, 1, 0], minReady: "10s" }),
  resources: resources({ cpu: "500m", cpuLimit: "2", memory: "512Mi", memoryLimit: "2Gi" }),
  // Ready: in touch with the coordination store, the shard map known, and registered.
  probes: {
    startup: httpProbe("ops", "/healthz", { failures: 60 }),
    readiness: httpProbe("ops", "/readyz", { period: "5s" }),
    liveness: grpcProbe("grpc", { period: "10s" }),
  },
  volumes: [volume("scratch", { path: "/var/lib/goverse", size: "20Gi", retain: false })],
  placement: { priority: "critical", spread: ["host", "zone"], antiAffinity: "preferred" },
  stop: { grace: "60s" },
});

const gate = service("gate", {
  summary: "Takes calls from clients, finds the node, pushes back.",
  program: node("@ashlar/object-gate"),
  ports: {
    http: http(8080),
    grpc: grpc(60_051, { exposure: "public" }),
    ops: ops(9090),
  },
  uses: [use(nodes.ports.grpc, { perReplica: true }), coordination],
  config: gateConfig,
  secrets: [asFile(gateTls.keys.identity, "GATE_TLS_FILE")],
  metrics: gateMetrics,
  scale: { min: 2, max: 10, on: [cpu(70), memory(80)], up: aggressive, down: conservative },
  resources: resources({ cpu: "200m", cpuLimit: "1", memory: "256Mi", memoryLimit: "1Gi" }),
  placement: { priority: "high" },
});

const inspector = site("inspector", {
  summary: "Shows nodes, objects and shards, and moves shards.",
  program: node("@ashlar/inspector"),
  ports: { http: http(8080), grpc: grpc(8081), ops: ops(9090) },
  uses: [coordination],
  metrics: inspectorMetrics,
  scale: 1,
  resources: resources({ cpu: "100m", cpuLimit: "500m", memory: "128Mi", memoryLimit: "512Mi" }),
});

const staff = jwtIssuer("staff", {
  issuer: "https://sign-in.example.com",
  audiences: ["goverse-inspector"],
  algorithms: ["RS256"],
  jwks: "https://sign-in.example.com/.well-known/jwks.json",
});

const callObject = route(
  "call-object",
  "/api/v1/objects/call/{type}/{id}/{method}",
  gate.ports.http,
  {
    host: "goverse.example.com",
    methods: ["POST"],
    rateLimits: [{ by: "ip", requests: 600, window: "1m" }],
  },
);

const edge = gateway("edge", {
  summary: "HTTP calls to objects, and the inspector behind a sign-in.",
  ports: { http: http(8443, { exposure: "public" }), ops: ops(9090) },
  hosts: ["goverse.example.com", "inspector.goverse.example.com"],
  issuers: [staff],
  scale: { min: 2, max: 10, on: [cpu(70)] },
  routes: [
    callObject,
    route("objects", "/api/v1/objects/*", gate.ports.http, {
      host: "goverse.example.com",
      methods: ["POST"],
      rateLimits: [{ by: "ip", requests: 600, window: "1m" }],
    }),
    route("push", "/api/v1/push", gate.ports.http, {
      host: "goverse.example.com",
      protocol: "websocket",
    }),
    route("inspector", "/*", inspector.ports.http, {
      host: "inspector.goverse.example.com",
      access: staff.access({ roles: ["operator"] }),
    }),
  ],
});

const callLatency = objective("call-latency", {
  summary: "Calls of objects answer within 100 ms on their node.",
  part: nodes,
  latency: nodeMetrics.methodCallSeconds,
  threshold: "100ms",
  target: 0.99,
});
const callSuccess = objective("call-success", {
  summary: "Calls of objects do not fail.",
  part: nodes,
  good: promql`sum(rate(${nodeMetrics.methodCalls}{outcome=~"ok|refused"}[5m]))`,
  total: promql`sum(rate(${nodeMetrics.methodCalls}[5m]))`,
  target: 0.999,
});
const edgeSuccess = objective("edge-success", {
  summary: "The edge answers.",
  part: edge,
  good: promql`rate(${httpRequestsTotal}{part="edge",status!~"5.."}[5m])`,
  total: promql`rate(${httpRequestsTotal}{part="edge"}[5m])`,
  target: 0.999,
});

const alerts = [
  alert("NodesBelowQuorum", {
    summary: "Fewer than two nodes are up.",
    runbook: "kubectl get pods of nodes; look for failing probes and full disks.",
    when: promql`sum(${series(up, { part: nodes })}) < 2`,
    for: "1m",
    severity: "critical",
  }),
  alert("ShardsUnowned", {
    summary: "Shards have no owner for longer than the stability time explains.",
    runbook: "Open the inspector; compare node epochs with the shard map in the store.",
    when: promql`max(${inspectorMetrics.shardsUnowned}) > 0`,
    for: "2m",
    severity: "critical",
  }),
  alert("WritesFenced", {
    summary: "A node goes on writing to shards that it has lost.",
    runbook: "Restart the node that the instance label names; check its clock and network.",
    when: promql`sum by (instance) (rate(${nodeMetrics.fencedWrites}[5m])) > 1`,
    for: "5m",
    severity: "warning",
  }),
  alert("NodeMemoryHigh", {
    summary: "A node uses more than nine tenths of its memory.",
    runbook: "Lower IDLE or add nodes; look for one type with very many objects.",
    when: promql`${series(containerMemoryBytes, { container: "nodes" })}
      / ${series(containerLimits, { container: "nodes", resource: "memory" })} > 0.9`,
    for: "5m",
    severity: "warning",
  }),
];

const overview = dashboard("overview", {
  title: "Goverse",
  panels: [
    panel("Objects by type", {
      unit: "count",
      queries: { objects: promql`sum by (type) (${nodeMetrics.objects})` },
    }),
    panel("Shards by node", {
      unit: "count",
      queries: {
        owned: promql`sum by (instance) (${series(nodeMetrics.shards, { state: "owned" })})`,
      },
    }),
    panel("Call latency", {
      unit: "seconds",
      queries: {
        p50: promql`histogram_quantile(0.5, sum by (le) (rate(${nodeMetrics.methodCallSeconds}_bucket[5m])))`,
        p95: promql`histogram_quantile(0.95, sum by (le) (rate(${nodeMetrics.methodCallSeconds}_bucket[5m])))`,
        p99: promql`histogram_quantile(0.99, sum by (le) (rate(${nodeMetrics.methodCallSeconds}_bucket[5m])))`,
      },
    }),
    panel("Activations", {
      unit: "perSecond",
      queries: { activations: promql`sum by (type) (rate(${nodeMetrics.activations}[5m]))` },
    }),
    panel("Connected clients", {
      unit: "count",
      queries: { clients: promql`sum by (instance) (${gateMetrics.clients})` },
    }),
    panel("Shard moves", {
      unit: "perSecond",
      queries: {
        claims: promql`sum(rate(${nodeMetrics.shardClaims}[5m]))`,
        migrations: promql`sum(rate(${nodeMetrics.shardMigrations}[5m]))`,
      },
    }),
  ],
});

const callLoad = load("calls", {
  target: edge,
  stages: [
    { for: "1m", perSecond: 200 },
    { for: "5m", perSecond: 200 },
    { for: "30s", perSecond: 0 },
  ],
  mix: [{ route: callObject, weight: 1, body: "{}" }],
});

export default defineSystem({
  name: "goverse",
  summary: "Distributed objects: nodes, gates, 8192 shards, and an inspector.",
  owner: { team: "objects", email: "objects@example.com" },
  namespaces: [space],
  parts: [nodes, gate, inspector, edge],
  stores: [coordination, objectState],
  secrets: [nodeTls, gateTls, cluster],
  objectives: [callLatency, callSuccess, edgeSuccess],
  alerts,
  dashboards: [overview],
  loads: [callLoad],
  // The inspector asks the nodes, and the nodes report to the inspector.
  uses: [
    [inspector, nodes.ports.grpc],
    [nodes, use(inspector.ports.grpc, { optional: true })],
  ],
  environments: {
    dev: environment({
      scale: { nodes: { min: 3 }, gate: { min: 2, max: 2 }, edge: { min: 1, max: 1 } },
      resources: {
        nodes: { cpu: "500m", memory: "512Mi" },
        gate: { cpu: "200m", memory: "256Mi" },
      },
    }),
    small: environment({
      scale: { nodes: { min: 5, max: 5 }, gate: { min: 3 } },
      resources: {
        nodes: { cpu: "1", memory: "1Gi" },
        gate: { cpu: "500m", memory: "512Mi" },
      },
      stores: {
        coordination: { resources: { cpu: "500m", memory: "512Mi", memoryLimit: "1Gi" } },
        "object-state": { realization: "operator", replicas: 3 },
      },
    }),
    large: environment({
      scale: { nodes: { min: 10, max: 10 }, gate: { min: 5, max: 20 } },
      resources: {
        nodes: { cpu: "2", cpuLimit: "4", memory: "2Gi", memoryLimit: "4Gi" },
        gate: { cpu: "1", cpuLimit: "2", memory: "1Gi", memoryLimit: "2Gi" },
      },
      stores: {
        coordination: {
          replicas: 5,
          resources: { cpu: "1", cpuLimit: "2", memory: "1Gi", memoryLimit: "2Gi" },
        },
        "object-state": { realization: "external" },
      },
    }),
  },
});
